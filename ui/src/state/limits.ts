// What a task may take (files, lines, time), as the inbox offers more of it, and what is written in its field. Mirrors core's
// task/limit.rs. Not here: raising it (commands.ts), budgets (budget.ts).
import type { Task, TaskLimits } from '../bindings';
import type { OfficeView } from './view';

/** Tasks that are parked because they took all they may: first those that wait longest. */
export function limitedTasks(view: OfficeView): Task[] {
  const parked = [...view.tasks.values()].filter((task) => task.state === 'parked' && task.hold?.reason === 'task_limit');
  return parked.sort((a, b) => (a.since < b.since ? -1 : 1));
}

/** So much more is offered: what the office itself would raise it by. */
export function offered(task: Task): TaskLimits | null {
  const [, flag, number] = /--(files|lines|time) (\d+)m?$/.exec(task.hold?.release ?? '') ?? [];
  if (!number) return null;
  const n = Number(number);
  return flag === 'files' ? { files: n } : flag === 'lines' ? { lines: n } : { secs: n * 60 };
}

export function taskLimitWords({ files, lines, secs }: TaskLimits): string {
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
  const time = (n: number): string => (n % 3600 === 0 ? `${n / 3600} h` : n % 60 === 0 ? `${n / 60} min` : `${n} s`);
  return [files && count(files, 'file'), lines && count(lines, 'line'), secs && time(secs)].filter(Boolean).join(', ');
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const LONGEST = 30 * 24 * 3600;
const MOST = 1_000_000_000;

/** What a person wrote as more: "20 files", "500 lines", "90m", "3 h"; null where it is none of these. */
export function meantTask(text: string): TaskLimits | null {
  const said = /^(\d{1,9})\s*(files?|lines?|s|m|min|h|hours?)$/i.exec(text.trim());
  const n = Number(said?.[1]);
  if (!said || n < 1 || n > MOST) return null;
  const what = said[2]!.toLowerCase();
  if (what.startsWith('file')) return { files: n };
  if (what.startsWith('line')) return { lines: n };
  const secs = n * SECONDS[what[0]!]!;
  return secs <= LONGEST ? { secs } : null;
}
