// Keeps a view true: a snapshot, then pushes from there on; after a gap, a lag or a lost office everything again.
// Pushes are taken in batches, one for each turn the caller gives it, so that a flood redraws once and not a thousand times.
// Not here: who gives turns (the app, by animation frames) and how an event changes the view (reduce.ts).
import type { Answer, Ask, Envelope, Push } from '../bindings';
import { fromSnapshot, reduce, type Pushed } from './reduce';
import { NOTHING, RECENT, type OfficeView } from './view';

export interface Source {
  ask(ask: Ask): Promise<Answer>;
  listen(each: (push: Push) => void): () => void;
}

export class Sync {
  view: OfficeView = NOTHING;
  private waiting: Pushed[] = [];
  private stale = false;
  private starting: Promise<void> | null = null;
  /** Asked to begin while it began: what was asked of an office that was lost meanwhile counts for nothing. */
  private again = false;
  private stop: (() => void) | null = null;

  constructor(
    private readonly source: Source,
    /** Called when there is something to take; the caller answers with `take()` when it likes. */
    private readonly wake: () => void,
  ) {}

  /** Connects, or begins again from a snapshot. A call while that is under way lets it begin once more after it. */
  start(): Promise<void> {
    this.again = true;
    this.starting ??= this.begun().then(
      () => {
        this.starting = null;
        this.wake();
      },
      (error: unknown) => {
        this.starting = null;
        this.stale = true;
        throw error;
      },
    );
    return this.starting;
  }

  private async begun(): Promise<void> {
    while (this.again) {
      this.again = false;
      try {
        await this.begin();
      } catch (error) {
        if (!this.again) throw error;
      }
    }
  }

  /** Whether the view is known to be behind the office, and nothing is under way to mend that. */
  get behind(): boolean {
    return this.stale && !this.starting;
  }

  private async begin(): Promise<void> {
    this.stop ??= this.source.listen((push) => this.hear(push));
    this.stale = false;
    const snapshot = await this.source.ask({ ask: 'snapshot' });
    if (snapshot.kind !== 'snapshot') throw new Error(`a snapshot was asked for, and ${snapshot.kind} came`);
    const { seq, nouns } = snapshot.value;
    const recent = await this.before(seq);
    this.view = fromSnapshot(seq, nouns, recent);
    this.waiting = [];
    await this.source.ask({ ask: 'subscribe', since: seq });
  }

  /** What happened before the snapshot, for the strip: where a newer office tells of it in words that are not known here, the
   *  strip begins empty. */
  private async before(seq: number): Promise<Envelope[]> {
    const answer = await this.source.ask({ ask: 'events', since: Math.max(0, seq - RECENT), limit: RECENT, task: null }).catch(() => null);
    return answer?.kind === 'events' ? answer.value.events.filter((event) => event.seq <= seq) : [];
  }

  private hear(push: Push): void {
    if (push.kind === 'event') this.waiting.push(push);
    else if (push.kind === 'lagged') this.stale = true;
    else return;
    this.wake();
  }

  /** Takes what came since the last turn. Returns true when the view is another one. */
  take(): boolean {
    if (this.starting) return false;
    // Around a second subscription the last events of the first may stand between those of the second.
    this.waiting.sort((a, b) => a.envelope.seq - b.envelope.seq);
    const { view, gap } = reduce(this.view, this.waiting);
    this.waiting = [];
    const changed = view !== this.view;
    this.view = view;
    // Where that fails the view stays as it was, and is `behind`.
    if (gap || this.stale) void this.start().catch(() => undefined);
    return changed;
  }

  end(): void {
    this.stop?.();
    this.stop = null;
  }
}
