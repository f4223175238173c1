// The rules of the floor that must never break: projection, order, seats, hit areas, looks, labels, rest.
// Not here: pixels.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RECIPES } from '../src/floor/art/recipes';
import { drawScene } from '../src/floor/model/draw';
import { hitSeat, hitThing, insideSeat } from '../src/floor/model/hit';
import { fit, Frame, iso, overlaps, toScreen, uniso, type View } from '../src/floor/model/iso';
import { layoutLabels } from '../src/floor/model/labels';
import { badgeRadius, drawOverlay, headPos } from '../src/floor/model/overlay';
import { light } from '../src/floor/model/light';
import { DrawList } from '../src/floor/model/list';
import { look, lookTag } from '../src/floor/model/look';
import { growth, makePlan } from '../src/floor/model/plan';
import { STATES, type State } from '../src/floor/model/state';
import { rowsOf } from '../src/floor/model/term';
import { World, type Agent } from '../src/floor/model/world';
import { Packer } from '../src/floor/render/packer';
import { FloorTicker } from '../src/floor/render/ticker';

const ALL = Object.keys(STATES) as State[];
const agents = (n: number): Agent[] => Array.from({ length: n }, (_, i) => ({ name: `agent ${i}`, state: ALL[i % ALL.length]! }));
const world = (n: number): World => new World(makePlan(n), agents(n), { name: 'Iris' });
const view = (n: number): View => {
  const p = makePlan(n);
  return fit({ x: 264, y: 84, w: 870, h: 700 }, p.w, p.d, p.h, 1440, 900);
};
const measure = (s: string, size: number): number => s.length * size * 0.56;

describe('iso', () => {
  it('round trips every tile', () => {
    for (let x = -5; x < 40; x += 1.7)
      for (let y = -5; y < 40; y += 1.3) {
        const [a, b] = uniso(...iso(x, y));
        expect(a).toBeCloseTo(x, 9);
        expect(b).toBeCloseTo(y, 9);
      }
  });
  it('flip is a mirror image', () => {
    const a = new Frame(0, 0).p(1.2, 0.4, 7);
    const b = new Frame(0, 0, true).p(1.2, 0.4, 7);
    expect(b[0]).toBeCloseTo(-a[0]);
    expect(b[1]).toBeCloseTo(a[1]);
  });
});

describe('plan', () => {
  it.each([1, 8, 9, 20, 60, 61, 200])('seats exactly %i without sharing floor', (n) => {
    const p = makePlan(n);
    expect(p.seats).toHaveLength(n);
    const foot = p.seats.map((s) => (s.flip ? { x: s.x, y: s.y, w: 2.0, h: 2.04 } : { x: s.x, y: s.y, w: 2.04, h: 2.0 }));
    foot.forEach((a, i) => {
      expect(a.x).toBeGreaterThanOrEqual(0);
      expect(a.x + a.w).toBeLessThanOrEqual(p.w);
      expect(a.y + a.h).toBeLessThanOrEqual(p.d);
      foot.forEach((b, j) => i < j && expect(overlaps(a, b), `${i} and ${j}`).toBe(false));
    });
  });
  it('keeps every seat where it is as the room grows, one desk at a time, to 200', () => {
    expect(growth(8)).toEqual({ cols: 0, rows: 0 });
    const all = makePlan(200).seats;
    for (let n = 1; n < 200; n++) expect(makePlan(n).seats, `${n} desks`).toEqual(all.slice(0, n));
  });
  it('grows about as wide as deep', () => {
    for (const n of [20, 60, 200]) {
      const p = makePlan(n);
      expect(Math.abs(p.w - p.d) / (p.w + p.d)).toBeLessThan(0.15);
    }
  });
  it('never puts an aisle, a plant or a lamp where a desk stands', () => {
    for (const n of [9, 13, 27, 60, 120]) {
      const p = makePlan(n);
      for (const s of p.seats.slice(8))
        for (const i of p.items) {
          const inside = i.x > s.x + 0.1 && i.x < s.x + 1.9 && i.y > s.y + 0.1 && i.y < s.y + 1.9;
          expect(inside, `${i.key} on seat ${s.id} of ${n}`).toBe(false);
        }
    }
  });
  it('has a total and stable depth order', () => {
    const a = makePlan(60).order;
    const b = makePlan(60).order;
    expect(a.map((o) => [o.k, o.n])).toEqual(b.map((o) => [o.k, o.n]));
    for (let i = 1; i < a.length; i++) expect(a[i]!.k > a[i - 1]!.k || (a[i]!.k === a[i - 1]!.k && a[i]!.n > a[i - 1]!.n)).toBe(true);
    expect(new Set(a.map((o) => o.n)).size).toBe(a.length);
  });
  it('puts a desk in front of the desk behind it', () => {
    const p = makePlan(60);
    const rank = new Map(p.order.map((o, i) => [o.seat?.id ?? -1, i]));
    for (const s of p.seats)
      for (const t of p.seats) if (t.x >= s.x + 2.1 && t.y >= s.y + 2.1) expect(rank.get(t.id)!).toBeGreaterThan(rank.get(s.id)!);
  });
});

