// What the office remembers, as a person reads it: who wrote a note, whether it holds, where it was of use. Not here: finding notes,
// and what may be written; the office does both.
import type { At, Found, Hit, Note, NoteId, NoteKind, NotePlace, NoteWords, Wanted } from '../bindings';
import type { Office } from './commands';
import { sender } from './mail';
import type { OfficeView } from './view';

export const KINDS: readonly NoteKind[] = ['convention', 'decision', 'fact', 'gotcha', 'how-to', 'retrospective'];
export const SORTS: readonly (readonly [Found, string])[] = [['note', 'notes'], ['task', 'tasks'], ['event', 'what happened'], ['mail', 'mail'], ['approval', 'approvals']];
const HITS = 30;
const NEWEST = 60;
const NIGHT_MS = 14 * 3_600_000;

/** Since when a note is new: since the last shift ended, or for as long as a night is. */
export const newSince = (view: OfficeView, now: Date): At => view.office.shift?.report?.ended ?? new Date(now.getTime() - NIGHT_MS).toISOString();

/** Whether it holds, in words; nothing where it does. */
export function standing(note: Note): string {
  if (note.refuted) return 'refuted';
  return note.superseded_by ? `note ${note.superseded_by} took its place` : '';
}
export const author = (view: OfficeView, note: Note): string => `${sender(view, note.author)}${note.task !== null ? `, on #${note.task}` : ''}`;
/** The tasks of some places, each once, the newest first. */
export const tasksOf = (places: readonly NotePlace[]): number[] => [...new Set([...places].reverse().flatMap((it) => (it.task === null ? [] : [it.task])))];
/** A note's own number, where a hit is one: of a note the office says its kind. */
export const noteOf = (hit: Hit): NoteId | null => ((KINDS as readonly string[]).includes(hit.kind) ? hit.id : null);

const wanted = (change: Partial<Wanted>): Wanted => ({ among: [], kinds: [], project: null, tag: null, refuted: false, ...change });

export async function recall(office: Office, query: string, among: Found[], kinds: NoteKind[]): Promise<Hit[]> {
  const answer = await office.ask({ ask: 'memory', what: { do: 'search', query, wanted: wanted({ among, kinds }), limit: HITS } });
  return answer.kind === 'hits' ? answer.value : [];
}
export async function newest(office: Office, kinds: NoteKind[]): Promise<Note[]> {
  const answer = await office.ask({ ask: 'memory', what: { do: 'list', wanted: wanted({ kinds, refuted: true }), hold: false, since: null, before: null, limit: NEWEST } });
  return answer.kind === 'notes' ? answer.value : [];
}
export async function noteCalled(office: Office, note: NoteId): Promise<Note | null> {
  const answer = await office.ask({ ask: 'memory', what: { do: 'show', note } });
  return answer.kind === 'notes' ? (answer.value[0] ?? null) : null;
}
/** Kept, and the notes that say almost the same. */
export async function keep(office: Office, words: NoteWords): Promise<{ id: NoteId; alike: NoteId[] } | null> {
  const answer = await office.ask({ ask: 'memory', what: { do: 'add', command_id: office.commandId(), words, project: null, everywhere: false } });
  return answer.kind === 'noted' ? { id: answer.value.id, alike: answer.value.alike.map((it) => it.note) } : null;
}
export const rewrite = (office: Office, note: NoteId, to: NoteWords): Promise<unknown> => office.ask({ ask: 'submit', command_id: office.commandId(), body: { noun: 'note', do: 'edit', note, to } });
export const merge = (office: Office, keep: NoteId, gone: NoteId[]): Promise<unknown> => office.ask({ ask: 'submit', command_id: office.commandId(), body: { noun: 'note', do: 'merge', keep, gone } });
export const refute = (office: Office, note: NoteId, evidence: string): Promise<unknown> => office.ask({ ask: 'submit', command_id: office.commandId(), body: { noun: 'note', do: 'refute', note, evidence } });
