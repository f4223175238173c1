// A terminal nobody types into and that draws nothing: it only knows what stands where, so that a monitor can show it.
// Not here: when bytes come (pool.ts).
import { Terminal } from '@xterm/xterm';
import type { InkRun } from '../state/picture';
import { holdBack } from './hostile';
import { inkOf } from './ink';
import { OWN_COLS, OWN_ROWS } from './size';

export class Tiny {
  private readonly term = new Terminal({ cols: OWN_COLS, rows: OWN_ROWS, scrollback: 0, disableStdin: true, allowProposedApi: true, logLevel: 'off' });
  private scrolled = 0;

  constructor() {
    holdBack(this.term.parser, () => false);
    this.term.onScroll(() => this.scrolled++);
  }
  write(bytes: Uint8Array, done: () => void): void {
    this.term.write(bytes, done);
  }
  look(): { rows: InkRun[][]; scrolled: number } {
    const { first, rows } = inkOf(this.term.buffer.active, OWN_ROWS);
    return { rows, scrolled: this.scrolled + first };
  }
  end(): void {
    this.term.dispose();
  }
}
