// Budgets as they stand: what was spent of each, what a spent one keeps from going on, and what is written in its field. Mirrors
// core/budget.rs. Not here: setting them (commands.ts), what was spent by whom (spending.ts).
import type { Budget, BudgetOf, Desk, Limits, Run, Sum, Task } from '../bindings';
import type { OfficeView } from './view';

const NOTHING: Sum = { micro_dollars: 0, tokens: 0, input: 0, output: 0 };
/** The kinds a budget may count, in the order in which they are said. */
const KINDS = ['micro_dollars', 'tokens', 'input', 'output'] as const;
type Kind = (typeof KINDS)[number];
const NAMES: Readonly<Record<Kind, string>> = { micro_dollars: '', tokens: ' tokens', input: ' tokens in', output: ' tokens out' };

export const isSame = (a: BudgetOf, b: BudgetOf): boolean => JSON.stringify(a) === JSON.stringify(b);

function holds(view: OfficeView, of: BudgetOf, run: Run): boolean {
  if (of === 'office') return true;
  if ('project' in of) return run.project === of.project;
  if ('role' in of) return view.desks.get(run.desk)?.role === of.role;
  return 'desk' in of ? run.desk === of.desk : run.task === of.task;
}

function holdsTask(view: OfficeView, of: BudgetOf, task: Task): boolean {
  if (of === 'office') return true;
  if ('project' in of) return task.project === of.project;
  const desk = task.desk ?? view.runs.get(task.last_run ?? 0)?.desk ?? null;
  if ('role' in of) return (desk === null ? task.role : view.desks.get(desk)?.role) === of.role;
  return 'desk' in of ? desk === of.desk : task.id === of.task;
}

function spentOf(view: OfficeView, of: BudgetOf): Sum {
  const sum = { ...NOTHING };
  for (const run of view.runs.values()) {
    const { spent } = run;
    if (!spent || !holds(view, of, run)) continue;
    sum.micro_dollars += spent.micro_dollars ?? 0;
    sum.tokens += spent.input + spent.output + spent.cache_read + spent.cache_write;
    sum.input = (sum.input ?? 0) + spent.input + spent.cache_write;
    sum.output += spent.output;
  }
  return sum;
}

/** A budget as it stands. */
export interface Standing {
  of: BudgetOf;
  /** Whose it is, in words. */
  whose: string;
  /** The kind that is spent furthest, how far (1 is all), and what was spent of how much. */
  kind: Kind;
  part: number;
  spent: string;
  limit: string;
}

const limitsOf = (limits: Limits): Kind[] => KINDS.filter((kind) => typeof limits[kind] === 'number');

export function amount(kind: Kind, n: number): string {
  if (kind !== 'micro_dollars') return `${n < 10_000 ? n : n < 10_000_000 ? `${Math.floor(n / 1000)}k` : `${Math.floor(n / 1e6)}M`}${NAMES[kind]}`;
  const cents = Math.ceil(n / 10_000);
  return n > 0 && n < 10_000 ? 'under $0.01' : `$${cents % 100 === 0 && cents >= 1000 ? cents / 100 : (cents / 100).toFixed(2)}`;
}

function standing(view: OfficeView, budget: Budget): Standing {
  const sum = spentOf(view, budget.of);
  const far = limitsOf(budget.limits).map((kind) => {
    const limit = budget.limits[kind]!;
    return { kind, part: limit > 0 ? (sum[kind] ?? 0) / limit : 1, limit };
  });
  const { kind, part, limit } = far.reduce((a, b) => (b.part > a.part ? b : a), far[0] ?? { kind: 'tokens' as const, part: 0, limit: 0 });
  return { of: budget.of, whose: whose(view, budget.of), kind, part, spent: amount(kind, sum[kind] ?? 0), limit: amount(kind, limit) };
}

export function whose(view: OfficeView, of: BudgetOf): string {
  if (of === 'office') return 'the office';
  if ('project' in of) return view.projects.get(of.project ?? 0)?.name ?? `project ${of.project}`;
  if ('role' in of) return `all of ${of.role}`;
  return 'desk' in of ? (view.desks.get(of.desk ?? 0)?.name ?? `desk ${of.desk}`) : `#${of.task}`;
}

