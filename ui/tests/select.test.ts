// Selectors and the word a desk says while a card hangs over it, on small offices made by hand.
// Not here: whole recordings (golden.test.ts).
import { describe, expect, it } from 'vitest';
import type { Approval, Desk, DeskState, DeskView, Noun, Role, Run, Task } from '../src/bindings';
import { STATES } from '../src/floor/model/state';
import { byHand, dropWord, engineOf } from '../src/state/assign';
import { fromSnapshot } from '../src/state/reduce';
import { BACKLOG, listed } from '../src/state/listing';
import { counts, deskSeen, doneToday, grantsOf, groupsOf, size, waitsForYou } from '../src/state/select';
import { clock, ifNothing, toldTo } from '../src/state/words';
import { spendingOf } from '../src/state/spending';
import { NOTHING, type OfficeView } from '../src/state/view';

const AT = '2026-03-01T22:00:00.000Z';
const role = (name: string, ...engines: string[]): Role => ({ name, title: name, engines });
const office: Noun = {
  noun: 'office',
  ...NOTHING.office,
  roles: { engineer: role('engineer', 'shell'), writer: role('writer', 'shell'), lost: role('lost', 'gone') },
  engines: { shell: { name: 'shell', title: 'Shell', found: true, note: '', needs_command: false } },
};
const desk = (id: number, more: Partial<Desk> = {}): Desk => ({
  id,
  name: `desk${id}`,
  role: 'engineer',
  project: null,
  engine: null,
  command: null,
  hold: null,
  run: null,
  last_run: null,
  queue: [],
  auto: false,
  removed: false,
  ...more,
});
const task = (id: number, more: Partial<Task> = {}): Task => ({
  id,
  project: 1,
  title: `task ${id}`,
  body: '',
  deliverable: 'change',
  checks: [],
  priority: 'normal',
  depends_on: [],
  waiting_for: [],
  role: null,
  attempts_max: 3,
  attempts_used: 0,
  time_limit_secs: null,
  state: 'ready',
  desk: null,
  lease: null,
  last_run: null,
  workplace: null,
  claim: null,
  work: null,
  results: [],
  marks: [],
  hold: null,
  why: null,
  notes: [],
  progress: null,
  accepted: null,
  merged: null,
  added: AT,
  since: AT,
  ...more,
});
const run = (id: number, more: Partial<Run> = {}): Run => ({
  id,
  desk: 1,
  task: null,
  project: 1,
  engine: 'shell',
  attempt: 1,
  state: 'ended',
  workplace: null,
  pid: null,
  began: AT,
  launched: AT,
  deadline: null,
  ended: AT,
  exit: { kind: 'code', code: 0 },
  stop: null,
  ...more,
});
const approval = (id: number, more: Partial<Approval> = {}): Approval => ({
  id,
  run: 1,
  desk: 1,
  task: 1,
  argv: ['git', 'push', 'x'.repeat(200)],
  shown: `git push ${'x'.repeat(200)}`,
  cwd: '/desk',
  reason: null,
  state: 'waiting',
  asked: AT,
  answered: null,
  note: null,
  exit: null,
  since: AT,
  hash: 'h',
  ...more,
});
const view = (desks: Desk[], tasks: Task[] = [], runs: Run[] = [], facts: Noun = office): OfficeView =>
  fromSnapshot(1, [
    facts,
    ...desks.map((it): Noun => ({ noun: 'desk', ...it })),
    ...tasks.map((it): Noun => ({ noun: 'task', ...it })),
    ...runs.map((it): Noun => ({ noun: 'run', ...it })),
  ]);
const hold = { reason: 'desk_paused', since: AT, until: null, release: 'office desk resume desk1' } as const;

describe('the words of the office', () => {
  it('every state of a desk has its picture, and no picture has another name', () => {
    const all: Record<DeskState, true> = {
      empty: true,
      starting: true,
      idle: true,
      working: true,
      thinking: true,
      'waiting for you': true,
      stuck: true,
      limited: true,
      reviewing: true,
      finished: true,
      paused: true,
      'login needed': true,
      crashed: true,
      off: true,
    };
    expect(Object.keys(STATES)).toEqual(Object.keys(all));
  });
});

