// A recorded office, event by event: what the window makes of the pushes is what the office itself was in the end.
// tests/tests/golden.rs holds the same files against the core. Not here: what is read out of the view.
import { describe, expect, it } from 'vitest';
import type { Answer, Ask } from '../src/bindings';
import { Replay } from '../src/host/replay';
import { fromSnapshot, nounsOf, reduce, type Pushed } from '../src/state/reduce';
import { BACKLOG, listed } from '../src/state/listing';
import { desksSeen, waitsForYou } from '../src/state/select';
import { Sync } from '../src/state/sync';
import { moments } from '../src/state/words';
import { atTheEnd, recorded } from './recorded';

const whole = () => {
  const { snapshot, pushes } = recorded();
  return reduce(fromSnapshot(snapshot.seq, snapshot.nouns), pushes);
};

describe('the golden log', () => {
  it('comes to the same nouns as the office', () => {
    const { view, gap } = whole();
    expect(gap).toBe(false);
    expect(view.seq).toBe(atTheEnd().seq);
    expect(nounsOf(view)).toEqual(atTheEnd().nouns);
  });
  it('comes to the same one by one as in one batch', () => {
    const { snapshot, pushes } = recorded();
    let view = fromSnapshot(snapshot.seq, snapshot.nouns);
    for (const push of pushes) view = reduce(view, [push]).view;
    expect(nounsOf(view)).toEqual(atTheEnd().nouns);
  });
  it('needs the office itself only when one of its own facts changed', () => {
    const { snapshot, pushes } = recorded();
    const facts = ['opened', 'settings_changed', 'catalog_read', 'stopped', 'resumed'];
    const tells = (push: Pushed): boolean => push.envelope.event.noun === 'office' && facts.includes(push.envelope.event.type);
    const spare = pushes.map((push) => (tells(push) ? push : { ...push, nouns: push.nouns.filter((noun) => noun.noun !== 'office') }));
    expect(nounsOf(reduce(fromSnapshot(snapshot.seq, snapshot.nouns), spare).view)).toEqual(atTheEnd().nouns);
  });
  it('goes on over what a newer office tells', () => {
    const { snapshot, pushes } = recorded();
    const at = 20;
    const { envelope } = pushes[at]!;
    const newer = { envelope: { ...envelope, event: { noun: 'pet', type: 'fed', pet: 3 } }, nouns: [...pushes[at]!.nouns, { noun: 'pet', id: 3 }] } as unknown as Pushed;
    const { view, gap } = reduce(fromSnapshot(snapshot.seq, snapshot.nouns), pushes.with(at, newer));
    expect(gap).toBe(false);
    expect(nounsOf(view)).toEqual(atTheEnd().nouns);
    expect(moments(view).length).toBeGreaterThan(0);
  });
  it('keeps all open mail and lets go of what was closed long ago', () => {
    const { snapshot, pushes: known } = recorded();
    const mail = (id: number, state: 'queued' | 'acted'): Pushed => {
      const { envelope } = known[0]!;
      const at = '2026-01-01T00:00:00Z';
      const it = { id, thread: id, answers: null, from: { kind: 'owner' as const }, task: null, to: { kind: 'desk' as const, desk: 1 }, kind: 'message' as const, subject: 's', text: '', files: [], hops: 0, state, sent: at, since: at, held_by: null, handed: 0, why: null };
      return { envelope: { ...envelope, seq: snapshot.seq + id }, nouns: [{ noun: 'mail', ...it }] };
    };
    const pushes = Array.from({ length: 2000 }, (_, n) => mail(n + 1, n % 100 === 0 ? 'queued' : 'acted'));
    const { view } = reduce(fromSnapshot(snapshot.seq, snapshot.nouns), pushes);
    const states = [...view.mails.values()].map((it) => it.state);
    expect(states.filter((state) => state === 'queued').length).toBe(20);
    expect(states.filter((state) => state === 'acted').length).toBe(256);
    expect(view.mails.has(2000)).toBe(true);
  });
  it('sees desks and lists as the office does', () => {
    const { view } = whole();
    const status = recorded().answers.find((kept) => kept.ask.ask === 'status')!.answer;
    if (status.kind !== 'status') throw new Error('no status was recorded');
    expect(desksSeen(view)).toEqual(status.value.desks);
    expect(new Set(waitsForYou(view).map((task) => task.id))).toEqual(new Set(status.value.waits_for_you.map((line) => line.id)));
    expect(new Set(listed(view.tasks, () => '', BACKLOG).map((task) => task.id))).toEqual(new Set(status.value.backlog.map((line) => line.id)));
  });
});

