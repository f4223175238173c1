// What a monitor shows from afar: rows of coloured runs, one run for each word of what the terminal printed.
// Not here: pixels (floor/render/screens.ts) and a whole terminal: a miniature needs words and colours, not a cursor.

export interface Run {
  at: number; // first column
  len: number; // columns
  ink: number; // 0xrrggbb
}
export type Row = readonly Run[];
/** What a desk's terminal shows from afar; whoever makes it counts versions and the lines that scrolled away. */
export interface Picture {
  version: number;
  rows: readonly Row[];
  scrolled: number;
}
export const TERM_COLS = 64;
export const TERM_ROWS = 12;

const INK = 0xcfd8ff;
const DIM = 0x6f7bb8;
/** The eight colours of SGR 30-37 and 90-97, softened for a small screen. */
const SGR = [0x6f7bb8, 0xff9db0, 0x7fe3b4, 0xffd08a, 0x8fb8ff, 0xd7b3ff, 0x8fe0e8, 0xcfd8ff] as const;
/** Words that carry their own colour where the program set none. */
const KNOWN: readonly (readonly [RegExp, number])[] = [
  [/^(ok|passed|done|\+.*)$/i, 0x7fe3b4],
  [/^(error|failed|fatal:|-[^-].*)$/i, 0xff9db0],
  [/^(warning:?|running)$/i, 0xffd08a],
  [/^[$#>%]$/, DIM],
  [/[/.]\w/, 0x8fb8ff],
];

/** The end of what a terminal printed, as rows; wider lines are cut. */
export function rowsOf(text: string, keep = TERM_ROWS): Row[] {
  const lines = text.slice(-16_384).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.slice(-keep).map(row);
}

/** Colours (kept), and every other control sequence or character (dropped). */
const CONTROL = /\x1b\[([\d;]*)m|\x1b\[[\d;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|[\x00-\x08\x0b-\x1f\x7f]/g;

function row(line: string): Row {
  const out: Run[] = [];
  let set: number | null = null;
  let cell = 0;
  const words = (part: string): void => {
    for (const [word] of part.matchAll(/\s+|\S+/g)) {
      const len = [...word].length;
      if (word.trim() && cell < TERM_COLS) {
        const ink = set ?? KNOWN.find(([shape]) => shape.test(word))?.[1] ?? INK;
        out.push({ at: cell, len: Math.min(len, TERM_COLS - cell), ink });
      }
      cell += len;
    }
  };
  let from = 0;
  for (const hit of line.matchAll(CONTROL)) {
    words(line.slice(from, hit.index));
    from = hit.index + hit[0].length;
    if (hit[1] !== undefined) set = colourOf(hit[1], set);
  }
  words(line.slice(from));
  return out;
}

function colourOf(codes: string, now: number | null): number | null {
  let set = now;
  for (const code of codes.split(';').map(Number)) {
    if (code === 0 || code === 39) set = null;
    else if (code === 2) set = DIM;
    else if (code >= 30 && code <= 37) set = SGR[code - 30]!;
    else if (code >= 90 && code <= 97) set = SGR[code - 90]!;
  }
  return set;
}
