// One desk unit as quads, in painting order: desk and monitor, screen, lamp, objects, signals, person.
// Furniture sprites are shared by all desks; only body, head and arms belong to one person.
// Not here: depth between units (the plan's order) and the overlay.
import { Frame, iso } from './iso';
import type { Light } from './light';
import { steam } from './draw';
import type { DrawList } from './list';
import { asks, STATES, type Pose } from './state';
import { MOTION } from './tokens';
import { clamp, type Pt } from './numbers';
import type { Desk, World } from './world';

export const SEAT: Pt = [0.72, 1.5];
export const DESK_Z = 27;
/** Screen plane: width and height in px at zoom 1, and where its lower left corner is. */
export const SCREEN = { w: 1.32 * 32 - 3.2, h: 38 - 4.2, x: 0.52, y: 0.32, z: DESK_Z + 6, wt: 1.32 } as const;

export function screenOrigin(f: Frame): Pt {
  const o = f.flip ? f.p(SCREEN.x + SCREEN.wt, SCREEN.y, SCREEN.z) : f.p(SCREEN.x, SCREEN.y, SCREEN.z);
  const s = f.flip ? -1 : 1;
  return [o[0] + 1.6, o[1] + 0.8 * s - 2.2];
}

export function drawDesk(list: DrawList, d: Desk, world: World, L: Light, k: number): void {
  if (d.bare) return;
  const t = world.anim;
  const s = d.seat;
  const f = new Frame(s.x, s.y, s.flip);
  const fl = s.flip ? 1 : 0;
  const sg = s.flip ? -1 : 1;
  const [x, y] = iso(s.x, s.y);
  const at = (key: string, lx: number, ly: number, lz = DESK_Z) => list.add(key, ...f.p(lx, ly, lz), k);
  if (d.state === 'empty') {
    list.add(`hire|${fl}`, x, y, k);
    return;
  }
  const st = STATES[d.state];
  list.add(`desk|${fl}`, x, y, k);
  const o = screenOrigin(f);
  const live = st.screen === 'live';
  const scr = list.add(live ? 'screen' : `scr|${st.screen}`, o[0], o[1], k);
  scr.b = 0.5 * sg;
  scr.snap = false;
  if (live) scr.screen = d.id;
  scr.glow = st.screen === 'dim' ? 0.8 : 1;
  // The lamp of a thinking agent breathes slowly; red lamps stay steady.
  const on = d.state === 'thinking' ? st.lamp + 0.15 * Math.sin(t * 2) : st.lamp;
  const lamp = at(`lamp|${fl}|${st.lampTone}`, 0.2, 0.3);
  lamp.glow = on * Math.max(0.15, L.lamp);
  list.add(`kit|${fl}`, x, y, k);
  list.add(`tray|${fl}|${Math.min(4, d.mail)}`, x, y, k);
  if (d.state !== 'idle' && d.state !== 'starting' && d.state !== 'off') {
    const m = at(`mug|${d.look.acc}`, 0.16, 0.74);
    if (d.state === 'working' && world.awake) steam(list, m.x, m.y - 8, t + d.seed, k, 0.5);
  }
  if (d.prop) list.add(`prop|${fl}|${d.prop}`, x, y, k);
  if (d.state === 'finished') list.add(`stack|${fl}`, x, y, k);
  if (asks(d.state)) beacon(list, f, t, k, world.reducedMotion, d.state === 'waiting for you');
  if (st.lampTone === 'red') trouble(list, f, t, k, d.state === 'crashed' || world.reducedMotion);
  const [px, py] = f.p(...SEAT);
  if (st.pose === 'none') {
    list.add(`chair|${d.look.chair ?? ''}`, px, py, k).a = sg;
    return;
  }
  // State change: the new posture fades in and lands from a 4 px hop.
  const u = world.reducedMotion ? 1 : clamp((world.clock - d.changed) / MOTION.stateChange);
  const hop = u < 1 ? 4 * (1 - u) * (1 - u) : 0;
  if (u < 1 && d.from !== 'empty' && STATES[d.from].pose !== 'none')
    drawPerson(list, d.tag, STATES[d.from].pose, d.seed, t, px, py, sg, k, true, 1 - u);
  drawPerson(list, d.tag, st.pose, d.seed, t, px, py - hop, sg, k, world.reducedMotion, u < 1 ? Math.max(0.2, u) : 1);
}

function beacon(list: DrawList, f: Frame, t: number, k: number, still: boolean, beams: boolean): void {
  const [x, y] = f.p(1.93, 0.1, DESK_Z);
  list.add('pole', x, y, k);
  const dome = list.add('beacon', x, y - 33, k);
  dome.glow = still ? 0.9 : 0.86 + 0.14 * Math.sin(t * 4);
  if (!beams || still) return;
  for (let i = 0; i < 2; i++) {
    const a = (t / MOTION.beaconTurn) * Math.PI * 2 + i * Math.PI;
    const b = list.add('beam', x, y - 33 - 8.75, k);
    // Rotate, then squash to the floor plane.
    b.a = Math.cos(a);
    b.c = -Math.sin(a);
    b.b = Math.sin(a) * 0.55;
    b.d = Math.cos(a) * 0.55;
    b.snap = false;
  }
}