describe('every state', () => {
  it('has a posture, a screen, a badge and a word of its own', () => {
    const seated = ALL.filter((s) => STATES[s].pose !== 'none');
    expect(new Set(seated.map((s) => STATES[s].pose)).size).toBe(seated.length);
    const lit = ALL.filter((s) => STATES[s].screen !== 'live' && STATES[s].screen !== 'black');
    expect(new Set(lit.map((s) => STATES[s].screen)).size).toBe(lit.length);
    expect(new Set(ALL.map((s) => STATES[s].label)).size).toBe(ALL.length);
  });
  it.each(ALL)('%s is drawn from recipes that exist, all inside the depth of its desk', (state) => {
    const w = new World(makePlan(8), [{ name: 'Ada', state }], null);
    const l = new DrawList();
    drawScene(l, w, light(1.2), view(8));
    const unit = l.items.slice(0, l.n).filter((i) => i.z === w.plan.order.find((o) => o.seat?.id === 0)!.k);
    expect(unit.length).toBeGreaterThan(0);
    for (const i of unit) expect(i.screen >= 0 || RECIPES[i.key.split('|')[0]!], i.key).toBeTruthy();
    expect(unit.map((i) => i.key)).toMatchSnapshot();
  });
});

describe('hit', () => {
  it.each([8, 60])('finds each of %i desks at its own desk top', (n) => {
    const p = makePlan(n);
    const v = view(n);
    for (const s of p.seats) expect(hitSeat(p, v, toScreen(v, new Frame(s.x, s.y, s.flip).p(1, 1.2)))?.id).toBe(s.id);
  });
  it('finds the whiteboard and the cabinets where they are drawn, and nothing between', () => {
    const p = makePlan(60);
    const v = view(60);
    for (const a of p.boards) expect(hitThing(p, v, toScreen(v, iso(0, a + 1.1, 80)))).toBe('board');
    expect(hitThing(p, v, toScreen(v, iso(10.7, 0.6, 25)))).toBe('cabinets');
    expect(hitThing(p, v, toScreen(v, iso(6, 6)))).toBeNull();
    expect(hitThing(p, v, toScreen(v, iso(0, 2, 80)))).toBeNull();
  });
  it('misses the empty aisle and the outside', () => {
    const p = makePlan(8);
    expect(hitSeat(p, view(8), [5, 5])).toBeNull();
    expect(insideSeat(p.seats[0]!, 30, 30)).toBe(false);
  });
});

describe('people', () => {
  it('look is stable across runs and machines', () => {
    expect(look('Mara')).toEqual(look('Mara'));
    expect(['Mara', 'Otto', 'agent 7'].map((n) => lookTag(look(n)))).toMatchSnapshot();
  });
  it('neighbours do not look alike', () => {
    const d = world(60).desks;
    for (let i = 1; i < d.length; i++) expect(d[i]!.look.style === d[i - 1]!.look.style && d[i]!.look.top === d[i - 1]!.look.top).toBe(false);
  });
  it('one person per seat', () => {
    const w = world(60);
    expect(new Set(w.desks.map((d) => d.seat.id)).size).toBe(60);
  });
});

