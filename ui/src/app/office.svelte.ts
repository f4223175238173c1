// What the panels read: the office's view, the time, and what is open in the window. One object, made once.
// Taken from the office by animation frames, so that a flood of events is one redraw. Not here: any rule of the office.
import { getContext, setContext } from 'svelte';
import { Refused, type Host, type Link } from '../host/host';
import { light } from '../floor/model/light';
import { backlog, counts, desksSeen, doneToday, waitsForYou } from '../state/select';
import { Sync } from '../state/sync';
import { NOTHING, type OfficeView } from '../state/view';

export type Panel = { kind: 'floor' } | { kind: 'desk'; id: number } | { kind: 'task'; id: number };
export type Sheet = null | 'palette' | 'keys' | 'new' | 'hire' | 'settings';
export interface Toast {
  id: number;
  text: string;
  detail: string;
  bad: boolean;
  undo: (() => Promise<unknown>) | null;
}
type Theme = 'auto' | 'night' | 'morning';

const TOAST_MS = 7000;
const MINUTE_MS = 60_000;
const NIGHT_HOUR = 1.2;
const MORNING_HOUR = 7.05;

export class Shop {
  view = $state.raw<OfficeView>(NOTHING);
  now = $state.raw<Date>(new Date(0));
  link = $state<Link>('up');
  ready = $state(false);
  failed = $state<string | null>(null);
  panel = $state.raw<Panel>({ kind: 'floor' });
  sheet = $state<Sheet>(null);
  theme = $state<Theme>('auto');
  filter = $state('');
  /** The request that A, D and Enter act on. */
  chosen = $state<number | null>(null);
  toasts = $state.raw<readonly Toast[]>([]);
  /** Said to those who listen: calmly, or at once. */
  polite = $state('');
  assertive = $state('');

  desks = $derived(desksSeen(this.view));
  backlog = $derived(backlog(this.view, this.filter));
  waits = $derived(waitsForYou(this.view));
  counts = $derived(counts(this.view, this.now));
  done = $derived(doneToday(this.view, this.now));
  /** Hour of the light: the owner's own clock, unless a light was chosen. */
  hour = $derived(
    this.theme === 'night' ? NIGHT_HOUR : this.theme === 'morning' ? MORNING_HOUR : this.now.getHours() + this.now.getMinutes() / 60,
  );
  night = $derived(light(this.hour).night > 0.5);

  private readonly sync: Sync;
  private frame = 0;
  private nextToast = 1;
  private readonly timers = new Set<number>();

  constructor(readonly host: Host) {
    this.sync = new Sync(host, () => this.turn());
    this.now = host.now();
  }

  async open(): Promise<void> {
    this.host.onLink((link) => {
      const back = this.link === 'lost' && link === 'up';
      this.link = link;
      if (back) void this.sync.start();
    });
    try {
      await this.sync.start();
      this.ready = true;
      this.turn();
    } catch (error) {
      this.failed = error instanceof Error ? error.message : String(error);
    }
    this.timers.add(window.setInterval(() => this.tick(), MINUTE_MS / 4));
  }
  /** Ages and the clock count minutes: nothing is worked out again while they stay the same. */
  private tick(): void {
    const now = this.host.now();
    if (Math.floor(now.getTime() / MINUTE_MS) !== Math.floor(this.now.getTime() / MINUTE_MS)) this.now = now;
  }
  close(): void {
    cancelAnimationFrame(this.frame);
    for (const timer of this.timers) window.clearInterval(timer);
    this.sync.end();
  }
  private turn(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.sync.take();
      if (this.view === this.sync.view) return;
      this.view = this.sync.view;
      this.now = this.host.now();
    });
  }

  /** Does something and says what came of it; a refusal is said in the office's words, with its way out. */
  async act<T>(what: () => Promise<T>, said?: string | ((result: T) => { said: string; undo: Toast['undo'] })): Promise<T | null> {
    try {
      const result = await what();
      if (typeof said === 'string') this.say(said);
      else if (said) {
        const { said: text, undo } = said(result);
        this.say(text, '', false, undo);
      }
      return result;
    } catch (error) {
      if (error instanceof Refused) this.say(error.refusal.message, error.refusal.detail, true);
      else this.say('That did not work', error instanceof Error ? error.message : String(error), true);
      return null;
    }
  }
  say(text: string, detail = '', bad = false, undo: Toast['undo'] = null): void {
    const toast = { id: this.nextToast++, text, detail, bad, undo };
    this.toasts = [...this.toasts.slice(-2), toast];
    this.timers.add(window.setTimeout(() => this.hush(toast.id), TOAST_MS));
    if (bad) this.assertive = `${text}. ${detail}`;
    else this.polite = text;
  }
  hush(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  openDesk(id: number): void {
    this.panel = { kind: 'desk', id };
  }
  openTask(id: number): void {
    this.chosen = id;
    this.panel = { kind: 'task', id };
  }
  toFloor(): void {
    this.panel = { kind: 'floor' };
  }
}

const KEY = Symbol('shop');
export const provide = (shop: Shop): Shop => setContext(KEY, shop);
export const useShop = (): Shop => getContext<Shop>(KEY);
