// What every desk's terminal looks like from afar, by desk. The floor reads it and hears which desk printed.
// Not here: where it comes from (pool.ts).
import type { InkRun, ScreenPicture } from '../state/picture';

export class Pictures {
  private readonly kept = new Map<number, ScreenPicture>();
  private readonly listeners = new Set<(desk: number) => void>();

  get(desk: number): ScreenPicture | undefined {
    return this.kept.get(desk);
  }
  /** Calls `each` with the desk whose picture changed, until the returned function is called. */
  onChange(each: (desk: number) => void): () => void {
    this.listeners.add(each);
    return () => this.listeners.delete(each);
  }
  /** A new picture, unless it shows what the last one showed. */
  put(desk: number, rows: readonly (readonly InkRun[])[], scrolled: number): void {
    const last = this.kept.get(desk);
    if (last && last.scrolled === scrolled && same(last.rows, rows)) return;
    this.kept.set(desk, { version: (last?.version ?? 0) + 1, rows, scrolled });
    for (const each of this.listeners) each(desk);
  }
  desks(): number[] {
    return [...this.kept.keys()];
  }
  drop(desk: number): void {
    if (this.kept.delete(desk)) for (const each of this.listeners) each(desk);
  }
}

function same(a: ScreenPicture['rows'], b: ScreenPicture['rows']): boolean {
  return a.length === b.length && a.every((row, y) => row.length === b[y]!.length && row.every((run, i) => run.at === b[y]![i]!.at && run.len === b[y]![i]!.len && run.ink === b[y]![i]!.ink));
}