describe('labels', () => {
  it.each([8, 60])('no two of %i desks overlap', (n) => {
    const w = world(n);
    const boxes = layoutLabels(w, light(1.2), view(n), measure).filter((b) => b.shown);
    boxes.forEach((a, i) => boxes.forEach((b, j) => i < j && expect(overlaps(a, b), `${a.key} / ${b.key}`).toBe(false)));
    expect(boxes.length).toBeGreaterThan(n === 8 ? 8 : 12);
  });
  it('none overlaps at twice the size of text, and each is as large as what is printed on it', () => {
    const w = world(8);
    w.reading(2, false);
    const boxes = layoutLabels(w, light(1.2), view(8), measure).filter((b) => b.shown);
    boxes.forEach((a, i) => boxes.forEach((b, j) => i < j && expect(overlaps(a, b), `${a.key} / ${b.key}`).toBe(false)));
    expect(boxes.every((b) => b.h === 42)).toBe(true);
  });
  it.each([8, 11, 16])('no plate of %i desks covers what a badge says', (n) => {
    const w = world(n);
    const v = fit({ x: 264, y: 84, w: 870, h: 700 }, w.plan.w, w.plan.d, w.plan.h, 1440, 900);
    const r = badgeRadius(v);
    const badges = w.desks.filter((d) => d.state !== 'empty' && !d.bare).map((d) => headPos(d, v)).map(([x, y]) => ({ x: x - r, y: y - 2 * r, w: 2 * r, h: 2 * r }));
    const plates = layoutLabels(w, light(1.2), v, measure).filter((b) => b.shown && !b.bubble);
    expect(badges.length).toBeGreaterThan(6);
    expect(plates.filter((p) => badges.some((b) => overlaps(p, b))).map((p) => p.key)).toEqual([]);
  });
  it('a bubble reaches to the side where no panel lies', () => {
    const say = ['a needs you', 'and says so in many words, so that it is long', 'waiting for you'] as const;
    const plan = makePlan(8);
    const right = plan.seats.reduce((a, b) => (b.x - b.y > a.x - a.y ? b : a)).id;
    const w = new World(plan, plan.seats.map(({ id }) => ({ name: `a${id}`, state: 'idle' as const, say: id === right ? say : undefined })), null);
    const free = { x: 20, y: 84, w: 560, h: 700 };
    const v = fit(free, w.plan.w, w.plan.d, w.plan.h, 1440, 900);
    const [said] = layoutLabels(w, light(1.2), v, measure).filter((b) => b.bubble);
    expect(said!.x + said!.w).toBeLessThanOrEqual(free.x + free.w);
    const [wide] = layoutLabels(w, light(1.2), { ...v, free: { ...free, w: 2000 } }, measure).filter((b) => b.bubble);
    expect(wide!.x).toBeGreaterThan(said!.x);
    expect([said!.ax, said!.ay]).toEqual([wide!.ax, wide!.ay]);
  });
  it('one request is said at a time, in the colour of what it asks', () => {
    const w = new World(makePlan(8), [0, 1].map((i) => ({ name: `a${i}`, state: 'idle' as const, say: ['a needs you', 'a | b', 'waiting for you'] as const })), null);
    const said = layoutLabels(w, light(1.2), view(8), measure).filter((b) => b.bubble);
    expect(said.map((b) => b.key)).toEqual(['bubble|waiting for you|a needs you|a / b|-24']);
  });
  it('who waits or is stuck keeps a plate at 60', () => {
    const w = world(60);
    const shown = new Set(
      layoutLabels(w, light(1.2), view(60), measure)
        .filter((b) => b.shown)
        .map((b) => b.desk),
    );
    const loud = w.desks.filter((d) => STATES[d.state].loud >= 2);
    expect(loud.filter((d) => shown.has(d.id)).length / loud.length).toBeGreaterThan(0.9);
  });
});

