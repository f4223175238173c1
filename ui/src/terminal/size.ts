// How large a terminal is shown: the program's own columns and rows while one only looks, so that nothing it draws breaks;
// what fits while one types. Pure. Not here: measuring (screen.ts).

/** What the office gives a program that nobody looks at. */
export const OWN_COLS = 120;
export const OWN_ROWS = 40;
/** Below this part of the design's size a line would be too small to read: the terminal is moved sideways instead. */
const SMALLEST = 11 / 12.6;

/** The size of type at which so many columns fit into so many pixels, within what can be read. `advance` is a column at size 1. */
export function typeSize(full: number, advance: number, cols: number, width: number): number {
  const fits = width / (cols * advance);
  return Math.max(full * SMALLEST, Math.min(full, Math.floor(fits * 10) / 10));
}

/** How far a box is moved down so that the last of its rows with something in it is seen: so far that the first row that
 * shows is a whole one, where there is room for that. */
export function follow(lastRow: number, rows: number, rowHeight: number, boxHeight: number, margin: number): number {
  const least = Math.ceil((lastRow + 1) * rowHeight + margin * 2 - boxHeight);
  if (least <= 0) return 0;
  const whole = Math.ceil(margin + Math.ceil((least - margin) / rowHeight) * rowHeight);
  return Math.max(least, Math.min(whole, Math.floor(rows * rowHeight + margin * 2 - boxHeight)));
}

const KILO = 1000;
export const bytesInWords = (n: number): string => (n < KILO ? `${n} bytes` : n < KILO * KILO ? `${Math.round(n / KILO)} kB` : `${(n / KILO / KILO).toFixed(1)} MB`);
