// Which rows of a long list are to be there: rows of unequal, partly unknown heights, of which only those in view are made.
// Pure arithmetic. Not here: measuring rows and making them (parts/VirtualList.svelte).

export interface Span {
  first: number;
  /** One past the last. */
  end: number;
  /** Height of what is left out above and below. */
  above: number;
  below: number;
}

/** Where each row begins, and at the end where the last one ends. */
export function edges(count: number, heightOf: (row: number) => number): Float64Array {
  const out = new Float64Array(count + 1);
  for (let row = 0; row < count; row++) out[row + 1] = out[row]! + heightOf(row);
  return out;
}

export function spanOf(at: Float64Array, top: number, view: number, spare: number): Span {
  const count = at.length - 1;
  const total = at[count]!;
  const first = Math.max(0, rowAt(at, Math.min(top, total)) - spare);
  const end = Math.min(count, rowAt(at, Math.min(top + view, total)) + 1 + spare);
  return { first, end, above: at[first]!, below: total - at[end]! };
}

/** The row in which a height lies. */
export function rowAt(at: Float64Array, height: number): number {
  let low = 0;
  let high = Math.max(0, at.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (at[middle]! <= height) low = middle;
    else high = middle - 1;
  }
  return low;
}
