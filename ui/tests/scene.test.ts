// What the floor is told: who sits where, and which one request is said. On the recorded night, with what a test adds.
// Not here: how it is drawn (floor.test.ts).
import { describe, expect, it } from 'vitest';
import { agentsFor, flights, planFor, requestSaid, seatOf } from '../src/app/scene';
import type { Approval, Envelope, Mail } from '../src/bindings';
import { desksSeen, waitsForYou } from '../src/state/select';
import { fromSnapshot } from '../src/state/reduce';
import type { OfficeView } from '../src/state/view';
import { atTheEnd } from './recorded';

const night = (): OfficeView => fromSnapshot(atTheEnd().seq, atTheEnd().nouns);

describe('who sits where', () => {
  it('gives every desk the seat of its number, and the next number an empty desk', () => {
    const view = night();
    const agents = agentsFor(view, desksSeen(view), new Date());
    for (const desk of desksSeen(view)) expect(agents[seatOf(desk.id)]?.name).toBe(desk.name);
    expect(agents[seatOf(view.office.next.desk)]).toEqual({ name: '', state: 'empty' });
  });
  it('moves nobody while the office grows to sixty desks', () => {
    const view = night();
    const first = new Map<number, string>();
    for (let next = view.office.next.desk; next <= 60; next++) {
      const grown: OfficeView = { ...view, office: { ...view.office, next: { ...view.office.next, desk: next } } };
      for (const seat of planFor(grown).seats) {
        const at = `${seat.x} ${seat.y} ${seat.flip}`;
        expect(first.get(seat.id) ?? at, `seat ${seat.id} with ${next} desks`).toBe(at);
        first.set(seat.id, at);
      }
    }
    expect(first.size).toBe(60);
  });
});

describe('the one request that is said', () => {
  const said = (view: OfficeView, chosen: number | null = null) => requestSaid(view, waitsForYou(view), chosen);
  const asking = (id: number, state: Approval['state'] = 'waiting'): Approval => ({
    id, run: 1, desk: 1, task: null, argv: ['git', 'push'], shown: `git push ${id}`, cwd: '/', reason: null, state,
    asked: '2026-01-01T00:00:00Z', answered: null, note: null, exit: null, since: '2026-01-01T00:00:00Z',
  });
  const holding = (...held: Approval[]): OfficeView => ({ ...night(), approvals: new Map(held.map((it) => [it.id, it])) });

  it('is what waited longest for an answer, over the desk that asked', () => {
    const view = night();
    const oldest = waitsForYou(view)[0]!;
    expect(oldest.state).toBe('blocked');
    const it = said(view)!;
    expect(it.say[2]).toBe('waiting for you');
    expect(it.say[0]).toBe(`${view.desks.get(it.desk)!.name} needs you`);
    expect(oldest.why!.startsWith(it.say[1].replace('…', ''))).toBe(true);
  });
  it('is the chosen one where one was chosen, in the colour of what it is', () => {
    const view = night();
    const ready = waitsForYou(view).find((task) => task.state === 'in review')!;
    expect(said(view, ready.id)!.say).toEqual([expect.stringContaining('ready to review'), ready.title, 'finished']);
  });
  it('is a command that is held before anything else, the oldest first, and none that was answered', () => {
    expect(said(holding(asking(2), asking(1)))!.say.slice(1)).toEqual(['git push 1', 'waiting for you']);
    expect(said(holding(asking(1, 'ran'), asking(2)))!.say[1]).toBe('git push 2');
    expect(said(holding(asking(1, 'denied')))!.say[1]).not.toBe('git push 1');
  });
  it('is nothing where nobody waits', () => {
    expect(said({ ...night(), tasks: new Map() })).toBeNull();
  });
});

describe('papers that fly', () => {
  const mail = (id: number, change: Partial<Mail>): Mail => ({
    id, thread: id, answers: null, from: { kind: 'agent', desk: 1, run: 1 }, task: null, to: { kind: 'desk', desk: 2 }, kind: 'message', subject: '', text: '',
    files: [], hops: 0, state: 'queued', sent: '2026-01-01T00:00:00Z', since: '2026-01-01T00:00:00Z', held_by: null, handed: 0, why: null, ...change,
  });
  const sent = (view: OfficeView, ...mails: Mail[]): OfficeView => {
    const last = view.recent.at(-1) ?? ({ seq: view.seq, at: '2026-01-01T00:00:00Z', actor: { kind: 'owner' }, cause: 'c' } as unknown as Envelope);
    const recent = mails.map((it, n): Envelope => ({ ...last, seq: view.seq + n + 1, event: { noun: 'mail', type: 'sent', mail: it } }));
    return { ...view, seq: view.seq + mails.length, recent: [...view.recent, ...recent], mails: new Map(mails.map((it) => [it.id, it])) };
  };
  it('fly between desks, once, and lie in the tray until they are read', () => {
    const view = night();
    const after = sent(view, mail(1, {}), mail(2, { from: { kind: 'owner' } }), mail(3, { to: { kind: 'owner' } }), mail(4, { state: 'bounced' }));
    expect(flights(after, view.seq)).toEqual([{ from: seatOf(1), to: seatOf(2) }]);
    expect(flights(after, after.seq)).toEqual([]);
    const tray = (view: OfficeView): number => agentsFor(view, desksSeen(view), new Date())[seatOf(2)]!.mail!;
    expect(tray(after) - tray(view)).toBe(2);
    expect(tray(sent(view, mail(1, { state: 'read' }))) - tray(view)).toBe(0);
  });
});
