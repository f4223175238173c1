// The living floor as data: desks, planes, terminals, and one clock that only step(dt) moves.
// Ambient motion runs until 10 s after the last event and then freezes; a printing terminal asks for single frames only.
// Not here: pictures, pixi, requestAnimationFrame.
import { Frame, toScreen, type View } from './iso';
import { look, lookAll, lookTag, type Look } from './look';
import type { Plan, Seat } from './plan';
import { STATES, type State } from './state';
import type { Picture, Row } from './term';
import { MOTION } from './tokens';
import { hash } from './numbers';

export type Prop = 'duck' | 'plant' | 'books' | null;
export interface Desk {
  id: number;
  seat: Seat;
  name: string;
  look: Look;
  tag: string;
  seed: number;
  /** Nothing stands here yet; only the next free seat shows a dashed desk. */
  bare: boolean;
  state: State;
  from: State;
  changed: number; // clock of the last state change
  sub: string | null;
  say: Say | null;
  mail: number;
  prop: Prop;
  /** The terminal: what it shows, which version that is, lines scrolled away, clock of the last of those and of the last upload. */
  rows: readonly Row[];
  pictured: number;
  scrolled: number;
  printed: number;
  shown: number;
  dirty: boolean;
}
export interface Plane {
  from: number;
  to: number;
  born: number;
  dur: number;
  lift: number; // desk ids
}
/** A request in two lines, and the state whose colour and badge it has: a desk may ask while it does something else. */
export type Say = readonly [title: string, text: string, as: State];
export interface Agent {
  name: string;
  state: State;
  look?: Look;
  sub?: string;
  say?: Say;
  mail?: number;
  prop?: Prop;
}
export interface Lead {
  name: string;
  look: Look;
  tag: string;
  sub: string | null;
}

const PROPS: readonly Prop[] = ['duck', null, 'plant', 'books', null];
const NO_PICTURE = -1;
/** Papers in the air; a flood of mail is no flood of these. */
const PLANES_MOST = 12;
/** Notes in the columns of the whiteboard. */
const BOARD_MOST = [4, 3, 2] as const;
const LEAD_CHAIR = '#7a4a5c';

export class World {
  /** Real seconds since start, always moving with step(). */
  clock = 0;
  /** Seconds of ambient motion; stands still when the floor rests. Every idle animation is a function of it. */
  anim = 4.35;
  version = 0; // grows when the set of lights, plates or textures may have changed
  desks: Desk[] = [];
  planes: Plane[] = [];
  drop: number | null = null;
  /** What the desk under a dragged card says, and whether it refuses. */
  dropWord: string | null = null;
  dropRefused = false;
  /** Notes on the whiteboard, as many as it has room for: backlog, at work, done. */
  board: readonly [number, number, number] = [0, 0, 0];
  /** Size of labels, 1 to 2, and whether they are drawn solid and edged: as the owner wants to read. */
  text = 1;
  strong = false;
  /** Minutes since midnight, on the wall. */
  minute = 0;
  lead: Lead | null;
  reducedMotion = false;
  /** On battery nothing moves for its own sake: a change is shown, and that is all. */
  frugal = false;
  private awakeUntil: number = MOTION.ambientTail;
  private touched = true;

  constructor(
    public plan: Plan,
    agents: readonly (Agent | null)[],
    lead: { name: string; look?: Look; sub?: string } | null,
  ) {
    const looks = lookAll(agents.map((a) => a?.name ?? ''));
    this.desks = plan.seats.map((seat, i) => seated(seat, agents[i] ?? null, looks[i]));
    const lk = lead && { ...(lead.look ?? look(lead.name)), chair: LEAD_CHAIR };
    this.lead = lead && lk ? { name: lead.name, look: lk, tag: lookTag(lk), sub: lead.sub ?? null } : null;
  }

  /** Brings the floor to what is so: who sits where, in which state. `null` is a seat that stands bare. */
  show(agents: readonly (Agent | null)[], plan: Plan = this.plan): void {
    if (plan !== this.plan) {
      this.plan = plan;
      this.version++;
      this.touched = true;
    }
    const looks = lookAll(agents.map((a) => a?.name ?? ''));
    this.desks = plan.seats.map((seat, i) => {
      const a = agents[i] ?? null;
      const d = this.desks[i];
      if (!d || d.bare !== (a === null) || (a && d.name !== a.name)) {
        this.version++;
        this.wake();
        const fresh = seated(seat, a, looks[i]);
        if (a && !fresh.bare) fresh.changed = this.clock;
        return fresh;
      }
      d.seat = seat;
      if (!a) return d;
      const say = a.say ?? null;
      if (d.say?.join() !== say?.join()) {
        d.say = say;
        this.version++;
        this.touched = true;
      }
      if (a.mail !== undefined && a.mail !== d.mail) {
        d.mail = a.mail;
        this.version++;
        this.touched = true;
      }
      if (d.state === a.state && d.sub !== (a.sub ?? null)) {
        // Only a word changed ("3 min" became "4 min"): one frame, no motion.
        d.sub = a.sub ?? null;
        this.version++;
        this.touched = true;
      } else this.setState(i, a.state, a.sub ?? null, say);
      return d;
    });
  }
  /** What the whiteboard counts; it has room for few notes, and more of them are no other picture. */
  count(...counted: readonly [backlog: number, doing: number, done: number]): void {
    const [a, b, c] = counted.map((n, i) => Math.min(n, BOARD_MOST[i]!)) as [number, number, number];
    if (this.board[0] === a && this.board[1] === b && this.board[2] === c) return;
    this.board = [a, b, c];
    this.touched = true;
  }
  /** A card hangs over this desk, and the desk answers in one word or three. */
  hover(id: number | null, word: string | null = null, refused = false): void {
    if (this.drop === id && this.dropWord === word && this.dropRefused === refused) return;
    this.drop = id;
    this.dropWord = word;
    this.dropRefused = refused;
    this.version++;
    this.wake();
  }
  /** Something outside the world changed the picture: hour, size, theme. */
  touch(): void {
    this.touched = true;
  }

