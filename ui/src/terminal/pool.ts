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
/** More than this is not drawn at once: only its newest part is, as nobody reads a monitor that floods. */
const NEWEST = 64 * 1024;
/** Credit given back at a time. Whoever floods is sent half a megabyte a second, and the rest stays in its recording. */
const CREDIT = 64 * 1024;
/** Ends a sequence that was cut and its colours. */
const CLEAN = new Uint8Array([0x18, 0x1b, 0x5b, 0x6d]);
const LINE_FEED = 10;

class Watch {
  private readonly screen: Drawn;
  private readonly stream: Stream;
  private waiting: { bytes: Uint8Array; done: () => void }[] = [];
  private owed: { bytes: number; done: () => void }[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;
  private last = -EVERY_MS;
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
    this.stream = new Stream(host, String(wanted.desk), null, {
      bytes: (bytes, done) => {
        this.waiting.push({ bytes, done });
        this.wake();
      },
      gap: () => {},
      state: () => {},
    });
  }

  private wake(): void {
    this.timer ??= setTimeout(() => this.draw(), Math.max(0, this.last + EVERY_MS - performance.now()));
  }

  private draw(): void {
    this.timer = null;
    this.last = performance.now();
    const { waiting } = this;
    this.waiting = [];
    for (const { bytes, done } of waiting) this.owed.push({ bytes: bytes.length, done });
    if (waiting.length === 0) return this.settle();
    this.screen.write(newest(waiting.map(({ bytes }) => bytes)), () => {
      if (this.gone) return;
      const { rows, scrolled } = this.screen.look();
      this.base ??= (this.pictures.get(this.wanted.desk)?.scrolled ?? scrolled) - scrolled;
      this.pictures.put(this.wanted.desk, rows, Math.max(0, this.base + scrolled));
      this.settle();
    });
  }

  /** Pays back what was drawn, no faster than a monitor needs it. */
  private settle(): void {
    for (let paid = 0; paid < CREDIT && this.owed.length > 0; ) {
      const { bytes, done } = this.owed.shift()!;
      paid += bytes;
      done();
    }
    if (this.owed.length > 0 && !this.gone) this.wake();
  }

  end(): void {
    this.gone = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.stream.close();
    this.screen.end();
  }
}

/** The newest part of what came, from the beginning of a line. */
function newest(pieces: readonly Uint8Array[]): Uint8Array {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  if (length <= NEWEST) return all;
  const line = all.indexOf(LINE_FEED, length - NEWEST);
  const tail = all.subarray(line < 0 ? length - NEWEST : line + 1);
  const out = new Uint8Array(CLEAN.length + tail.length);
  out.set(CLEAN);
  out.set(tail, CLEAN.length);
  return out;
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