describe('a desk as it is seen', () => {
  const turned = { input: 1, output: 1, cache_read: 0, cache_write: 0, micro_dollars: null, turns: 1 };
  const signals = (state: DeskState) => ({ state, evidence: 'hook StopFailure', since: '2026-03-01T22:00:00.000Z' });
  const at = (d: Desk, tasks: Task[] = [], runs: Run[] = []): DeskState => deskSeen(view([d], tasks, runs), d).state;
  it.each<[DeskState, Partial<Desk>, Partial<Task>, Partial<Run>]>([
    ['starting', { run: 1 }, { state: 'starting' }, { state: 'preparing', task: 1 }],
    ['starting', { run: 1 }, { state: 'starting' }, { state: 'launching', task: 1 }],
    ['working', { run: 1 }, { state: 'running' }, { state: 'live', task: 1 }],
    ['working', { run: 1 }, { state: 'running' }, { state: 'ending', task: 1 }],
    ['limited', { run: 1 }, { state: 'running' }, { state: 'live', task: 1, seen: signals('limited') }],
    ['thinking', { run: 1 }, { state: 'running' }, { state: 'live', task: 1, seen: signals('thinking') }],
    ['reviewing', { run: 1 }, { state: 'checking' }, { state: 'live', task: 1, seen: signals('thinking') }],
    ['idle', { run: 1 }, { state: 'running' }, { state: 'live', task: 1, seen: signals('idle') }],
    ['waiting for you', { run: 1 }, { state: 'running' }, { state: 'live', task: 1, seen: signals('idle'), spent: turned }],
    ['reviewing', { run: 1 }, { state: 'checking' }, { state: 'live', task: 1 }],
    ['reviewing', { last_run: 1 }, { state: 'checking' }, { task: 1 }],
    ['finished', { last_run: 1 }, { state: 'in review' }, { task: 1 }],
    ['finished', { last_run: 1 }, { state: 'merging' }, { task: 1 }],
    ['idle', { last_run: 1 }, { state: 'done' }, { task: 1 }],
    ['crashed', { last_run: 1 }, { state: 'failed' }, { task: 1, exit: { kind: 'code', code: 2 } }],
    ['idle', { last_run: 1 }, { state: 'failed' }, { task: 1 }],
    ['waiting for you', { last_run: 1 }, { state: 'blocked', why: 'a password' }, { task: 1 }],
    ['idle', { last_run: 1 }, { state: 'in review', last_run: 2 }, { task: 1 }],
    ['crashed', { last_run: 1 }, { state: 'interrupted' }, { task: 1, exit: { kind: 'lost' } }],
    ['paused', { hold, last_run: 1 }, { state: 'in review' }, { task: 1 }],
    ['off', { role: 'lost' }, {}, {}],
    ['off', { removed: true }, {}, {}],
    ['idle', {}, {}, {}],
  ])('%s', (state, d, t, r) => {
    expect(at(desk(1, d), [task(1, { last_run: 1, ...t })], [run(1, r)])).toBe(state);
  });
  it('waits for you while a command of its run is held, and says which', () => {
    const asks = (state: Approval['state']): DeskView => {
      const working = view([desk(1, { run: 1 })], [task(1, { state: 'running' })], [run(1, { state: 'live', task: 1, pid: 7 })]);
      return deskSeen({ ...working, approvals: new Map([[3, approval(3, { state })]]) }, desk(1, { run: 1 }));
    };
    expect(asks('waiting')).toMatchObject({ state: 'waiting for you', evidence: `asks to run: git push ${'x'.repeat(91)}…`, since: AT });
    expect(asks('running')).toMatchObject({ state: 'working', evidence: 'process 7 runs' });
  });
  it('is stuck when all it has queued waits for what is over, and not before', () => {
    const queue = desk(1, { queue: [2, 3] });
    const tasks = (dep: Task['state']): Task[] => [task(1, { state: dep }), task(2, { waiting_for: [1] }), task(3, { waiting_for: [1] })];
    expect(deskSeen(view([queue], tasks('failed')), queue)).toMatchObject({
      state: 'stuck',
      evidence: 'its next task #2 waits for #1, which is failed',
    });
    expect(at(queue, tasks('running'))).toBe('idle');
    expect(at(queue, [...tasks('failed').slice(0, 2), task(3)])).toBe('idle');
  });
  it('is paused while its budget is spent, and says what raises it', () => {
    const spent = { input: 100, output: 50, cache_read: 700, cache_write: 50, micro_dollars: null, turns: 1 };
    const runs = [run(1, { desk: 1, spent }), run(2, { desk: 2, spent })];
    const at = (of: 'office' | { desk: number }, tokens: number): DeskView => deskSeen(view([desk(1)], [], runs, { ...office, budgets: [{ of, limits: { tokens }, set: AT }] } as Noun), desk(1));
    expect(at({ desk: 1 }, 900)).toMatchObject({ state: 'paused', evidence: 'the budget of desk desk1 is spent: `office budget raise --desk desk1 --tokens 5M`' });
    expect(at({ desk: 1 }, 901).state).toBe('idle');
    expect(at({ desk: 2 }, 900).state).toBe('idle');
    expect(at('office', 1800)).toMatchObject({ state: 'paused', evidence: 'the budget of the office is spent: `office budget raise --tokens 5M`' });
  });
  it('is paused while everything is stopped', () => {
    const stopped = { ...office, hold: { ...hold, reason: 'stopped_by_owner' } } as Noun;
    expect(deskSeen(view([desk(1)], [], [], stopped), desk(1))).toMatchObject({ state: 'paused', evidence: 'everything is stopped by its owner' });
  });
});

