// The floor alone, without an office: for its pictures, its figures and the tests of what only a browser can show.
//   ?desks=8|60  &hour=0..24  &states=mixed|busy|all|NAME  &still  &canvas  &quiet  &rails=0    the floor
//   ?view=sheet  &hour=  &grey                                             every state on the same seat, side by side
// Everything here is invented by seed. Not here: anything the product ships.
import '../../src/app/tokens.css';
import { Frame, type Rect } from '../../src/floor/model/iso';
import { makePlan } from '../../src/floor/model/plan';
import { hash, rng } from '../../src/floor/model/numbers';
import { STATES, type State } from '../../src/floor/model/state';
import { rowsOf } from '../../src/floor/model/term';
import { World, type Agent } from '../../src/floor/model/world';
import { Floor } from '../../src/floor/render';

const asked = new URLSearchParams(location.search);
const hour = Number(asked.get('hour') ?? 1.2);
const ALL = Object.keys(STATES) as State[];
/** Twelve desks of an ordinary night, over and over. */
const MIXED: readonly State[] = ['working', 'thinking', 'working', 'idle', 'stuck', 'waiting for you', 'working', 'finished', 'reviewing', 'working', 'limited', 'working'];
const NAMES = 'Mara Otto Juno Ines Lena Tomas Kofi Rhea Udo Vera Seth Wim Tess Noor Xena Yara Zeno Piet Tova Ugo Rosa Sven Vida Joss Maud Ezra Nico Levi Ilse Kira'.split(' ');

declare global {
  interface Window {
    floor?: Floor;
    /** What a page for figures prints on: one round of terminals, and how long start-up took. */
    lab?: { world: World; print: (n: number) => void; firstPaint: number };
  }
}

function cast(n: number): (Agent | null)[] {
  const kind = asked.get('states') ?? 'mixed';
  const states: readonly State[] = kind === 'all' ? ALL.filter((it) => it !== 'empty') : kind === 'busy' ? ['working'] : kind === 'mixed' ? MIXED : [kind as State];
  const agents: (Agent | null)[] = Array.from({ length: n }, (_, i) => {
    const state = states[i % states.length]!;
    const name = (NAMES[i % NAMES.length] ?? '') + (i < NAMES.length ? '' : '2');
    return { name, state, mail: i % 5 === 0 ? i % 4 : 0 };
  });
  agents[n - 1] = { name: '', state: 'empty' };
  const asks = agents.find((it) => it?.state === 'waiting for you');
  if (asks) asks.say = [`${asks.name} needs your OK`, 'git push origin release/2.4', 'waiting for you'];
  return agents;
}

/** Lines that look like work, the same on every machine. */
function lines(seed: number, from: number, n: number): string {
  const words = ['cargo', 'test', 'src/a.ts', 'ok', 'warning:', 'retry', 'invoices', 'assert_eq', 'fn', '+', 'running', '12'];
  return Array.from({ length: n }, (_, i) => {
    const r = rng(seed * 131 + (from + i) * 17);
    return Array.from({ length: 1 + Math.floor(r() * 6) }, () => words[Math.floor(r() * words.length)]).join(' ');
  }).join('\n');
}
function print(world: World, at: number): void {
  for (const d of world.desks) if (STATES[d.state].screen === 'live') world.picture(d.id, { version: at, scrolled: at, rows: rowsOf(lines(hash(d.name) % 97, at, 12)) });
}

async function faces(): Promise<void> {
  const wanted = ['650 12px', '480 11px', '680 12px', '520 11px', '700 16px'];
  await Promise.all(wanted.map((face) => document.fonts.load(`${face} "Inter Variable"`)));
}
function canvasOf(w: number, h: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.style.cssText = `width:${w}px;height:${h}px`;
  document.body.append(canvas);
  return canvas;
}

async function floor(): Promise<void> {
  const began = performance.now();
  const n = Number(asked.get('desks') ?? 8);
  const [w, h] = [innerWidth, innerHeight];
  const free: Rect = asked.get('rails') === '0' ? { x: 12, y: 12, w: w - 24, h: h - 24 } : { x: 264, y: 84, w: w - 264 - 306, h: h - 84 - 116 };
  const world = new World(makePlan(n), cast(n), null);
  world.reducedMotion = asked.has('still') || matchMedia('(prefers-reduced-motion: reduce)').matches;
  world.count(9, 6, 4);
  world.tell(hour * 60);
  print(world, 0);
  window.floor = await Floor.create({ canvas: canvasOf(w, h), width: w, height: h, dpr: devicePixelRatio, hour, free, world, still: asked.has('still'), quality: asked.has('canvas') ? 'canvas' : asked.has('thrifty') ? 'thrifty' : 'full' });
  // A picture that is to be the same twice shows lines that have come to rest.
  if (asked.has('still')) window.floor.tick(1);
  window.lab = { world, print: (at) => print(world, at), firstPaint: performance.now() - began };
}

/** Every state, on the same seat of the same room, cut out of the floor itself. */
async function sheet(): Promise<void> {
  const [w, h, zoom] = [280, 272, 1.9];
  const world = new World(makePlan(8), [null, null, { name: 'Mara', state: 'idle' }], null);
  world.reducedMotion = !asked.has('moving');
  const made = await Floor.create({ canvas: canvasOf(w, h), width: w, height: h, dpr: devicePixelRatio, hour, free: { x: 0, y: 0, w, h }, world, still: true });
  const box = document.createElement('div');
  box.id = 'sheet';
  const seat = world.plan.seats[2]!;
  for (const [i, state] of ALL.entries()) {
    world.show([null, null, { name: state === 'empty' ? '' : NAMES[i]!, state }]);
    world.picture(2, { version: i, scrolled: 0, rows: rowsOf(lines(i + 3, 0, 12)) });
    made.camera.flyTo(new Frame(seat.x, seat.y).p(1, 1.1, 26), w / 2, h / 2 + 10, zoom, true);
    for (let k = 0; k < 4; k++) made.tick(1);
    const copy = document.createElement('canvas');
    [copy.width, copy.height] = [made.o.canvas.width, made.o.canvas.height];
    made.refresh();
    made.tick(0.01);
    copy.getContext('2d')?.drawImage(made.o.canvas, 0, 0);
    const figure = document.createElement('figure');
    const words = document.createElement('figcaption');
    words.textContent = state;
    figure.append(copy, words);
    box.append(figure);
  }
  made.destroy();
  made.o.canvas.remove();
  document.body.append(box);
}

document.body.classList.toggle('morning', hour > 6 && hour < 19);
document.body.classList.toggle('grey', asked.has('grey'));
await faces();
await (asked.get('view') === 'sheet' ? sheet() : floor());
document.body.dataset.ready = '1';