describe('world', () => {
  it('comes to rest 10 s after the last event and wakes again', () => {
    const w = world(8);
    const v = view(8);
    for (const d of w.desks) d.dirty = false;
    for (let t = 0; t < 10.2; t += 0.1) w.step(0.1, v);
    expect(w.step(0.1, v)).toBe(false);
    expect(w.busy).toBe(false);
    w.setState(0, 'stuck');
    expect(w.step(0.1, v)).toBe(true);
  });
  it('a print asks for one screen refresh, at most 8 a second, and does not wake the floor', () => {
    const w = new World(makePlan(8), Array.from({ length: 8 }, (_, i) => ({ name: `agent ${i}`, state: 'working' as const })), null);
    const v = view(8);
    w.rest();
    w.step(0.1, v);
    for (const d of w.desks) d.dirty = false;
    const picture = { version: 1, scrolled: 1, rows: rowsOf('$ cargo test') };
    expect(w.picture(2, picture)).toBe(true);
    expect(w.awake).toBe(false);
    expect(w.due(w.desks[2]!, v)).toBe(true);
    w.desks[2]!.shown = w.clock;
    w.step(0.05, v);
    expect(w.due(w.desks[2]!, v)).toBe(false);
    w.step(0.1, v);
    expect(w.due(w.desks[2]!, v)).toBe(true);
    w.desks[2]!.dirty = false;
    expect(w.picture(2, picture), 'the same version again').toBe(false);
    expect(w.busy).toBe(false);
  });
  it('a desk that is off the screen is asked for its picture once a second', () => {
    const w = new World(makePlan(8), [{ name: 'Ada', state: 'working' }], null);
    const away = { ...view(8), cx: -9000 };
    w.desks[0]!.shown = w.clock;
    w.picture(0, { version: 1, scrolled: 0, rows: [] });
    w.step(0.5, away);
    expect(w.due(w.desks[0]!, away)).toBe(false);
    w.step(0.6, away);
    expect(w.due(w.desks[0]!, away)).toBe(true);
  });
  it('a desk whose state has a screen of its own shows that one, and its terminal again when the state is over', () => {
    const w = new World(makePlan(8), [{ name: 'Ada', state: 'waiting for you' }], null);
    w.desks[0]!.dirty = false;
    expect(w.picture(0, { version: 1, scrolled: 3, rows: rowsOf('$ ls') })).toBe(false);
    expect(w.desks[0]!.dirty).toBe(false);
    w.setState(0, 'working');
    expect(w.desks[0]!.dirty).toBe(true);
    expect(w.desks[0]!.rows).toHaveLength(1);
    w.blank(0);
    expect(w.desks[0]!.rows, 'nothing is shown that no terminal printed').toEqual([]);
  });
  it('on battery nothing moves for its own sake, but a change is shown', () => {
    const w = world(8);
    w.frugal = true;
    for (const d of w.desks) d.dirty = false;
    w.step(0.1, view(8));
    expect(w.step(0.1, view(8))).toBe(false);
    w.setState(0, 'stuck');
    expect(w.step(0.1, view(8))).toBe(true);
  });
  it('the clock on the wall moves by the minute and wakes nothing', () => {
    const w = world(8);
    w.rest();
    w.step(1, view(8));
    w.tell(61);
    expect(w.awake).toBe(false);
    expect(w.step(0.1, view(8))).toBe(true);
    const l = new DrawList();
    drawScene(l, w, light(7), view(8));
    expect(l.items.slice(0, l.n).map((i) => i.key)).toContain('hands|61');
  });
  it('mail flies, lands and is gone, and then nothing moves for it any more', () => {
    const w = world(8);
    w.rest();
    for (const d of w.desks) d.dirty = false;
    w.mail(0, 3);
    expect(w.busy).toBe(true);
    const l = new DrawList();
    drawOverlay(l, w, light(1), view(8), []);
    expect(l.items.slice(0, l.n).map((i) => i.key)).toContain('plane|n');
    for (let t = 0; t < 4; t += 0.1) w.step(0.1, view(8));
    expect(w.planes).toHaveLength(0);
    for (let t = 0; t < 12; t += 0.1) w.step(0.1, view(8));
    expect(w.step(0.1, view(8)) || w.busy).toBe(false);
  });
  it('a flood of mail is no flood of papers, and where nothing is to move none flies', () => {
    const w = world(8);
    for (let i = 0; i < 50; i++) w.mail(i % 8, (i + 1) % 8);
    expect(w.planes.length).toBeLessThanOrEqual(12);
    for (const still of ['reducedMotion', 'frugal'] as const) {
      const calm = world(8);
      calm[still] = true;
      calm.mail(0, 3);
      expect(calm.planes).toEqual([]);
    }
  });
});

