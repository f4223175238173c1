// A terminal in a recording: bytes that a real program printed, sent with the office's own flow control, so that whoever
// draws slowly is sent less, falls behind what is kept in memory and is told of the hole.
// Not here: a program. Nothing takes what is typed, unless a test does.
import { Refused, type TerminalLink, type TerminalNews } from './host';

/** As the office has them: on the way at once, in one piece, kept in memory, and where one begins who names no offset. */
export const CREDIT = 256 * 1024;
const PIECE = 64 * 1024;
const KEPT = 1024 * 1024;
const SCREENFUL = 64 * 1024;

interface Viewer {
  at: number;
  credit: number;
  each: (news: TerminalNews) => void;
}

export class RecordedTerminal {
  private kept: Uint8Array;
  /** Offset of the first byte that is kept. */
  private from = 0;
  private ended: string | null = null;
  /** Where a test stands in for the program: what it would read, and the sizes it would be told. */
  reads: ((text: string) => void) | null = null;
  sized: ((cols: number, rows: number) => void) | null = null;
  private readonly viewers = new Set<Viewer>();

  constructor(bytes: Uint8Array = new Uint8Array()) {
    this.kept = bytes.subarray(Math.max(0, bytes.length - KEPT));
    this.from = bytes.length - this.kept.length;
  }
  private get end(): number {
    return this.from + this.kept.length;
  }

  /** The program prints this now; it never waits for a viewer. */
  print(bytes: Uint8Array): void {
    const all = new Uint8Array(this.kept.length + bytes.length);
    all.set(this.kept);
    all.set(bytes, this.kept.length);
    const keep = all.subarray(Math.max(0, all.length - KEPT));
    this.from += all.length - keep.length;
    this.kept = keep;
    for (const viewer of this.viewers) this.send(viewer);
  }
  /** Bytes that the fastest viewer has not drawn yet. */
  behind(): number {
    return Math.min(...[...this.viewers].map(({ at, credit }) => this.end - at + CREDIT - credit));
  }
  finish(how: string): void {
    this.ended = how;
    for (const viewer of this.viewers) this.send(viewer);
  }
  /** The office is lost to all who look. */
  lose(): void {
    const lost = [...this.viewers];
    this.viewers.clear();
    for (const { each } of lost) each({ kind: 'lost' });
  }

  attach(from: number | null, each: (news: TerminalNews) => void): TerminalLink {
    const viewer: Viewer = { at: from ?? Math.max(this.from, this.end - SCREENFUL), credit: CREDIT, each };
    this.viewers.add(viewer);
    // The link is there before its first bytes, as an answer is before what follows it.
    queueMicrotask(() => this.send(viewer));
    return {
      type: async (text) => {
        if (!this.reads) throw new Refused({ code: 'unavailable', message: 'this is a recording, and no program reads what is typed', detail: 'open an office to work in it' });
        this.reads(text);
      },
      resize: async (cols, rows) => this.sized?.(cols, rows),
      drawn: (bytes) => {
        viewer.credit = Math.min(CREDIT, viewer.credit + bytes);
        queueMicrotask(() => this.send(viewer));
      },
      close: () => this.viewers.delete(viewer),
    };
  }

  private send(viewer: Viewer): void {
    if (!this.viewers.has(viewer)) return;
    if (viewer.at < this.from && viewer.credit > 0) {
      viewer.each({ kind: 'gap', from: viewer.at, to: this.from });
      viewer.at = this.from;
    }
    while (viewer.credit > 0 && viewer.at < this.end && this.viewers.has(viewer)) {
      const length = Math.min(PIECE, viewer.credit, this.end - viewer.at);
      const bytes = this.kept.slice(viewer.at - this.from, viewer.at - this.from + length);
      const offset = viewer.at;
      viewer.at += length;
      viewer.credit -= length;
      viewer.each({ kind: 'bytes', offset, bytes });
    }
    if (this.ended !== null && viewer.at === this.end && this.viewers.delete(viewer)) viewer.each({ kind: 'ended', how: this.ended });
  }
}
