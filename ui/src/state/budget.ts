// Budgets as they stand: what was spent of each, and which one keeps a desk from beginning anything. Mirrors core/budget.rs.
// Not here: setting them (`office budget`).
import type { Budget, Desk, Run } from '../bindings';
import type { OfficeView } from './view';

function holds({ of }: Budget, run: Run): boolean {
  if (of === 'office') return true;
  if ('project' in of) return run.project === of.project;
  return 'desk' in of ? run.desk === of.desk : run.task === of.task;
}

function reached(view: OfficeView, budget: Budget): boolean {
  let [money, tokens, output] = [0, 0, 0];
  for (const run of view.runs.values()) {
    if (!run.spent || !holds(budget, run)) continue;
    money += run.spent.micro_dollars ?? 0;
    tokens += run.spent.input + run.spent.output + run.spent.cache_read + run.spent.cache_write;
    output += run.spent.output;
  }
  const over = (limit: number | null | undefined, is: number): boolean => typeof limit === 'number' && is >= limit;
  const { limits } = budget;
  return over(limits.micro_dollars, money) || over(limits.tokens, tokens) || over(limits.output, output);
}

/** Why nothing begins at a desk: the budget that is spent, and the command that raises it. */
export function spentBudget(view: OfficeView, desk: Desk): string | null {
  const mine = ({ of }: Budget): boolean => of === 'office' || ('desk' in of && of.desk === desk.id);
  const budget = (view.office.budgets ?? []).find((it) => mine(it) && reached(view, it));
  if (!budget) return null;
  const { limits } = budget;
  const number = (limit: number | null | undefined): boolean => typeof limit === 'number';
  const much = number(limits.micro_dollars) ? '--money 5' : number(limits.tokens) ? '--tokens 5M' : '--output-tokens 200k';
  const [whose, flag] = budget.of === 'office' ? ['the office', ''] : [`desk ${desk.name}`, ` --desk ${desk.name}`];
  return `the budget of ${whose} is spent: \`office budget raise${flag} ${much}\``;
}
