// Other offices made of the recorded night, for tests: one in which nothing is yet, and one with thousands of tasks.
// Not here: playing them (host/replay.ts).
import type { Task } from '../bindings';
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
const WORDS = ['tidy the queue', 'say what a retry costs', 'measure the slow page that everybody opens first in the morning', 'drop a column', 'write the letter'];