  get awake(): boolean {
    return !this.reducedMotion && !this.frugal && this.clock < this.awakeUntil;
  }
  /** An event worth moving for: state change, mail, pointer. */
  wake(): void {
    this.awakeUntil = this.clock + MOTION.ambientTail;
    this.touched = true;
  }
  rest(): void {
    this.awakeUntil = 0;
  }
  setState(id: number, state: State, sub: string | null = null, say: Say | null = null): void {
    const d = this.desks[id];
    if (!d || (d.state === state && d.sub === sub)) return;
    d.from = d.state;
    d.state = state;
    d.sub = sub;
    d.say = say;
    d.changed = this.clock;
    d.dirty = true;
    this.version++;
    this.wake();
  }
  /** What a desk's terminal shows now. Costs one frame at the next 1/8 s, never wakes the ambient motion. */
  picture(id: number, p: Picture): boolean {
    const d = this.desks[id];
    if (!d || d.pictured === p.version) return false;
    if (p.scrolled > d.scrolled) d.printed = this.clock;
    d.pictured = p.version;
    d.scrolled = p.scrolled;
    d.rows = p.rows;
    // A state that has a screen of its own shows that one; what was printed meanwhile is there when it is over.
    d.dirty ||= STATES[d.state].screen === 'live';
    return d.dirty;
  }
  /** Nothing is known of what this desk's terminal shows. */
  blank(id: number): void {
    const d = this.desks[id];
    if (!d || d.pictured === NO_PICTURE) return;
    d.pictured = NO_PICTURE;
    d.scrolled = 0;
    d.rows = [];
    d.dirty = true;
  }
  /** How labels are to be read. */
  reading(text: number, strong: boolean): void {
    if (this.text === text && this.strong === strong) return;
    this.text = text;
    this.strong = strong;
    this.version++;
    this.touched = true;
  }
  /** What time the clock on the wall shows. */
  tell(minute: number): void {
    if (this.minute === minute) return;
    this.minute = minute;
    this.touched = true;
  }
  /** A paper flies from one desk to another. Where nothing is to move it does not; what lies in a tray is `show`'s to say. */
  mail(from: number, to: number, lift = 70): void {
    if (this.reducedMotion || this.frugal || this.planes.length >= PLANES_MOST || !this.desks[from] || !this.desks[to]) return;
    const [a, b] = [this.desks[from].seat, this.desks[to].seat];
    this.planes.push({ from, to, born: this.clock, dur: MOTION.planeBase + MOTION.planePerTile * Math.hypot(a.x - b.x, a.y - b.y), lift });
    this.wake();
  }

  /** Moves time. Returns true when the picture may differ from the last one. */
  step(dt: number, view: View): boolean {
    this.clock += dt;
    let moved = this.touched || this.awake;
    this.touched = false;
    if (this.awake) this.anim += dt;
    for (const d of this.desks) {
      if (this.clock - d.changed < MOTION.stateChange + dt) moved = true;
      if (d.dirty && this.due(d, view)) moved = true;
    }
    if (this.planes.length) {
      moved = true;
      this.planes = this.planes.filter((p) => this.clock - p.born < p.dur);
    }
    return moved;
  }
  /** Screens refresh at most 8 times a second, off-screen ones once. */
  due(d: Desk, view: View): boolean {
    return d.dirty && this.clock - d.shown >= 1 / (deskVisible(d, view) ? MOTION.screenHz : 1);
  }
  /** True while something still needs frames; false means the loop may stop until the next event. */
  get busy(): boolean {
    return this.awake || this.touched || this.planes.length > 0 || this.desks.some((d) => d.dirty || this.clock - d.changed < MOTION.stateChange);
  }
}

export function deskVisible(d: Desk, view: View): boolean {
  const [x, y] = toScreen(view, new Frame(d.seat.x, d.seat.y, d.seat.flip).p(1, 1, 30));
  const m = 110 * view.zoom;
  return x > -m && y > -m && x < view.w + m && y < view.h + m;
}

function seated(seat: Seat, a: Agent | null, k: Look = look(a?.name ?? '')): Desk {
  const name = a?.name ?? '';
  const seed = hash(name) % 997;
  const who = a?.look ?? k;
  const state = a?.state ?? 'empty';
  return {
    id: seat.id,
    seat,
    name,
    look: who,
    tag: lookTag(who),
    seed,
    bare: a === null,
    state,
    from: state,
    changed: -9,
    sub: a?.sub ?? null,
    say: a?.say ?? null,
    mail: a?.mail ?? 0,
    prop: a?.prop === undefined ? PROPS[seed % PROPS.length]! : a.prop,
    rows: [],
    pictured: NO_PICTURE,
    scrolled: 0,
    printed: -9,
    shown: -9,
    dirty: true,
  };
}
export const stateLook = (d: Desk) => STATES[d.state];