describe('lists', () => {
  it('starts the most important first, what waits after what may start, drafts last', () => {
    const tasks = [
      task(1, { priority: 'low' }),
      task(2),
      task(3, { priority: 'urgent', waiting_for: [1] }),
      task(4, { priority: 'urgent', state: 'draft' }),
      task(5, { priority: 'high' }),
      task(6, { state: 'done' }),
    ];
    expect(listed(view([], tasks).tasks, () => '', BACKLOG).map((it) => it.id)).toEqual([5, 2, 1, 3, 4]);
  });
  it('finds by words, in any order', () => {
    const tasks = [task(1, { title: 'Cursor pagination' }), task(2, { title: 'Audit log', role: 'writer' })];
    expect(listed(view([], tasks).tasks, () => 'ledger-api', { ...BACKLOG, words: 'PAGI cursor' }).map((it) => it.id)).toEqual([1]);
    expect(listed(view([], tasks).tasks, () => 'ledger-api', { ...BACKLOG, words: 'writer' }).map((it) => it.id)).toEqual([2]);
    expect(listed(view([], tasks).tasks, () => 'ledger-api', { ...BACKLOG, words: '#2' }).map((it) => it.id)).toEqual([2]);
  });
  it('puts blockers before verdicts, and who waits longest first', () => {
    const tasks = [
      task(1, { state: 'failed' }),
      task(2, { state: 'in review', since: '2026-03-01T23:00:00.000Z' }),
      task(3, { state: 'in review' }),
      task(4, { state: 'blocked' }),
      task(5),
    ];
    expect(waitsForYou(view([], tasks)).map((it) => it.id)).toEqual([4, 3, 2, 1]);
  });
  it('counts the day and what is on it', () => {
    const now = new Date('2026-03-02T21:00:00.000Z');
    const tasks = [task(1, { state: 'done' }), task(2, { state: 'done', since: '2026-02-01T00:00:00.000Z' }), task(3, { state: 'running' }), task(4)];
    const it = view([desk(1, { run: 1 }), desk(2), desk(3, { removed: true })], tasks, [run(1, { state: 'live', task: 3 })]);
    expect(counts(it, now)).toEqual({ desks: 2, onTask: 1, backlog: 1, atWork: 1, queued: 0, held: 0, waits: 0, done: 1 });
    expect(doneToday(it, now).map((task) => task.id)).toEqual([1]);
  });
  it('adds up a diff, binary files as none', () => {
    const files = [
      { path: 'a', status: 'M', added: 3, removed: 1 },
      { path: 'b', status: 'A', added: null, removed: null },
    ];
    expect(size(task(1, { work: { tip: '', base: '', commits: 1, leftover_committed: false, files, marks: [] } }))).toEqual({ added: 3, removed: 1, files: 2 });
  });
});