describe('the whiteboard', () => {
  const notes = (w: World): string[] => {
    const list = new DrawList();
    drawScene(list, w, light(12), view(8));
    return list.items.slice(0, list.n).flatMap(({ key }) => (key.startsWith('notes') ? [key] : []));
  };
  it('has a note for each task it has room for, and for more of them nothing is drawn again', () => {
    const w = world(8);
    w.rest();
    for (const d of w.desks) d.dirty = false;
    expect(notes(w)).toEqual([]);
    w.count(2, 1, 0);
    expect(w.step(0.03, view(8))).toBe(true);
    expect(notes(w)).toEqual(w.plan.boards.map(() => 'notes|2|1|0'));
    w.count(5000, 30, 400);
    expect(w.step(0.03, view(8))).toBe(true);
    expect(notes(w)[0]).toBe('notes|4|3|2');
    w.count(5001, 31, 401);
    expect(w.step(0.03, view(8))).toBe(false);
  });
});

describe('the ticker', () => {
  let now = 0;
  beforeEach(() => {
    vi.useFakeTimers();
    now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    vi.stubGlobal('window', globalThis);
    vi.stubGlobal('document', { hidden: false, addEventListener: () => {}, removeEventListener: () => {} });
    vi.stubGlobal('requestAnimationFrame', (each: (at: number) => void) => setTimeout(() => each(now), 16));
    vi.stubGlobal('cancelAnimationFrame', clearTimeout);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });
  const pass = (ms: number): void => {
    for (let end = now + ms; now < end; now++) vi.advanceTimersByTime(1);
  };
  const ticking = (next: () => number | null): { ticker: FloorTicker; seen: number[] } => {
    const seen: number[] = [];
    return { ticker: new FloorTicker({ tick: (dt) => (seen.push(dt), next()) }), seen };
  };

  it('lets the time between few frames pass too', () => {
    const { ticker, seen } = ticking(() => 100);
    ticker.poke();
    pass(3000);
    expect(seen.length).toBeLessThanOrEqual(31);
    expect(seen.reduce((sum, dt) => sum + dt, 0)).toBeGreaterThan(2.8);
    ticker.destroy();
    expect(vi.getTimerCount()).toBe(0);
  });
  it('asks for no frame in a rest, and begins with a small step after it', () => {
    const { ticker, seen } = ticking(() => null);
    ticker.poke();
    pass(1000);
    expect(seen.length).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
    ticker.poke();
    pass(100);
    expect(seen.length).toBe(2);
    expect(seen[1]).toBeLessThan(0.06);
  });
  it('draws what only prints no oftener than it is asked to, and anything else at once', () => {
    const { ticker, seen } = ticking(() => null);
    for (let n = 0; n < 100; n++) {
      ticker.poke(100);
      pass(10);
    }
    expect(seen.length).toBeGreaterThan(6);
    expect(seen.length).toBeLessThanOrEqual(10);
    const before = seen.length;
    ticker.poke(100);
    ticker.poke();
    pass(50);
    expect(seen.length).toBe(before + 1);
  });
});

describe('a terminal in miniature', () => {
  it('is words as runs, in the colours the program set, without its control sequences', () => {
    const rows = rowsOf('$ make\r\n\x1b[31mboom\x1b[0m at src/a.ts\r\n\x1b]0;a title\x07\x1b[2Kall ok\n');
    expect(rows).toHaveLength(3);
    expect(rows[1]!.map((r) => r.ink.toString(16))).toEqual(['ff9db0', 'cfd8ff', '8fb8ff']);
    expect(rows[2]!.map((r) => [r.at, r.len])).toEqual([
      [0, 3],
      [4, 2],
    ]);
  });
  it('keeps the last rows only, and no run leaves the screen', () => {
    const rows = rowsOf(Array.from({ length: 500 }, (_, i) => `line ${i} ${'x'.repeat(200)}`).join('\n'));
    expect(rows).toHaveLength(12);
    for (const r of rows.flat()) expect(r.at + r.len).toBeLessThanOrEqual(64);
  });
});

