// A host that plays a recorded office: the pushes as they came, the answers as they were given. It decides nothing: a
// command is answered as it was in the recording, with what then came of it, or refused because this is a recording.
// Not here: making recordings (ui/tests/tools/record.mjs).
import type { Answer, Ask, CommandBody, Envelope, Noun, Push } from '../bindings';
import { fromSnapshot, nounsOf, reduce, type Pushed } from '../state/reduce';
import { Refused, type Host, type Link, type TerminalLink, type TerminalNews, type Welcome } from './host';
import { RecordedTerminal } from './replay-terminal';

export interface Deed {
  body: CommandBody;
  answer: Answer;
  pushes: Pushed[];
}
export interface Recording {
  greeting: Welcome;
  snapshot: { seq: number; nouns: Noun[] };
  pushes: Pushed[];
  answers: { ask: Ask; answer: Answer }[];
  deeds: Deed[];
}

/** The lines of a recording: greeting, snapshot, then one push to a line. */
export function readRecording(lines: string, answers: Recording['answers'] = [], deeds: Deed[] = []): Recording {
  const values = lines.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Record<string, never>);
  const find = (key: string): never[] => values.flatMap((value) => (key in value ? [value[key]!] : []));
  const [greeting] = find('greeting');
  const [snapshot] = find('snapshot');
  if (!greeting || !snapshot) throw new Error('a recording begins with a greeting and a snapshot');
  return { greeting, snapshot, pushes: find('push'), answers, deeds };
}

export class Replay implements Host {
  readonly welcome: Welcome;
  readonly native = null;
  /** What was asked, for tests. */
  readonly asked: Ask[] = [];
  private at: number;
  private played: Pushed[];
  private readonly listeners = new Set<(push: Push) => void>();
  private readonly links = new Set<(link: Link) => void>();
  /** Terminals of programs that ran when the recording was made, by desk. */
  readonly terminals = new Map<number, RecordedTerminal>();
  private reach: Link = 'up';
  private names = 0;
  private readonly done = new Set<Deed>();

  /** `from` pushes are already past when the window opens; all of them unless said otherwise. */
  constructor(
    private readonly recording: Recording,
    from = recording.pushes.length,
  ) {
    this.welcome = recording.greeting;
    this.at = from;
    this.played = recording.pushes.slice(0, from);
  }

  now(): Date {
    const last = this.played.at(-1)?.envelope.at;
    return last ? new Date(Date.parse(last) + 60_000) : new Date();
  }

  /** The next `n` pushes come now. */
  play(n = 1): void {
    const next = this.recording.pushes.slice(this.at, this.at + n);
    this.at += next.length;
    this.send(next);
  }
  /** The commands whose outcome is known, in the order in which they were recorded; for tests. */
  known(): CommandBody[] {
    return this.recording.deeds.map((deed) => deed.body);
  }
  get left(): number {
    return this.recording.pushes.length - this.at;
  }
  /** The office is lost, or found again. */
  link(link: Link): void {
    this.reach = link;
    if (link === 'lost') for (const terminal of this.terminals.values()) terminal.lose();
    for (const each of this.links) each(link);
  }

  private send(pushes: readonly Pushed[]): void {
    this.played = [...this.played, ...pushes];
    for (const push of pushes) for (const each of this.listeners) each({ kind: 'event', ...push });
  }

  async ask(ask: Ask): Promise<Answer> {
    this.asked.push(ask);
    switch (ask.ask) {
      case 'snapshot': {
        const { snapshot } = this.recording;
        const { view } = reduce(fromSnapshot(snapshot.seq, snapshot.nouns), this.played);
        return { kind: 'snapshot', value: { seq: view.seq, nouns: nounsOf(view) } };
      }
      case 'events': {
        const events = this.envelopes().filter((event) => event.seq > ask.since && (ask.task === null || about(event) === ask.task));
        return { kind: 'events', value: { events: events.slice(0, ask.limit), more: events.length > ask.limit } };
      }
      case 'subscribe':
        return { kind: 'ok' };
      case 'submit':
        return this.submit(ask.body);
      default:
        return this.recorded(ask);
    }
  }

  private envelopes(): Envelope[] {
    return this.played.map((push) => push.envelope);
  }

  private submit(body: CommandBody): Answer {
    const deed = this.recording.deeds.find((deed) => !this.done.has(deed) && same(plain(deed.body), plain(body)));
    if (!deed) throw refused('this is a recording, and in it nobody asked for that');
    this.done.add(deed);
    // Deeds were recorded one after the other and are done in any order: their events follow what was played.
    const last = this.played.at(-1)?.envelope.seq ?? this.recording.snapshot.seq;
    this.send(deed.pushes.map((push, i) => ({ ...push, envelope: { ...push.envelope, seq: last + i + 1 } })));
    return deed.answer;
  }

  private recorded(ask: Ask): Answer {
    const found = this.recording.answers.find((kept) => same(kept.ask, ask));
    if (!found) throw refused(`this is a recording, and it holds no answer to '${ask.ask}'`);
    return found.answer;
  }

  listen(each: (push: Push) => void): () => void {
    this.listeners.add(each);
    return () => this.listeners.delete(each);
  }
  onLink(each: (link: Link) => void): () => void {
    this.links.add(each);
    each('up');
    return () => this.links.delete(each);
  }
  async terminal(desk: string, from: number | null, each: (news: TerminalNews) => void): Promise<TerminalLink> {
    if (this.reach === 'lost') throw refused('the office cannot be reached');
    const terminal = this.terminals.get(Number(desk));
    if (!terminal) throw new Refused({ code: 'wrong_state', message: `no program runs at desk '${desk}'`, detail: 'the log shows what one printed' });
    return terminal.attach(from, each);
  }
  commandId(): string {
    return `replay-${++this.names}`;
  }
}

const refused = (message: string): Refused => new Refused({ code: 'unavailable', message, detail: 'open an office to work in it' });

/** An answer without what only a living office can hold it to: the very thing that was seen, and the time to take it back. */
function plain(body: CommandBody): unknown {
  if (body.noun !== 'approval' || !('terms' in body)) return body;
  const { terms, ...rest } = body;
  return terms?.edit || terms?.for_task || terms?.rule ? body : rest;
}

/** Equal, whatever the order of their fields. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

function about(event: Envelope): number | null {
  const fact = event.event as { task?: number | { id: number } };
  return typeof fact.task === 'object' ? fact.task.id : (fact.task ?? null);
}
