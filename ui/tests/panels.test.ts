// What the panels are made of, without a page: settings, lists, forms, carrying, the guide, the life of a task, what is said
// aloud. Not here: the panels themselves (browser.mjs).
import { describe, expect, it } from 'vitest';
import { Speaker } from '../src/app/speaker';
import type { DeskView, Refusal, Task } from '../src/bindings';
import { draftFrom, fromText } from '../src/panels/backlog/dropped';
import { complaints, EMPTY, fromKept, fromTask, meant, toEdit, toNew, type Written } from '../src/panels/backlog/written';
import { pairs, readPatch } from '../src/panels/task/patch';
import { edges, rowAt, spanOf } from '../src/parts/rows';
import { backWord, freeName, hireFor, intoBacklog, neighbour } from '../src/state/carry';
import { nextStep } from '../src/state/guide';
import { lifeOf } from '../src/state/life';
import { BACKLOG, isNarrowed, listed } from '../src/state/listing';
import { isFlat, isLow, isSlim, PREFS, readPrefs, roomFor, textSize } from '../src/state/prefs';
import { fromSnapshot, reduce } from '../src/state/reduce';
import { desksSeen } from '../src/state/select';
import { plateWords, timed } from '../src/state/words';
import { recorded } from './recorded';

const night = (() => {
  const { snapshot, pushes } = recorded();
  return reduce(fromSnapshot(snapshot.seq, snapshot.nouns), pushes).view;
})();
const some = (state: Task['state']): Task => [...night.tasks.values()].find((task) => task.state === state)!;

describe('settings of the window', () => {
  it('are as designed when nothing was kept, or nonsense was', () => {
    for (const kept of [null, '', 'null', '[]', '{', '"night"', '{"theme":"pink","text":"big","motion":7}']) expect(readPrefs(kept)).toEqual(PREFS);
  });
  it('lose one bad value and keep the others', () => {
    expect(readPrefs('{"theme":"night","text":1e9,"contrast":"loud","diff":"split"}')).toEqual({ ...PREFS, theme: 'night', text: 200, diff: 'split' });
  });
  it('keep text between 90 and 200 %', () => {
    expect([0, 90, 104, 199, 400, Number.NaN].map(textSize)).toEqual([90, 90, 100, 200, 200, 100]);
  });
  it('say how much room there is in text of the design', () => {
    expect([720, 1100, 1280, 1440, 1920].map(roomFor)).toEqual(['tight', 'narrow', 'snug', 'wide', 'vast']);
    expect([450, 600, 900].map((height) => [isFlat(height), isLow(height)])).toEqual([[true, true], [false, true], [false, false]]);
    expect([360, 720].map(isSlim)).toEqual([true, false]);
  });
});