describe('the room as it grows and empties', () => {
  const state = (s: State, name = 'Ada'): Agent => ({ name, state: s });
  it('shows who came, who left and what changed, and moves nobody', () => {
    const w = new World(makePlan(8), [state('working'), null], null);
    expect(w.desks.map((d) => d.bare)).toEqual([false, true, true, true, true, true, true, true]);
    const at = { ...w.desks[0]!.seat };
    w.show([state('stuck'), state('idle', 'Bo')], makePlan(20));
    expect(w.desks).toHaveLength(20);
    expect(w.desks[0]!.seat).toEqual(at);
    expect([w.desks[0]!.state, w.desks[0]!.from, w.desks[1]!.name]).toEqual(['stuck', 'working', 'Bo']);
    w.show([null, state('idle', 'Bo')], w.plan);
    expect(w.desks[0]!.bare).toBe(true);
  });
  it('a minute that passed changes a word and wakes nothing', () => {
    const w = new World(makePlan(8), [{ ...state('stuck'), sub: 'stuck 3 min' }], null);
    w.rest();
    w.show([{ ...state('stuck'), sub: 'stuck 4 min' }]);
    expect(w.desks[0]!.sub).toBe('stuck 4 min');
    expect(w.awake).toBe(false);
  });
  it('the same again changes nothing', () => {
    const agents = [{ ...state('waiting for you'), say: ['Ada needs you', 'ls', 'waiting for you'] as const, sub: 'waits' }, state('idle', 'Bo')];
    const w = new World(makePlan(8), agents, null);
    w.show(agents);
    const { version } = w;
    w.show(agents);
    expect(w.version).toBe(version);
  });
});

describe('the page of textures', () => {
  it('leaves a free edge at the right and below each picture, so that no neighbour shows when it is stretched', () => {
    const p = new Packer(256);
    const at = [7, 8, 15, 16, 40].map((n) => ({ n, slot: p.alloc(`k${n}`, n, n + 1, 1)!.slot }));
    for (const { n, slot } of at) {
      expect(slot.w).toBeGreaterThan(n);
      expect(slot.h).toBeGreaterThan(n + 1);
    }
    at.forEach(({ slot: a }, i) => at.forEach(({ slot: b }, j) => i < j && expect(overlaps(a, b)).toBe(false)));
  });
  it('gives the place of what was used longest ago to the next of its size, and never one of this frame', () => {
    const p = new Packer(32);
    const first = [1, 2, 3, 4].map((n) => p.alloc(`k${n}`, 12, 12, n)!.slot);
    expect(new Set(first.map((s) => `${s.x} ${s.y}`)).size).toBe(4);
    expect(p.alloc('k5', 12, 12, 5)).toEqual({ slot: first[0], evicted: 'k1' });
    for (const s of first) s.used = 6;
    expect(p.alloc('k6', 12, 12, 6)).toBeNull();
  });
});

describe('draw list', () => {
  it('is back to front and the same every time', () => {
    const make = (): string[] => {
      const l = new DrawList();
      const w = world(8);
      drawScene(l, w, light(1.2), view(8));
      for (let i = 1; i < l.n; i++) expect(l.items[i]!.z).toBeGreaterThanOrEqual(l.items[i - 1]!.z);
      drawOverlay(l, w, light(1.2), view(8), layoutLabels(w, light(1.2), view(8), measure));
      return l.items.slice(0, l.n).map((i) => `${i.key} ${i.x.toFixed(1)} ${i.y.toFixed(1)} ${i.z} ${i.layer} ${i.frame}`);
    };
    expect(make()).toEqual(make());
    expect(make()).toMatchSnapshot();
  });
  it('light is continuous over the day', () => {
    for (let h = 0; h < 24; h += 0.05) expect(Math.abs(light(h).lamp - light(h + 0.05).lamp)).toBeLessThan(0.1);
  });
});