describe('what was spent today', () => {
  const spent = (dollars: number | null, input = 0) => ({ input, output: 0, cache_read: 0, cache_write: 0, micro_dollars: dollars, turns: 1 });
  const now = new Date('2026-03-02T08:00:00.000Z');
  const old = '2026-02-27T08:00:00.000Z';
  it('is nothing where no agent said anything, and what was before yesterday is not counted', () => {
    expect(spendingOf(view([desk(1)], [], [run(1), run(2, { spent: spent(5_000_000), ended: old })]), now)).toBeNull();
  });
  it('is money by desk, the largest part first, and runs that go on count', () => {
    const runs = [run(1, { spent: spent(1_000_000) }), run(2, { desk: 2, spent: spent(2_500_000), ended: null }), run(3, { spent: spent(500_000) })];
    const { words, by } = spendingOf(view([desk(1), desk(2)], [], runs), now)!;
    expect(words).toBe('$4.00');
    expect(by.map(({ name, words, part }) => [name, words, part])).toEqual([['desk2', '$2.50', 0.625], ['desk1', '$1.50', 0.375]]);
  });
  it('is tokens where nobody knows a price', () => {
    expect(spendingOf(view([desk(1)], [], [run(1, { spent: spent(null, 1200) })]), now)?.words).toBe('1200 tokens');
  });
});

describe('a card over a desk', () => {
  const says = (t: Partial<Task>, d: Partial<Desk> = {}, runs: Run[] = [], facts?: Noun): string => {
    const it = view([desk(1, d)], [task(1, t)], runs, facts);
    return dropWord(byHand(it, it.tasks.get(1)!, it.desks.get(1)!));
  };
  it('is taken by a free desk', () => expect(says({})).toBe('takes it'));
  it('is queued by a busy, paused or stopped one, and where it must wait', () => {
    expect(says({}, { run: 1 }, [run(1, { state: 'live' })])).toBe('queues it: desk1 is busy');
    expect(says({}, { hold })).toBe('queues it: desk1 is paused');
    expect(says({ waiting_for: [7, 8] })).toBe('queues it: it waits for #7, #8');
    expect(says({ last_run: 1 }, {}, [run(1, { state: 'ending' })])).toBe('queues it: its last run is still ending');
    const held: Noun = { ...office, hold: { ...hold, reason: 'stopped_by_owner' } } as Noun;
    expect(says({}, {}, [], held)).toBe('queues it: everything is stopped');
  });
  it('is refused by another role, another project, no engine, and in a state that nobody can start', () => {
    expect(says({ role: 'writer' })).toBe('another role');
    expect(says({}, { project: 2 })).toBe('another project');
    expect(says({}, { role: 'lost' })).toBe('no engine');
    for (const state of ['draft', 'running', 'in review', 'done'] as const) expect(says({ state })).toBe('not now');
  });
  it('a desk with a custom engine needs its command line', () => {
    const facts = { ...office, engines: { shell: { name: 'shell', title: '', found: true, note: '', needs_command: true } } } as Noun;
    const it = view([desk(1)], [], [], facts);
    expect(engineOf(it, it.desks.get(1)!).refusal?.detail).toBe("'shell' needs a command line (`--command`)");
  });
  it('a desk whose engine does not hold its agent takes nothing by itself, and says so', () => {
    const soft = { name: 'shell', title: 'Robot', found: true, note: '', needs_command: false, gate: { is: 'soft', why: 'it acts' } };
    const facts = { ...office, engines: { shell: soft } } as Noun;
    const it = view([desk(1, { auto: true }), desk(2)], [], [], facts);
    expect(deskSeen(it, it.desks.get(1)!).evidence).toBe('nothing runs here; takes no task by itself: Robot is soft: it acts');
    expect(deskSeen(it, it.desks.get(2)!).evidence).toBe('nothing runs here');
  });
});

