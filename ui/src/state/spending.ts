// What was spent within the last day, and by whom: money where an agent says it, else tokens. Pure.
// Not here: what one run took (words.ts), and any limit (budget.ts).
import type { DeskId, Spent } from '../bindings';
import type { OfficeView } from './view';
import { took } from './words';

export interface Spending {
  /** The sum at a glance. */
  words: string;
  /** Who spent which part of it, the largest first. */
  by: { desk: DeskId; name: string; words: string; part: number }[];
}

const DAY_MS = 24 * 3600 * 1000;
const NOTHING: Spent = { input: 0, output: 0, cache_read: 0, cache_write: 0, micro_dollars: null, turns: 0 };
const tokens = (it: Spent): number => it.input + it.output + it.cache_read + it.cache_write;
const add = (a: Spent, b: Spent): Spent => ({
  input: a.input + b.input,
  output: a.output + b.output,
  cache_read: a.cache_read + b.cache_read,
  cache_write: a.cache_write + b.cache_write,
  micro_dollars: b.micro_dollars === null ? a.micro_dollars : (a.micro_dollars ?? 0) + b.micro_dollars,
  turns: a.turns + b.turns,
});

/** Of runs that go on or ended within the last day; none where nothing was spent. */
export function spendingOf(view: OfficeView, now: Date): Spending | null {
  const since = now.getTime() - DAY_MS;
  const each = new Map<DeskId, Spent>();
  for (const run of view.runs.values()) {
    if (!run.spent || (run.ended !== null && Date.parse(run.ended) < since)) continue;
    each.set(run.desk, add(each.get(run.desk) ?? NOTHING, run.spent));
  }
  const all = [...each.values()].reduce(add, NOTHING);
  const weight = all.micro_dollars ? (it: Spent) => it.micro_dollars ?? 0 : tokens;
  if (weight(all) === 0) return null;
  const by = [...each].map(([desk, spent]) => ({ desk, name: view.desks.get(desk)?.name ?? `desk ${desk}`, words: took(spent), part: weight(spent) / weight(all) }));
  return { words: took(all), by: by.filter((it) => it.part > 0).sort((a, b) => b.part - a.part || a.desk - b.desk) };
}