describe('a list of tasks', () => {
  const names = (): string => 'ledger-api';
  it('is found by state, role, desk and words', () => {
    const all = listed(night.tasks, names, { ...BACKLOG, shown: 'all' });
    expect(all).toHaveLength(night.tasks.size);
    const done = listed(night.tasks, names, { ...BACKLOG, shown: 'done' });
    expect(done.length).toBeGreaterThan(0);
    expect(done.every((task) => task.state === 'done')).toBe(true);
    const mine = listed(night.tasks, names, { ...BACKLOG, shown: 'all', role: 'docs-writer', words: 'LIMIT rate' });
    expect(mine.map((task) => task.title)).toEqual(['Document rate-limit headers']);
    const queued = some('queued');
    expect(listed(night.tasks, names, { ...BACKLOG, shown: 'queued', desk: queued.desk })).toEqual([queued]);
    expect(isNarrowed(BACKLOG)).toBe(false);
  });
  it('is ordered by what starts first, or as it is wished', () => {
    const by = (order: typeof BACKLOG.order): number[] => listed(night.tasks, names, { ...BACKLOG, shown: 'all', order }).map((task) => task.id);
    expect(by('newest')).toEqual([...by('newest')].sort((a, b) => b - a));
    const first = night.tasks.get(by('start')[0]!)!;
    expect([first.state, first.priority]).toEqual(['ready', 'high']);
  });
  it('sorts ten thousand in a moment', () => {
    const model = some('ready');
    const tasks = new Map(Array.from({ length: 10_000 }, (_, i) => [i, { ...model, id: i }] as const));
    const began = performance.now();
    expect(listed(tasks, names, { ...BACKLOG, words: 'cursor' })).toHaveLength(10_000);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});

describe('rows in view', () => {
  it('are few, whatever the length of the list, and leave the room of the others', () => {
    const at = edges(5000, (row) => (row % 2 ? 60 : 80));
    expect(at[5000]).toBe(350_000);
    const span = spanOf(at, 70_000, 600, 4);
    expect(span.end - span.first).toBeLessThan(22);
    expect(at[span.first]!).toBeLessThanOrEqual(70_000);
    expect(at[span.end]!).toBeGreaterThanOrEqual(70_600);
    expect(span.above + span.below).toBeLessThan(350_000);
  });
  it('are none in an empty list, and the last at its end', () => {
    expect(spanOf(edges(0, () => 60), 0, 600, 4)).toMatchObject({ first: 0, end: 0 });
    expect(rowAt(edges(3, () => 10), 1e9)).toBe(2);
  });
});

describe('a task in its form', () => {
  it('goes to the office as it was typed', () => {
    const written: Written = { ...EMPTY, title: 'Mail receipts', checks: [{ run: ' make test ', name: '', minutes: '1,5', files: 'a.sh, b.sh' }, { run: '  ', name: 'empty', minutes: '', files: '' }], attempts: '', limit: '20', after: [3] };
    expect(toNew(written, 1)).toMatchObject({ project: 1, title: 'Mail receipts', checks: [{ name: 'make test', run: 'make test', timeout_secs: 90, files: ['a.sh', 'b.sh'] }], attempts: null, time_limit_secs: 1200, depends_on: [3], role: null });
  });
  it('sends only what was changed', () => {
    const task = some('ready');
    expect(toEdit(fromTask(task), task)).toEqual({});
    expect(toEdit({ ...fromTask(task), priority: 'urgent', after: [] }, { ...task, depends_on: [4] })).toEqual({ priority: 'urgent', depends_on: [] });
  });
  it('is kept as words, and read back whatever became of them', () => {
    const written: Written = { ...EMPTY, title: 'x', limit: 'soon', checks: [{ run: 'make', name: '', minutes: '', files: '' }] };
    expect(fromKept(JSON.stringify(written))).toEqual(written);
    expect(fromKept('{"title":7,"after":["a",2],"checks":[null,{"run":"make"}]}')).toMatchObject({ title: '', after: [2], checks: [{ run: 'make', minutes: '' }] });
    for (const text of ['', '{', 'null', '[]']) expect(fromKept(text)).toEqual(EMPTY);
  });
  it('says at the field what cannot be sent', () => {
    expect(complaints({ ...EMPTY, attempts: 'three', limit: 'soon' })).toEqual({ attempts: "'three' is no number: give 1 to 20", limit: "'soon' is no number of minutes" });
    expect(complaints({ ...EMPTY, attempts: ' 3 ', limit: '2.5' })).toEqual({});
  });
  it('shows a refusal at the field it speaks of', () => {
    const refusal = (message: string, code: Refusal['code'] = 'invalid'): Refusal => ({ code, message, detail: '' });
    expect(meant(refusal('the title is empty'))).toBe('title');
    expect(meant(refusal("check 'x' has a time-out of 0 s"))).toBe('checks');
    expect(meant(refusal('a time limit of 0 s leaves no time'))).toBe('limit');
    expect(meant(refusal('40 attempts are not possible'))).toBe('attempts');
    expect(meant(refusal('#3 would wait for itself', 'cycle'))).toBe('after');
    expect(meant(refusal('10,000 tasks are open', 'limit'))).toBeNull();
  });
});

describe('a dropped file', () => {
  const file = (name: string, size: number, text: () => Promise<ArrayBuffer>): File => ({ name, size, type: '', arrayBuffer: text }) as unknown as File;
  const unread = (): Promise<ArrayBuffer> => Promise.reject(new Error('it was read'));
  it('of a gigabyte is refused in words, unread', async () => {
    expect(await draftFrom([file('dump.md', 2 ** 30, unread)])).toMatchObject({ refused: 'dump.md has 1.0 GiB; a task takes at most 256 KiB' });
    expect(await draftFrom([file('photo.png', 900, unread)])).toMatchObject({ refused: 'photo.png is no text' });
    expect(await draftFrom([file('a.md', 9, unread), file('b.md', 9, unread)])).toMatchObject({ refused: '2 files are too many' });
  });
  it('of text becomes the draft of a task', async () => {
    const text = '\n# Tidy the queue #\n\nSlowly.\n';
    expect(await draftFrom([file('x.md', 40, () => Promise.resolve(new TextEncoder().encode(text).buffer as ArrayBuffer))])).toMatchObject({ title: 'Tidy the queue', body: 'Slowly.' });
    expect(fromText('say-what_it-costs.txt', 'In words.')).toMatchObject({ title: 'say what it costs', body: 'In words.' });
    const bytes = new Uint8Array([0xff, 0xfe, 0x80]).buffer;
    expect(await draftFrom([file('x.txt', 3, () => Promise.resolve(bytes))])).toMatchObject({ refused: 'x.txt cannot be read as text' });
  });
});

describe('what is carried', () => {
  it('goes back into the backlog from a queue, and is put elsewhere in its order', () => {
    const card = (id: number, more: Partial<Task> = {}): Task => ({ ...some('ready'), waiting_for: [], priority: 'normal', id, ...more });
    expect(intoBacklog(some('queued'), card(9))).toEqual({ does: 'unassign' });
    // To the side that it does not come from.
    expect(intoBacklog(card(7), card(9))).toMatchObject({ does: 'move', after: true });
    const up = intoBacklog(card(9), card(7, { priority: 'urgent' }));
    expect(up).toMatchObject({ does: 'move', after: false });
    expect(backWord(up, card(9))).toBe('before #7, becomes urgent');
    expect(backWord(intoBacklog(card(7), card(7)), card(7))).toBe('stays where it is');
    expect(intoBacklog(card(7), card(9, { state: 'draft' }))).toEqual({ does: 'nothing' });
    expect(backWord(intoBacklog(some('done'), card(9)), some('done'))).toBe('done: it stays where it is');
  });
  it('stands where it was put, and moves past its neighbour by an arrow', () => {
    const card = (id: number, place?: number): Task => ({ ...some('ready'), waiting_for: [], priority: 'normal', id, ...(place === undefined ? {} : { place }) });
    const all = [card(1), card(2), card(3, 1.5 * 2 ** 20)];
    const list = listed(new Map(all.map((task) => [task.id, task])), () => '', { ...BACKLOG });
    expect(list.map((task) => task.id)).toEqual([1, 3, 2]);
    expect(neighbour(list, all[2]!, -1)?.id).toBe(1);
    expect(neighbour(list, all[2]!, 1)?.id).toBe(2);
    expect(neighbour(list, all[0]!, -1)).toBeNull();
  });
  it('is hired for at the empty desk only, by a role whose engine is here', () => {
    const role = night.office.roles['engineer']!;
    expect(hireFor(night, role, 'empty').says).toBe('takes');
    expect(hireFor(night, role, 'Mara')).toMatchObject({ says: 'refuses', why: 'Mara sits there' });
    expect(hireFor(night, { ...role, engines: ['gone'] }, 'empty')).toMatchObject({ says: 'refuses', refusal: { code: 'unavailable' } });
    const name = freeName(night);
    expect([...night.desks.values()].some((desk) => !desk.removed && desk.name === name)).toBe(false);
  });
});

describe('the guide', () => {
  const floor = { kind: 'floor' };
  const only = (...tasks: Task[]): typeof night => ({ ...night, approvals: new Map(), tasks: new Map(tasks.map((task) => [task.id, task])) });
  it('says the next single thing, and nothing once a task was done', () => {
    expect(nextStep(night, floor)).toBeNull();
    expect(nextStep({ ...night, desks: new Map(), tasks: new Map() }, floor)?.step).toBe('hire');
    expect(nextStep(only(), floor)?.step).toBe('write');
    expect(nextStep(only({ ...some('ready'), waiting_for: [] }), floor)?.step).toBe('give');
    expect(nextStep(only(some('running'), some('ready')), floor)?.step).toBe('wait');
    const review = some('in review');
    expect(nextStep(only(review), floor)?.step).toBe('review');
    expect(nextStep(only(review), { kind: 'task', id: review.id })?.step).toBe('accept');
    expect(nextStep(only(some('blocked')), floor)?.step).toBe('answer');
  });
});

describe('the life of a task', () => {
  it('says who did what, with the words that are their own', () => {
    const review = some('in review');
    const events = recorded().pushes.map((push) => push.envelope).filter(({ event }) => event.noun === 'task' && (typeof event.task === 'object' ? event.task.id : event.task) === review.id);
    const lines = lifeOf(night, events);
    const desk = night.desks.get(night.runs.get(review.last_run!)!.desk)!;
    expect(lines.map(({ who, did }) => `${who} ${did}`)).toEqual(expect.arrayContaining(['You wrote it', `You started it at ${desk.name}`, `${desk.name} said it is done`]));
    expect(lines.find((line) => line.did === 'said it is done')?.quote).toBe(review.claim!.summary);
    expect(lines.at(-1)?.state).toBe('in review');
  });
});

describe('an agent that met a limit', () => {
  it('has when that ends on its plate, in hours of here, where it was said', () => {
    const at = '2026-03-02T01:40:00.000Z';
    const hour = `${String(new Date(at).getHours()).padStart(2, '0')}:40`;
    const desk = { ...desksSeen(night)[0]!, state: 'limited' as const };
    expect(plateWords(desk, new Date(at), at)).toBe(`sleeps till ${hour}`);
    expect(plateWords(desk, new Date(at))).toBeNull();
    expect(timed(`hook StopFailure; until ${at}`)).toBe(`hook StopFailure; until ${hour}`);
  });
});

describe('what is said aloud', () => {
  const desk = (id: number, state: DeskView['state']): DeskView => ({ id, name: `desk${id}`, role: 'engineer', state, evidence: 'it says so', since: null, task: null, title: null, queue: [], hold: null });
  it('is at most one message in five seconds, trouble first, and nothing at the first look', () => {
    const speaker = new Speaker();
    expect(speaker.hear([desk(1, 'crashed'), desk(2, 'working')], 0)).toBeNull();
    expect(speaker.hear([desk(1, 'crashed'), desk(2, 'finished')], 1000)).toEqual({ calm: 'desk2 has finished: it says so' });
    expect(speaker.hear([desk(1, 'working'), desk(2, 'stuck')], 2000)).toBeNull();
    expect(speaker.hear([desk(1, 'working'), desk(2, 'stuck')], 7000)).toEqual({ loud: 'desk2 is stuck. it says so' });
    expect(speaker.hear([desk(1, 'working'), desk(2, 'stuck')], 20_000)).toBeNull();
  });
});

describe('a diff side by side', () => {
  it('puts what was removed beside what took its place', () => {
    const [file] = readPatch('diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,4 +1,4 @@\n same\n-old one\n-old two\n+new one\n tail\n');
    expect(pairs(file!.hunks[0]!.lines).map(([left, right]) => [left?.html ?? null, right?.html ?? null])).toEqual([['same', 'same'], ['old one', 'new one'], ['old two', null], ['tail', 'tail']]);
  });
});
