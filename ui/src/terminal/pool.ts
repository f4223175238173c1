// The terminals behind the floor's monitors: a few desks are watched, those that matter most, each by a tiny terminal; what
// it shows is published at most eight times a second, and only when it changed. Nothing ticks while nothing prints.
// Not here: the open desk's terminal (screen.ts), which watches for itself.
import type { Host } from '../host/host';
import type { InkRun } from '../state/picture';
import { Pictures } from './pictures';
import { Stream } from './stream';

export interface Wanted {
  desk: number;
  /** A new run is a new terminal. */
  run: number;
  /** Who matters more has the smaller one. */
  rank: number;
}
/** What a watch draws into; made when it is first needed. */
export interface Drawn {
  write(bytes: Uint8Array, done: () => void): void;
  look(): { rows: InkRun[][]; scrolled: number };
  end(): void;
}

export const WATCHED_MAX = 12;
const EVERY_MS = 125;
/** A desk that prints more than this at a time floods: nobody reads it, and its monitor is drawn half as often. */
const FLOOD = 16 * 1024;
const FLOOD_MS = 250;
/** Bytes that may be under way to a monitor. Whoever floods is sent no more between two looks, and the rest stays in its recording. */
export const WINDOW = 32 * 1024;
/** Ends a sequence that was cut and its colours. */
const CLEAN = new Uint8Array([0x18, 0x1b, 0x5b, 0x6d]);

class Watch {
  private readonly screen: Drawn;
  private readonly stream: Stream;
  private waiting: { bytes: Uint8Array; done: () => void }[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;
  private next = 0;
  private gone = false;
  /** What the picture before had scrolled, so that a monitor never runs backwards. */
  private base: number | null = null;

  constructor(
    host: Host,
    readonly wanted: Wanted,
    make: () => Drawn,
    private readonly pictures: Pictures,
  ) {
    this.screen = make();
    const take = (bytes: Uint8Array, done: () => void): void => {
      this.waiting.push({ bytes, done });
      this.wake();
    };
    const sink = { bytes: take, gap: () => take(CLEAN, () => {}), state: () => {} };
    this.stream = new Stream(host, String(wanted.desk), null, sink, WINDOW);
  }

  private wake(): void {
    this.timer ??= setTimeout(() => this.draw(), Math.max(0, this.next - performance.now()));
  }

  /** What came since the last look, and only then its credit: so it comes no faster than it is looked at. */
  private draw(): void {
    this.timer = null;
    const { waiting } = this;
    this.waiting = [];
    const bytes = joined(waiting.map((piece) => piece.bytes));
    this.next = performance.now() + (bytes.length > FLOOD ? FLOOD_MS : EVERY_MS);
    this.screen.write(bytes, () => {
      if (this.gone) return;
      const { rows, scrolled } = this.screen.look();
      this.base ??= (this.pictures.get(this.wanted.desk)?.scrolled ?? scrolled) - scrolled;
      this.pictures.put(this.wanted.desk, rows, Math.max(0, this.base + scrolled));
      for (const { done } of waiting) done();
    });
  }

  end(): void {
    this.gone = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.stream.close();
    this.screen.end();
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

export class Pool {
  readonly pictures = new Pictures();
  private readonly watches = new Map<number, Watch>();
  private wanted: readonly Wanted[] = [];
  private seen = true;
  private make: (() => Drawn) | null = null;
  private loading = false;
  private ended = false;

  /** `load` brings the tiny terminal's code when the first desk runs: a window without one opens sooner. */
  constructor(
    private readonly host: Host,
    private readonly load: () => Promise<() => Drawn> = async () => {
      const { Tiny } = await import('./tiny');
      return () => new Tiny();
    },
  ) {}

  /** The desks with a live run, and of those that are there at all. Pictures of desks that are gone go. */
  show(wanted: readonly Wanted[], there: ReadonlySet<number>): void {
    this.wanted = [...wanted].sort((a, b) => a.rank - b.rank || a.desk - b.desk).slice(0, WATCHED_MAX);
    for (const desk of this.pictures.desks()) if (!there.has(desk)) this.pictures.drop(desk);
    this.settle();
  }
  /** Whether anybody sees the floor: a hidden window watches nothing. */
  visible(seen: boolean): void {
    if (this.seen === seen) return;
    this.seen = seen;
    this.settle();
  }
  get watched(): number[] {
    return [...this.watches.keys()];
  }
  close(): void {
    this.ended = true;
    this.settle();
  }

  private settle(): void {
    const now = this.seen && !this.ended ? this.wanted : [];
    const keep = new Map(now.map((it) => [it.desk, it]));
    for (const [desk, watch] of this.watches) {
      if (keep.get(desk)?.run === watch.wanted.run) continue;
      watch.end();
      this.watches.delete(desk);
    }
    const missing = now.filter((it) => !this.watches.has(it.desk));
    if (missing.length === 0) return;
    const { make } = this;
    if (!make) return this.bring();
    for (const it of missing) this.watches.set(it.desk, new Watch(this.host, it, make, this.pictures));
  }

  private bring(): void {
    if (this.loading) return;
    this.loading = true;
    void this.load().then(
      (make) => {
        this.make = make;
        this.settle();
      },
      // Monitors stay as the floor draws them without a picture; the next change tries again.
      () => (this.loading = false),
    );
  }
}