export function budgetOf(view: OfficeView, of: BudgetOf): Standing | null {
  const budget = (view.office.budgets ?? []).find((it) => isSame(it.of, of));
  return budget ? standing(view, budget) : null;
}

/** A spent budget and the tasks it keeps from going on. */
export interface Stopped extends Standing {
  tasks: Task[];
  since: string;
  /** So much more is offered. */
  more: Limits;
  /** What it would be then. */
  then: string;
}

/** Half as much again as there was, to a number people say. */
function step(kind: Kind, limit: number): number {
  const least = kind === 'micro_dollars' ? 500_000 : 100_000;
  const half = Math.max(least, limit / 2);
  const unit = 10 ** Math.floor(Math.log10(half)) / 2;
  return Math.round(half / unit) * unit;
}

/** Budgets that are spent while something waits for more: first those that wait longest. */
export function stoppedByBudget(view: OfficeView): Stopped[] {
  const parked = [...view.tasks.values()].filter((task) => task.state === 'parked' && task.hold?.reason === 'budget_spent');
  const coming = [...view.tasks.values()].filter((task) => task.state === 'ready' || task.state === 'queued');
  return (view.office.budgets ?? []).flatMap((budget) => {
    const it = standing(view, budget);
    if (it.part < 1) return [];
    const tasks = [parked, coming].map((list) => list.filter((task) => holdsTask(view, budget.of, task))).find((list) => list.length > 0);
    if (!tasks) return [];
    const more = step(it.kind, budget.limits[it.kind] ?? 0);
    const then = amount(it.kind, (spentOf(view, budget.of)[it.kind] ?? 0) + more);
    return [{ ...it, tasks, since: tasks.map((task) => task.since).sort()[0]!, more: { [it.kind]: more }, then }];
  }).sort((a, b) => (a.since < b.since ? -1 : 1));
}

/** Why nothing begins at a desk: the budget that is spent, and the command that raises it. */
export function spentBudget(view: OfficeView, desk: Desk): string | null {
  const mine = ({ of }: Budget): boolean => of === 'office' || ('desk' in of && of.desk === desk.id) || ('role' in of && of.role === desk.role);
  const budget = (view.office.budgets ?? []).find((it) => mine(it) && standing(view, it).part >= 1);
  if (!budget) return null;
  const { of, limits } = budget;
  const flags: Readonly<Record<Kind, string>> = { micro_dollars: '--money 5', tokens: '--tokens 5M', input: '--input-tokens 1M', output: '--output-tokens 200k' };
  const [name, flag] = of === 'office' ? ['the office', ''] : 'role' in of ? [`role ${of.role}`, ` --role ${of.role}`] : [`desk ${desk.name}`, ` --desk ${desk.name}`];
  return `the budget of ${name} is spent: \`office budget raise${flag} ${flags[limitsOf(limits)[0] ?? 'output']}\``;
}

const TIMES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };
const MOST = 1e15;

/** What a person wrote as a budget: "$20", "2.50", "5M tokens", "200k out"; null where it is neither. */
export function meantLimit(text: string): Limits | null {
  const money = /^\$?\s*(\d{1,9}(?:\.\d{1,6})?)\s*(?:\$|dollars?)?$/i.exec(text.trim());
  if (money) return { micro_dollars: Math.round(Number(money[1]) * 1e6) };
  const tokens = /^(\d+(?:\.\d+)?)\s*([kmg]?)\s*(?:tokens?)?\s*(in|out)?$/i.exec(text.trim());
  if (!tokens || !/[a-z]/i.test(text)) return null;
  const number = Math.round(Number(tokens[1]) * TIMES[tokens[2]!.toLowerCase()]!);
  if (number > MOST) return null;
  const which = tokens[3]?.toLowerCase();
  return which === 'in' ? { input: number } : which === 'out' ? { output: number } : { tokens: number };
}