describe('the inbox', () => {
  it('makes one card of the very same, and leaves alone what is talked about or parked', () => {
    const said = { said: 'ask', category: 'publish', rule: 'git.push', why: 'w' } as const;
    const same = (id: number, more: Partial<Approval> = {}): Approval => approval(id, { argv: ['git', 'push'], ruling: said, ...more });
    const talk = [{ by: { kind: 'owner' as const }, at: AT, text: 'which?' }];
    const all = [same(1), approval(2), same(3), same(4, { parked: AT }), same(5, { talk }), same(6, { ruling: { ...said, rule: 'other' } })];
    expect(groupsOf(all).map((group) => group.all.map((it) => it.id))).toEqual([[1, 3], [2], [4], [5], [6]]);
  });
  it('says what comes of doing nothing: never a yes', () => {
    const settings = { review_limit: 10, unattended: { park_after_mins: 15, deny_after_hours: { network: 8 } } };
    const it_ = view([desk(1)], [], [], { ...office, settings } as Noun);
    const at = (minutes: number): string => clock(new Date(Date.parse(AT) + minutes * 60_000));
    expect(ifNothing(it_, approval(1))).toBe(`At ${at(15)} its task is parked and desk1 takes other work. It never runs by itself.`);
    expect(ifNothing(it_, approval(1, { joined: new Date(Date.parse(AT) + 600_000).toISOString() }))).toContain(`At ${at(25)} its task`);
    expect(ifNothing(it_, approval(1, { ruling: { said: 'ask', category: 'network', rule: 'r', why: 'w' } }))).toContain(`Denied at ${at(480)}.`);
    expect(ifNothing(it_, approval(1, { task: null }))).toBe('Until you answer it waits, and desk1 with it. It never runs by itself.');
    expect(ifNothing(it_, approval(1, { parked: AT }))).toContain('#1 is parked since');
  });
  it('says who is told of it on its way, and that nobody is skipped in silence', () => {
    const path = { spend: [{ to: 'coordinator' as const, after_mins: 0, notify: false }, { to: 'owner' as const, after_mins: 10, notify: true }] };
    const settings = { review_limit: 10, unattended: { park_after_mins: 15, deny_after_hours: {}, path } };
    const asks = approval(1, { ruling: { said: 'ask', category: 'spend', rule: 'r', why: 'w' } });
    const with_ = (...desks: Desk[]): OfficeView => view(desks, [], [], { ...office, settings } as Noun);
    const led = with_(desk(1), desk(2, { role: 'coordinator' }));
    const at = (minutes: number): string => clock(new Date(Date.parse(AT) + minutes * 60_000));
    expect(toldTo(with_(desk(1)), asks)).toBe('you at once: nobody else sits at a desk as coordinator');
    expect(toldTo(with_(desk(1, { role: 'coordinator' })), asks)).toContain('you at once');
    expect(toldTo(led, asks)).toBe(`the coordinator, you at ${at(10)}`);
    expect(toldTo(led, { ...asks, escalated: AT })).toBe(`the coordinator at ${at(0)}, you at ${at(10)}`);
    expect(toldTo(led, { ...asks, acknowledged: { by: { kind: 'agent', desk: 2, run: 3 }, at: AT } })).toContain('desk2 looked at it');
    expect(toldTo(led, approval(1))).toBeNull();
  });
  it('lists what is approved in advance while it may still answer something', () => {
    const covers = { kind: 'shape' as const, run: 'git push', words: ['origin'] };
    const none = { project: null, role: null, desk: null, task: null, times: null, until: null, note: null, given: AT, revoked: null, used: 0 };
    const given = [{}, { revoked: AT }, { times: 2, used: 2 }, { until: AT }, { task: 9 }].map((more, i) => ({ id: i + 1, covers, ...none, ...more }));
    const it_ = { ...NOTHING, grants: new Map(given.map((grant) => [grant.id, grant])) };
    expect(grantsOf(it_, new Date(Date.parse(AT) + 1)).map((grant) => grant.id)).toEqual([1]);
  });
});
