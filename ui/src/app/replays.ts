// Other offices made of the recorded night, for tests: one in which nothing is yet, one with thousands of tasks, and one that spends.
// Not here: playing them (host/replay.ts).
import type { Budget, Noun, Run, Task } from '../bindings';
import type { Recording } from '../host/replay';
import type { Pushed } from '../state/reduce';

/** The moment the office was opened. */
export const emptied = (night: Recording): Recording => ({ ...night, pushes: [], deeds: [] });

/** The night, and then as many tasks more, each with two events: written, and changed once. */
export function flooded(night: Recording, tasks: number): Recording {
  const last = night.pushes.at(-1)!.envelope;
  const model = night.pushes.flatMap((push) => push.nouns).find((noun) => noun.noun === 'task');
  if (model?.noun !== 'task') return night;
  const pushes: Pushed[] = [];
  let seq = last.seq;
  const { noun: _kind, ...bare } = model;
  for (let i = 0; i < tasks; i++) {
    const task: Task = { ...bare, id: 1000 + i, title: `Task ${1000 + i} of many: ${WORDS[i % WORDS.length]!}`, state: i % 9 === 0 ? 'draft' : 'ready', desk: null, lease: null, last_run: null, workplace: null, claim: null, work: null, results: [], marks: [], depends_on: [], waiting_for: [], role: null, priority: (['low', 'normal', 'high'] as const)[i % 3]! };
    for (const type of ['added', 'edited'] as const) pushes.push({ envelope: { ...last, seq: ++seq, event: { noun: 'task', type, task } }, nouns: [{ noun: 'task', ...task }] });
  }
  return { ...night, pushes: [...night.pushes, ...pushes] };
}
/** The night, with what each run took, a budget of the office, and a desk whose budget is spent while its task waits. */
export function costly(night: Recording): Recording {
  const last = night.pushes.at(-1)!.envelope;
  const nouns = [...(night.snapshot?.nouns ?? []), ...night.pushes.flatMap((push) => push.nouns)];
  const runs = new Map<number, Run>();
  for (const { noun, ...it } of nouns) if (noun === 'run') runs.set((it as Run).id, it as Run);
  const office = nouns.findLast((it) => it.noun === 'office');
  const task = nouns.findLast((it) => it.noun === 'task' && it.state === 'ready');
  if (office?.noun !== 'office' || task?.noun !== 'task') return night;
  const pushes: Pushed[] = [];
  let seq = last.seq;
  const push = (at: string, event: Pushed['envelope']['event'], changed: Noun[]): void => void pushes.push({ envelope: { ...last, seq: ++seq, at, event }, nouns: changed });
  for (const run of runs.values()) {
    const since = Date.parse(run.launched ?? run.began);
    const until = Date.parse(run.ended ?? last.at);
    for (const part of [0.2, 0.45, 0.8, 1]) {
      const spent = { input: 9000 * part, output: 4000 * part, cache_read: 260_000 * part, cache_write: 12_000 * part, micro_dollars: Math.round((180_000 + 90_000 * (run.desk % 4)) * part), turns: 4 };
      push(new Date(since + (until - since) * part).toISOString(), { noun: 'run', type: 'spent', run: run.id, spent }, [{ noun: 'run', ...run, spent }]);
    }
  }
  const desk = 5;
  const spent = [...runs.values()].filter((run) => run.desk === desk).length * 270_000;
  const set: Budget[] = [{ of: 'office', limits: { micro_dollars: 20_000_000 }, set: last.at }, { of: { desk }, limits: { micro_dollars: spent }, set: last.at }];
  for (const budget of set) push(last.at, { noun: 'office', type: 'budget_set', budget }, [{ ...office, budgets: set }]);
  const hold = { reason: 'budget_spent' as const, since: last.at, until: null, release: 'office budget raise' };
  push(last.at, { noun: 'task', type: 'parked', task: task.id, hold }, [{ ...task, desk, state: 'parked', since: last.at, hold }]);
  return { ...night, pushes: [...night.pushes, ...pushes] };
}
const WORDS = ['tidy the queue', 'say what a retry costs', 'measure the slow page that everybody opens first in the morning', 'drop a column', 'write the letter'];
