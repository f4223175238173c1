// Desk states, in the office's own words, and what each one means for the picture: posture, lamp, pool, screen, badge, plate.
// Not here: drawing, and how a desk comes to be in a state.

export type State =
  | 'empty'
  | 'starting'
  | 'idle'
  | 'working'
  | 'thinking'
  | 'waiting for you'
  | 'stuck'
  | 'limited'
  | 'reviewing'
  | 'finished'
  | 'paused'
  | 'login needed'
  | 'crashed'
  | 'off';
export type Badge = State | 'lead';
export type Pose = 'arrive' | 'work' | 'think' | 'ask' | 'stuck' | 'sleep' | 'coffee' | 'read' | 'done' | 'fold' | 'shrug' | 'dazed' | 'lead' | 'none';
export type ScreenKind = 'live' | 'dim' | 'dialog' | 'red' | 'clock' | 'check' | 'boot' | 'diff' | 'pause' | 'key' | 'dead' | 'black';

export interface StateLook {
  pose: Pose;
  lamp: number; // 0 off .. 1 full
  lampTone: 'warm' | 'red';
  pool: string; // colour of the light on the floor
  poolA: number;
  screen: ScreenKind;
  glow: boolean; // the monitor lights the desk
  signal: string;
  label: string;
  plate: string | null; // null: the quiet dark plate
  loud: number; // 3 waiting, 2 stuck, 1 finished or limited, 0 the rest
}

const WARM = '#ffb866';
const row = (
  pose: Pose,
  lamp: number,
  pool: string,
  poolA: number,
  screen: ScreenKind,
  signal: string,
  label: string,
  o: Partial<StateLook> = {},
): StateLook => ({ pose, lamp, lampTone: 'warm', pool, poolA, screen, glow: false, signal, label, plate: null, loud: 0, ...o });

export const STATES: Readonly<Record<State, StateLook>> = {
  empty: row('none', 0, '#6f86ff', 0.2, 'black', '#aab3dc', 'hire'),
  starting: row('arrive', 0.5, WARM, 0.6, 'boot', '#9db4ff', 'starting'),
  idle: row('coffee', 0.6, WARM, 0.72, 'dim', '#d9b48a', 'on a break'),
  working: row('work', 1, WARM, 0.95, 'live', '#5fd0a5', 'working', { glow: true }),
  thinking: row('think', 0.75, WARM, 0.8, 'live', '#9db4ff', 'thinking', { glow: true }),
  'waiting for you': row('ask', 0.9, '#ffab3d', 1.05, 'dialog', '#ffb53d', 'needs your OK', { plate: '#ffb53d', loud: 3 }),
  stuck: row('stuck', 0.55, '#ff5a48', 0.85, 'red', '#ff6b5e', 'stuck', { lampTone: 'red', plate: '#ff8a7e', loud: 2 }),
  limited: row('sleep', 0, '#5f78d8', 0.28, 'clock', '#8fa3d8', 'rate-limited', { loud: 1 }),
  reviewing: row('read', 1, '#ffd08a', 0.9, 'diff', '#7fd6e8', 'reviewing', { glow: true }),
  finished: row('done', 0.8, '#ffd08a', 0.9, 'check', '#8bdc6a', 'ready to review', { loud: 1 }),
  paused: row('fold', 0.3, WARM, 0.45, 'pause', '#c3c8e6', 'paused'),
  'login needed': row('shrug', 0.7, '#ffab3d', 0.9, 'key', '#f2d28a', 'login needed', { plate: '#f2d28a', loud: 3 }),
  crashed: row('dazed', 0.35, '#ff5a48', 0.6, 'dead', '#ff6b5e', 'crashed', { lampTone: 'red', plate: '#ff8a7e', loud: 2 }),
  off: row('none', 0, '#5f78d8', 0.08, 'black', '#8e97cc', 'off shift'),
};
export const LEAD_SIGNAL = '#f2d28a';
export const signalOf = (b: Badge): string => (b === 'lead' ? LEAD_SIGNAL : STATES[b].signal);

/** Badge anchor above the seat, px at zoom 1 (mirrored on flipped desks). */
export const HEAD: Readonly<Record<Pose, readonly [number, number]>> = {
  arrive: [-11, -83],
  work: [3, -66],
  think: [-3, -68],
  ask: [-1, -72],
  stuck: [-2, -70],
  sleep: [20, -63],
  coffee: [-1, -66],
  read: [-2, -66],
  done: [0, -68],
  fold: [-1, -66],
  shrug: [-1, -66],
  dazed: [7, -62],
  lead: [0, -66],
  none: [22, -50],
};
export const asks = (s: State): boolean => s === 'waiting for you' || s === 'login needed';
export const inTrouble = (s: State): boolean => s === 'stuck' || s === 'crashed';
