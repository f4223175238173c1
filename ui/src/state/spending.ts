// What was spent, by whom and when: within the last day, or of the office's budget where there is one; money where an agent says
// it, else tokens. Pure. Not here: what one run took (words.ts), and what follows at a limit (budget.ts).
import type { DeskId, Run, Spent } from '../bindings';
import { budgetOf } from './budget';
import type { OfficeView } from './view';
import { took } from './words';

export interface Spending {
  /** What the sum is of. */
  name: string;
  /** The sum at a glance. */
  words: string;
  /** The most it may be, where the office has a budget. */
  limit: string | null;
  /** Who spent which part of that, or of all, the largest first. */
  by: { desk: DeskId; name: string; words: string; part: number }[];
}

const DAY_MS = 24 * 3600 * 1000;
const NOTHING: Spent = { input: 0, output: 0, cache_read: 0, cache_write: 0, micro_dollars: null, turns: 0 };
const tokens = (it: Spent): number => it.input + it.output + it.cache_read + it.cache_write;
const money = (it: Spent): number => it.micro_dollars ?? 0;
const add = (a: Spent, b: Spent): Spent => ({
  input: a.input + b.input,
  output: a.output + b.output,
  cache_read: a.cache_read + b.cache_read,
  cache_write: a.cache_write + b.cache_write,
  micro_dollars: b.micro_dollars === null ? a.micro_dollars : (a.micro_dollars ?? 0) + b.micro_dollars,
  turns: a.turns + b.turns,
});

/** Of runs that go on or ended within the last day, or of all where the office has a budget; none where nothing was spent. */
export function spendingOf(view: OfficeView, now: Date): Spending | null {
  const budget = budgetOf(view, 'office');
  const since = budget ? -Infinity : now.getTime() - DAY_MS;
  const each = new Map<DeskId, Spent>();
  for (const run of view.runs.values()) {
    if (!run.spent || (run.ended !== null && Date.parse(run.ended) < since)) continue;
    each.set(run.desk, add(each.get(run.desk) ?? NOTHING, run.spent));
  }
  const all = [...each.values()].reduce(add, NOTHING);
  const counted = budget ? { micro_dollars: money, tokens, input: (it: Spent) => it.input + it.cache_write, output: (it: Spent) => it.output }[budget.kind] : null;
  const weight = counted ?? (all.micro_dollars ? money : tokens);
  if (weight(all) === 0 && !budget) return null;
  // Of a budget that is not spent yet the rest stays empty.
  const whole = weight(all) / Math.min(1, budget?.part ?? 1) || 1;
  const by = [...each].map(([desk, spent]) => ({ desk, name: view.desks.get(desk)?.name ?? `desk ${desk}`, words: took(spent), part: weight(spent) / whole }));
  const name = budget ? 'Spent' : 'Spent today';
  return { name, words: budget?.spent ?? took(all), limit: budget?.limit ?? null, by: by.filter((it) => it.part > 0).sort((a, b) => b.part - a.part || a.desk - b.desk) };
}

/** A moment, and how much all runs together had taken since the line begins. */
export interface Taken {
  at: number;
  sum: number;
}

/** How the sum grew from `since` until now, in money where any is known, else in tokens. What a run was seen to have taken is known
 *  at those moments; of one that was never seen to, at its end. Empty where nothing was spent. */
export function spendLine(view: OfficeView, since: number, now: Date): Taken[] {
  const weight = [...view.runs.values()].some((run) => money(run.spent ?? NOTHING) > 0) ? money : tokens;
  const steps: { at: number; run: number; is: number }[] = view.took.map(({ at, run, spent }) => ({ at: Date.parse(at), run, is: weight(spent) }));
  const told = new Set(steps.map((it) => it.run));
  const last = (run: Run): number => Date.parse(run.ended ?? '') || now.getTime();
  for (const run of view.runs.values()) {
    if (!run.spent) continue;
    if (!told.has(run.id)) steps.push({ at: Date.parse(run.launched ?? run.began), run: run.id, is: 0 });
    steps.push({ at: last(run), run: run.id, is: weight(run.spent) });
  }
  steps.sort((a, b) => a.at - b.at);
  const known = new Map<number, number>();
  const line: Taken[] = [];
  let sum = 0;
  let before = 0;
  for (const { at, run, is } of steps) {
    sum += Math.max(0, is - (known.get(run) ?? 0));
    known.set(run, Math.max(is, known.get(run) ?? 0));
    if (at < since) before = sum;
    else line.push({ at, sum: sum - before });
  }
  if (line.length === 0 || sum === before) return [];
  return [{ at: since, sum: 0 }, ...line, { at: now.getTime(), sum: sum - before }];
}