function trouble(list: DrawList, f: Frame, t: number, k: number, still: boolean): void {
  const p = f.p(0.52 + SCREEN.wt / 2, 0.26, DESK_Z + 44);
  list.add('siren', p[0], p[1], k).glow = still ? 0.8 : 0.8 + 0.2 * Math.sin(t * 2);
  const q = f.p(1.1, 0.3, DESK_Z + 46);
  for (let i = 0; i < (still ? 2 : 5); i++) {
    const u = still ? 0.3 + i * 0.25 : (t * 0.16 + i / 5) % 1;
    const it = list.add('puff', q[0] + Math.sin(u * 6 + i) * 4 - 6 + i * 2, q[1] - u * 34, k);
    it.a = it.d = (3 + u * 7) / 10;
    it.alpha = 0.5 * Math.sin(u * Math.PI);
    it.snap = false;
  }
}

/** How many frames the arms of a pose have, and how fast they run (frames per second). */
export const ARM_FRAMES: Readonly<Record<Pose, readonly [number, number]>> = {
  arrive: [4, 3],
  work: [4, 8],
  think: [1, 0],
  ask: [6, 4.8],
  stuck: [2, 1],
  sleep: [1, 0],
  coffee: [4, 0.9],
  read: [2, 0.3],
  done: [1, 0],
  fold: [1, 0],
  shrug: [2, 0.8],
  dazed: [1, 0],
  lead: [4, 6],
  none: [0, 0],
};
const HEAD_EXPR: Readonly<Record<Pose, string>> = {
  arrive: 'smile',
  work: 'away',
  think: 'up',
  ask: 'open',
  stuck: 'worry',
  sleep: 'sleep',
  coffee: 'smile',
  read: 'down',
  done: 'smile',
  fold: 'flat',
  shrug: 'open',
  dazed: 'dazed',
  lead: 'smile',
  none: '',
};
/** Where the head sits on the body; the tilt is baked. */
const HEAD_AT: Readonly<Record<Pose, Pt>> = {
  arrive: [-11, -64.5],
  work: [3, -49.5],
  think: [-1, -50],
  ask: [-1, -49.5],
  stuck: [-2, -47],
  sleep: [21, -43],
  coffee: [-1, -49.5],
  read: [-1.5, -48.6],
  done: [-1, -50.1],
  fold: [-1, -49.5],
  shrug: [-1, -49.5],
  dazed: [6, -45],
  lead: [-1, -49.5],
  none: [0, 0],
};

export function drawPerson(
  list: DrawList,
  tag: string,
  pose: Pose,
  seed: number,
  t: number,
  x: number,
  y: number,
  sg: number,
  k: number,
  still: boolean,
  alpha = 1,
): void {
  const ph = seed % 7;
  const [n, rate] = ARM_FRAMES[pose];
  const frame = still || n < 2 ? 0 : Math.floor(t * rate + ph) % n;
  const breathe = still ? 0 : Math.sin(t * 1.5 + ph) * 0.5;
  const away = pose === 'work';
  const blink = !still && !away && pose !== 'sleep' && pose !== 'dazed' && (t + ph) % 3.7 < 0.13 ? 1 : 0;
  const body = list.add(personKey('body', tag, pose, away ? frame : 0), x, y, k);
  const head = list.add(personKey('head', tag, pose, blink), x + HEAD_AT[pose][0] * sg, y + HEAD_AT[pose][1] + breathe, k);
  body.a = head.a = sg;
  body.alpha = head.alpha = alpha;
  body.frame = away ? frame : 0;
  if (away || !IN_FRONT.has(pose)) return;
  const arms = list.add(personKey('arms', tag, pose, frame), x, y, k);
  arms.a = sg;
  arms.alpha = alpha;
  arms.frame = frame;
  if (pose === 'coffee' && !still) steam(list, x - 11.5 * sg, y - 40, t, k, 0.8);
}
/** Poses with something that passes in front of head and torso. */
const IN_FRONT: ReadonlySet<Pose> = new Set<Pose>(['arrive', 'think', 'ask', 'stuck', 'coffee', 'read', 'fold', 'shrug', 'lead']);
export const headExpr = (p: Pose): string => HEAD_EXPR[p];

const keys = new Map<string, string[]>();
/** Interned, so that a frame builds no strings. */
function personKey(part: string, tag: string, pose: Pose, frame: number): string {
  const id = part + tag + pose;
  let a = keys.get(id);
  if (!a) keys.set(id, (a = Array.from({ length: 6 }, (_, i) => `${part}|${tag}|${pose}|${i}`)));
  return a[frame]!;
}