describe('order', () => {
  it('passes over what it knows, in any batch', () => {
    const { snapshot, pushes } = recorded();
    const start = fromSnapshot(snapshot.seq, snapshot.nouns);
    const once = reduce(start, pushes.slice(0, 40)).view;
    const twice = reduce(once, pushes.slice(20, 60));
    expect(twice.gap).toBe(false);
    expect(nounsOf(twice.view)).toEqual(nounsOf(reduce(start, pushes.slice(0, 60)).view));
  });
  it('stops before a gap and says so', () => {
    const { snapshot, pushes } = recorded();
    const start = fromSnapshot(snapshot.seq, snapshot.nouns);
    const cut = reduce(start, [...pushes.slice(0, 10), ...pushes.slice(11, 30)]);
    expect(cut.gap).toBe(true);
    expect(nounsOf(cut.view)).toEqual(nounsOf(reduce(start, pushes.slice(0, 10)).view));
  });
  it('never changes a view that somebody holds', () => {
    const { snapshot, pushes } = recorded();
    const before = reduce(fromSnapshot(snapshot.seq, snapshot.nouns), pushes.slice(0, 30)).view;
    const kept = JSON.stringify(nounsOf(before));
    reduce(before, pushes.slice(30));
    expect(JSON.stringify(nounsOf(before))).toBe(kept);
  });
});

describe('sync', () => {
  const settle = () => new Promise((done) => setTimeout(done, 0));
  it('follows from the middle of the night to its end, and asks for one snapshot only', async () => {
    const host = new Replay(recorded(), 50);
    const sync = new Sync(host, () => {});
    await sync.start();
    while (host.left > 0) {
      host.play(7);
      sync.take();
    }
    expect(nounsOf(sync.view)).toEqual(atTheEnd().nouns);
    expect(host.asked.filter((ask) => ask.ask === 'snapshot')).toHaveLength(1);
    expect(sync.view.recent.length).toBe(sync.view.seq - recorded().snapshot.seq);
  });
  it('asks for a snapshot after a gap, and is right again', async () => {
    const host = new Replay(recorded(), 50);
    let dropped = 3;
    const source = {
      ask: host.ask.bind(host),
      listen: (each: Parameters<Replay['listen']>[0]) => host.listen((push) => (dropped-- > 0 ? undefined : each(push))),
    };
    let woken = 0;
    const sync = new Sync(source, () => woken++);
    await sync.start();
    host.play(10);
    sync.take();
    await settle();
    host.play(1000);
    expect(sync.take()).toBe(true);
    expect(nounsOf(sync.view)).toEqual(atTheEnd().nouns);
    expect(host.asked.filter((ask) => ask.ask === 'snapshot')).toHaveLength(2);
    expect(woken).toBeGreaterThan(1);
  });
  it('begins without what happened before where that cannot be told', async () => {
    const host = new Replay(recorded(), 50);
    const source = { listen: host.listen.bind(host), ask: (ask: Ask) => (ask.ask === 'events' ? Promise.reject(new Error('it does not read')) : host.ask(ask)) };
    const sync = new Sync(source, () => {});
    await sync.start();
    expect([sync.behind, sync.view.seq > 0, sync.view.recent]).toEqual([false, true, []]);
  });
  it('begins once more when the office was lost and found while it began', async () => {
    const host = new Replay(recorded(), 50);
    let lost = true;
    let hang: (() => void) | undefined;
    const source = {
      listen: host.listen.bind(host),
      // The first office takes the question and is gone before it answers.
      ask: (ask: Ask) => (lost ? new Promise<Answer>((_, fail) => (hang = () => fail(new Error('the connection was lost')))) : host.ask(ask)),
    };
    const sync = new Sync(source, () => {});
    const first = sync.start();
    lost = false;
    const second = sync.start();
    hang?.();
    await Promise.all([first, second]);
    host.play(1000);
    sync.take();
    expect(nounsOf(sync.view)).toEqual(atTheEnd().nouns);
    expect(sync.behind).toBe(false);
  });
  it('is behind after it failed, without trying again at every turn, and mends when it is asked', async () => {
    const host = new Replay(recorded(), 50);
    let well = false;
    let asked = 0;
    const source = {
      listen: host.listen.bind(host),
      ask: (ask: Ask) => (asked++, well ? host.ask(ask) : Promise.reject(new Error('the disk is full'))),
    };
    let woken = 0;
    const sync = new Sync(source, () => woken++);
    await expect(sync.start()).rejects.toThrow('the disk is full');
    expect([sync.behind, asked, woken]).toEqual([true, 1, 0]);
    well = true;
    sync.take();
    await settle();
    host.play(1000);
    sync.take();
    expect(nounsOf(sync.view)).toEqual(atTheEnd().nouns);
    expect(sync.behind).toBe(false);
  });
});
