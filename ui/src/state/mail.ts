// Mail as a person reads it: threads, the newest first, and who wrote to whom. Not here: what may be sent, and asking for it.
import type { Actor, Mail, Mailbox } from '../bindings';
import type { OfficeView } from './view';

/** A talk: its newest mail, how many of it are known here, and whether its owner has something to do in it. */
export interface Thread {
  id: number;
  last: Mail;
  count: number;
  /** Something in it lies with the owner and is not acted upon. */
  yours: boolean;
  /** Something in it came back. */
  bounced: boolean;
}

export const isOpen = (it: Mail): boolean => it.state === 'queued' || it.state === 'delivered' || it.state === 'read';
export const isYours = (it: Mail): boolean => it.to.kind === 'owner' && isOpen(it);

/** The mails of one thread in their order; `older` is what was asked for beside what is at hand, which is newer. */
export function mailsIn(view: OfficeView, thread: number | null, older: readonly Mail[]): Mail[] {
  const known = new Map(older.filter((it) => it.thread === thread).map((it) => [it.id, it]));
  for (const it of view.mails.values()) if (it.thread === thread) known.set(it.id, it);
  return [...known.values()].sort((a, b) => a.id - b.id);
}

/** What lies with the owner first, then the newest. A status to everyone is one line, to whomever it went. */
export function threads(mails: Iterable<Mail>): Thread[] {
  const found = new Map<number, Thread>();
  for (const it of [...mails].sort((a, b) => a.id - b.id)) {
    const before = found.get(it.thread);
    found.set(it.thread, {
      id: it.thread,
      last: it,
      count: (before?.count ?? 0) + 1,
      yours: (before?.yours ?? false) || isYours(it),
      bounced: (before?.bounced ?? false) || it.state === 'bounced',
    });
  }
  return [...found.values()].sort((a, b) => Number(b.yours) - Number(a.yours) || b.last.id - a.last.id);
}

/** The mail that waits longest for somebody to be told of it, and how many do; it is late when it waits for longer than anybody should. */
export interface Waiting {
  count: number;
  oldest: Mail;
  late: boolean;
}
/** As core/mail.rs says it (LATE_SECS). */
const LATE_MS = 15 * 60_000;
export function undelivered(view: OfficeView, now: Date): Waiting | null {
  const all = [...view.mails.values()].filter((it) => it.state === 'queued' && it.to.kind !== 'owner');
  const oldest = all.reduce<Mail | null>((a, b) => (a && (a.since < b.since || (a.since === b.since && a.id < b.id)) ? a : b), null);
  return oldest && { count: all.length, oldest, late: now.getTime() - Date.parse(oldest.since) >= LATE_MS };
}

/** Where the office keeps a file of a mail; none where it is known by its name alone. */
export const keptAt = (dir: string, it: Mail, file: string): string | null => (it.enclosed ? `${dir}/enclosed/${it.enclosed}/${file}` : null);

export const mailForYou = (view: OfficeView): number => [...view.mails.values()].filter(isYours).length;

const desk = (view: OfficeView, id: number): string => view.desks.get(id)?.name ?? `desk ${id}`;

export function sender(view: OfficeView, from: Actor): string {
  return from.kind === 'agent' ? desk(view, from.desk) : from.kind === 'owner' ? 'you' : 'the office';
}

export function receiver(view: OfficeView, to: Mailbox): string {
  return to.kind === 'desk' ? desk(view, to.desk) : to.kind === 'role' ? `every ${to.role}` : 'you';
}

/** Where a mail stands, for whoever wrote it. */
export function standing(view: OfficeView, it: Mail): string {
  const holder = it.held_by === null ? undefined : view.runs.get(it.held_by);
  const by = holder ? ` by ${desk(view, holder.desk)}` : '';
  if (it.state === 'queued') return it.to.kind === 'owner' ? 'new' : 'not read yet';
  if (it.state === 'delivered') return `${by ? desk(view, holder!.desk) : 'it'} was told`;
  if (it.state === 'read') return `read${by}`;
  if (it.state === 'acted') return 'done';
  if (it.state === 'replaced') return 'a newer one took its place';
  return `came back: ${it.why ?? ''}`;
}
