// Budgets as the window shows them: what is written in a field, what is spent furthest, what a spent one keeps, and the line of
// what was spent. Not here: the rules themselves (core), and what it looks like (browser).
import { describe, expect, it } from 'vitest';
import { costly } from '../src/app/replays';
import type { BudgetOf } from '../src/bindings';
import { amount, budgetOf, meantLimit, stoppedByBudget } from '../src/state/budget';
import { fromSnapshot, reduce } from '../src/state/reduce';
import { spendingOf, spendLine } from '../src/state/spending';
import type { OfficeView } from '../src/state/view';
import { recorded } from './recorded';

const night = ((): OfficeView => {
  const { snapshot, pushes } = costly(recorded());
  return reduce(fromSnapshot(snapshot.seq, snapshot.nouns), pushes).view;
})();
const now = new Date([...night.recent].at(-1)!.at);
const all = [...night.runs.values()].reduce((sum, run) => sum + (run.spent?.micro_dollars ?? 0), 0);

describe('a budget', () => {
  it('is written as people write money and tokens', () => {
    expect(['$20', '2.50', '5M tokens', '200k out', '1.5m in', '3g'].map(meantLimit)).toEqual([
      { micro_dollars: 20_000_000 }, { micro_dollars: 2_500_000 }, { tokens: 5_000_000 }, { output: 200_000 }, { input: 1_500_000 }, { tokens: 3_000_000_000 },
    ]);
    for (const wrong of ['', 'twenty', '-5', '$', '1,5', '5 apples', '9e9', '99999999999g', '$5 tokens']) expect(meantLimit(wrong), wrong).toBeNull();
    expect([0, 9_999, 270_000, 20_000_000].map((n) => amount('micro_dollars', n))).toEqual(['$0.00', 'under $0.01', '$0.27', '$20']);
  });
  it('is shown by the kind that is spent furthest', () => {
    const budgets = [{ of: 'office' as BudgetOf, limits: { micro_dollars: 1e12, output: 1 }, set: now.toISOString() }];
    const it = budgetOf({ ...night, office: { ...night.office, budgets } }, 'office')!;
    expect([it.kind, it.limit, it.part > 1]).toEqual(['output', '1 tokens out', true]);
    expect(budgetOf(night, { task: 1 })).toBeNull();
  });
  it('that is spent says which tasks wait, and offers more than was spent', () => {
    const [card, ...others] = stoppedByBudget(night);
    expect(others).toEqual([]);
    expect([card!.whose, card!.spent, card!.limit, card!.tasks.map((task) => task.state)]).toEqual(['Lena', '$0.27', '$0.27', ['parked']]);
    expect([card!.more, card!.then]).toEqual([{ micro_dollars: 500_000 }, '$0.77']);
    // Nothing of hers waits any more: nobody is asked.
    const tasks = new Map([...night.tasks].filter(([id]) => id !== card!.tasks[0]!.id));
    expect(stoppedByBudget({ ...night, tasks })).toEqual([]);
  });
  it('of a role holds all its desks', () => {
    const role = [...night.desks.values()][0]!.role;
    const mine = [...night.runs.values()].filter((run) => night.desks.get(run.desk)?.role === role);
    const budgets = [{ of: { role } as BudgetOf, limits: { tokens: 1e9 }, set: now.toISOString() }];
    const it = budgetOf({ ...night, office: { ...night.office, budgets } }, { role });
    expect(it?.spent).toBe(amount('tokens', mine.length * 285_000));
  });
});

describe('what was spent', () => {
  it('is of the office’s budget where it has one, with each desk’s share of that', () => {
    const it = spendingOf(night, now)!;
    expect([it.name, it.words, it.limit]).toEqual(['Spent', amount('micro_dollars', all), '$20']);
    expect(it.by.reduce((sum, one) => sum + one.part, 0)).toBeCloseTo(all / 20_000_000);
    const without = spendingOf({ ...night, office: { ...night.office, budgets: [] } }, now)!;
    expect([without.name, without.limit]).toEqual(['Spent today', null]);
    expect(without.by.reduce((sum, one) => sum + one.part, 0)).toBeCloseTo(1);
  });
  it('is a line that only rises, from nothing to all of it, however little of the night is remembered', () => {
    for (const view of [night, { ...night, took: [] }, { ...night, took: night.took.slice(-3) }]) {
      const line = spendLine(view, 0, now);
      expect(line.every((it, i) => i === 0 || (it.at >= line[i - 1]!.at && it.sum >= line[i - 1]!.sum))).toBe(true);
      expect([line[0]!.sum, line.at(-1)!.sum]).toEqual([0, all]);
    }
    expect(spendLine(night, now.getTime() + 1, now)).toEqual([]);
    expect(spendLine({ ...night, runs: new Map(), took: [] }, 0, now)).toEqual([]);
  });
});
