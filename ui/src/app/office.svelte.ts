// What the panels read: the office's view, the time, and what is open in the window. One object, made once.
// Taken from the office by animation frames, so that a flood of events is one redraw. Not here: any rule of the office.
import { getContext, setContext, tick } from 'svelte';
import { Refused, type Host, type Link, type Wanted } from '../host/host';
import { light } from '../floor/model/light';
import type { Terms } from '../bindings';
import { answerApproval, resumeAll, stopAll, undoApproval } from '../state/commands';
import { SvelteSet } from 'svelte/reactivity';
import { stoppedByBudget } from '../state/budget';
import { limitedTasks } from '../state/limits';
import { counts, desksSeen, doneToday, grantsOf, groupsOf, printing, requestsOf, waitsForYou } from '../state/select';
import { Sync } from '../state/sync';
import { plansThatWait } from '../state/talk';
import { Pool } from '../terminal/pool';
import { NOTHING, type OfficeView } from '../state/view';
import { Drafts } from './drafts.svelte';
import { LivePrefs } from './prefs.svelte';

export type Panel = { kind: 'floor' } | { kind: 'desk'; id: number } | { kind: 'task'; id: number };
export type Sheet = null | 'palette' | 'keys' | 'task' | 'hire' | 'settings' | 'health' | 'repository' | 'connect' | 'away' | 'rules' | 'roles' | 'mail' | 'talk' | 'memory';
export interface Toast {
  id: number;
  text: string;
  detail: string;
  bad: boolean;
  undo: (() => Promise<unknown>) | null;
}
const TOAST_MS = 7000;
/** So long an answer may be taken back, and nothing comes of it. */
const UNDO_SECS = 5;
const MINUTE_MS = 60_000;
const TAKEN_APART_MS = 100;
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
  /** The task whose words are edited in the sheet; none: a new one is written. */
  editing = $state<number | null>(null);
  hiring = $state<string | null>(null);
  /** The task that is to be sent back, once it is open. */
  back = $state<number | null>(null);
  /** Stopping everything was asked for, and is to be asked for again. */
  stopping = $state(false);
  /** The rail that is open as a drawer where there is no room for it beside the floor. */
  drawer = $state<'needs' | 'backlog' | null>(null);
  readonly prefs = new LivePrefs();
  readonly drafts = new Drafts();
  /** The request that A, D and Enter act on. */
  chosen = $state<number | null>(null);
  toasts = $state.raw<readonly Toast[]>([]);
  /** Said to those who listen: calmly, or at once. */
  polite = $state('');
  assertive = $state('');

  desks = $derived(desksSeen(this.view));
  /** Nothing was taken on yet. */
  first = $derived(![...this.view.projects.values()].some((project) => !project.removed));
  waits = $derived(waitsForYou(this.view));
  /** Budgets that are spent while something waits for more. */
  private allStopped = $derived(stoppedByBudget(this.view));
  stopped = $derived(this.allStopped.filter((it) => !this.aside.has(`budget ${JSON.stringify(it.of)} ${it.limit}`)));
  /** Tasks that took all they may, the first first. */
  private allLimited = $derived(limitedTasks(this.view));
  limited = $derived(this.allLimited.filter((it) => !this.aside.has(`task ${it.id} ${it.hold?.since}`)));
  /** Held commands, the oldest first; and the one that A and D act on, or that was looked at last. */
  requests = $derived(requestsOf(this.view));
  groups = $derived(groupsOf(this.requests));
  /** Desks at which something happened that must not. */
  private allIncidents = $derived([...this.view.desks.values()].filter((desk) => !desk.removed && desk.hold?.reason === 'incident'));
  incidents = $derived(this.allIncidents.filter((it) => !this.aside.has(`desk ${it.id} ${it.hold?.since}`)));
  /** What its owner does not want to see for now; it stays stopped. What stops anew is seen. */
  readonly aside = new SvelteSet<string>();
  putAside = $derived(this.allStopped.length + this.allLimited.length + this.allIncidents.length - this.stopped.length - this.limited.length - this.incidents.length);
  /** Plans that wait for one answer, the oldest first. */
  plans = $derived(plansThatWait(this.view));
  /** So much waits for its owner. */
  needs = $derived(this.plans.length + this.requests.length + this.incidents.length + this.stopped.length + this.limited.length + this.waits.length);
  /** What was approved in advance. */
  grants = $derived(grantsOf(this.view, this.now));
  asked = $state<number | null>(null);
  /** The held command that is looked at: the one that was chosen, or the oldest while no task that waits was. */
  heldShown = $derived(
    this.groups.find((it) => it.all.some((one) => one.id === this.asked))?.first ?? (this.waits.some((it) => it.id === this.chosen) ? undefined : this.groups[0]?.first),
  );
  counts = $derived(counts(this.view, this.now));
  done = $derived(doneToday(this.view, this.now));
  /** Hour of the light: the owner's own clock, unless a light was chosen. */
  hour = $derived(
    this.prefs.all.theme === 'night' ? NIGHT_HOUR : this.prefs.all.theme === 'morning' ? MORNING_HOUR : this.now.getHours() + this.now.getMinutes() / 60,
  );
  night = $derived(light(this.hour).night > 0.5);

  private readonly sync: Sync;
  private readonly pool: Pool;
  private frame = 0;
  /** When the view was taken last, and the timer for the next time. */
  private taken = -Infinity;
  private later = 0;
  private nextToast = 1;
  private deaf: (() => void) | null = null;
  private readonly timers = new Set<number>();

  constructor(readonly host: Host) {
    this.sync = new Sync(host, () => this.turn());
    this.pool = new Pool(host);
    this.now = host.now();
  }

  /** What the desks' terminals look like from afar: `get(desk)`, and `onChange` for the desk that printed. */
  get pictures(): Pool['pictures'] {
    return this.pool.pictures;
  }
  private readonly seen = (): void => this.pool.visible(!document.hidden);

  async open(): Promise<void> {
    document.addEventListener('visibilitychange', this.seen);
    this.seen();
    this.host.onLink((link) => {
      const back = this.link === 'lost' && link === 'up';
      this.link = link;
      if (back) void this.begin();
    });
    await this.begin();
    this.timers.add(window.setInterval(() => this.tick(), MINUTE_MS / 4));
  }
  /** Takes the office's state. Where that fails because it was lost again, the next time it is found counts. */
  async begin(): Promise<void> {
    try {
      await this.sync.start();
      // What is there is known before anything of it is shown: no first screen flashes up, and the floor does not fly.
      this.take();
      this.ready = true;
      this.failed = null;
      this.deaf ??= this.host.native?.onWanted((wanted) => this.show(wanted)) ?? null;
    } catch (error) {
      if (!this.ready) this.failed = error instanceof Error ? error.message : String(error);
    }
  }
  /** Ages and the clock count minutes: nothing is worked out again while they stay the same. */
  private tick(): void {
    if (this.sync.behind && this.link === 'up') this.turn();
    const now = this.host.now();
    if (Math.floor(now.getTime() / MINUTE_MS) !== Math.floor(this.now.getTime() / MINUTE_MS)) this.now = now;
  }
  close(): void {
    cancelAnimationFrame(this.frame);
    window.clearTimeout(this.later);
    for (const timer of this.timers) window.clearInterval(timer);
    document.removeEventListener('visibilitychange', this.seen);
    this.deaf?.();
    this.pool.close();
    this.sync.end();
  }
  /** The first news after a pause is taken with the next frame; in a flood, as often as anybody can read it. */
  private turn(): void {
    if (this.frame || this.later) return;
    this.later = window.setTimeout(() => {
      this.later = 0;
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.take();
      });
    }, Math.max(0, this.taken + TAKEN_APART_MS - performance.now()));
  }
  private take(): void {
    this.taken = performance.now();
    this.sync.take();
    if (this.view === this.sync.view) return;
    this.view = this.sync.view;
    this.now = this.host.now();
    this.pool.show(printing(this.view), new Set(this.view.desks.keys()));
  }

  /** Does something and says what came of it; a refusal is said in the office's words, with its way out. */
  async act<T>(what: () => Promise<T>, said?: string | ((result: T) => { said: string; undo: Toast['undo']; ms?: number })): Promise<T | null> {
    try {
      const result = await what();
      if (typeof said === 'string') this.say(said);
      else if (said) {
        const { said: text, undo, ms } = said(result);
        this.say(text, '', false, undo, ms);
      }
      return result;
    } catch (error) {
      if (error instanceof Refused) this.say(error.refusal.message, error.refusal.detail, true);
      else this.say('That did not work', error instanceof Error ? error.message : String(error), true);
      return null;
    }
  }
  say(text: string, detail = '', bad = false, undo: Toast['undo'] = null, ms = TOAST_MS): void {
    const toast = { id: this.nextToast++, text, detail, bad, undo };
    this.toasts = [...this.toasts.slice(-2), toast];
    this.timers.add(window.setTimeout(() => this.hush(toast.id), ms));
    if (bad) this.assertive = `${text}. ${detail}`;
    else this.polite = text;
  }
  hush(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  /** The owner's word on a held command. What was answered elsewhere meanwhile is refused by the office, and said so. */
  answer(id: number, what: 'approve' | 'deny', note: string | null = null, more: Partial<Terms> = {}): Promise<unknown> {
    const { edit = null, for_task = false, rule = null } = more;
    const settles = for_task || rule !== null;
    // What was changed, or settles more, is said of one; a plain yes or no of all that ask the very same.
    const group = this.groups.find((it) => it.first.id === id);
    const all = group && !settles && edit === null ? group.all : this.requests.filter((it) => it.id === id);
    const times = all.length > 1 ? ` (${all.length} times)` : '';
    const done =
      what === 'deny'
        ? rule ? 'Denied; a rule refuses it from now on' : note ? 'Denied, with your words' : `Denied; it does not run${times}`
        : rule ? 'Approved; a rule allows it from now on' : for_task ? 'Approved for this task' : edit ? 'Approved as you changed it; it runs once' : `Approved; it runs once${times}`;
    const answered: number[] = [];
    const each = async (): Promise<number[]> => {
      for (const it of all) {
        await answerApproval(this.host, it.id, what, note, { seen: it.hash || null, edit, for_task, rule, undo_secs: settles ? null : UNDO_SECS, stands: null });
        answered.push(it.id);
      }
      return answered;
    };
    const undo = settles ? null : () => Promise.all(answered.map((it) => undoApproval(this.host, it)));
    return this.act(each, () => ({ said: done, undo, ms: UNDO_SECS * 1000 }));
  }
  choose(task: number): void {
    this.chosen = task;
    this.asked = null;
  }
  openDesk(id: number): void {
    this.drawer = null;
    this.panel = { kind: 'desk', id };
  }
  putOff(what: string): void {
    this.aside.add(what);
    this.say('Put aside; it stays stopped', '', false, () => Promise.resolve(this.aside.delete(what)));
  }
  /** `back`: to say what is to be mended. */
  openTask(id: number, back = false): void {
    this.choose(id);
    this.back = back ? id : null;
    this.drawer = null;
    this.panel = { kind: 'task', id };
  }
  /** The sheet a task is written in: a new one, or the words of one that is there. */
  write(task: number | null): void {
    this.editing = task;
    this.sheet = 'task';
  }
  /** The sheet in which somebody is hired, for this role if one was named. */
  hireAs(role: string | null): void {
    this.hiring = role;
    this.sheet = 'hire';
  }
  /** In the owner's own browser; where there is none, the address is said. */
  openLink(url: string): void {
    const { native } = this.host;
    if (native) void this.act(() => native.openLink(url));
    else this.say(url, 'copy the address to open it: there is no browser to hand it to here');
  }
  openPath(path: string): void {
    const { native } = this.host;
    if (native) void this.act(() => native.openPath(path));
  }
  /** Stopping everything is asked once more, for a few seconds; going on is not. */
  async stopOrGoOn(): Promise<void> {
    if (this.view.office.hold) {
      this.stopping = false;
      await this.act(() => resumeAll(this.host), 'Everything goes on');
    } else if (!this.stopping) {
      this.stopping = true;
      this.polite = 'Really stop all? The same again stops everything; nothing is lost';
      this.timers.add(window.setTimeout(() => (this.stopping = false), TOAST_MS));
    } else {
      this.stopping = false;
      await this.act(() => stopAll(this.host), 'Everything is stopped; nothing is lost');
    }
  }
  /** A repository was opened and nobody works here yet: somebody is to be hired, for an engine that is there. */
  welcome(): void {
    if (this.desks.length === 0) this.hireAs(null);
  }
  otherLight(): void {
    this.prefs.set({ theme: this.night ? 'morning' : 'night' });
  }
  toFloor(): void {
    this.panel = { kind: 'floor' };
  }
  /** What was clicked outside the window: the very item, over whatever was open. What was typed there is kept. */
  show(wanted: Wanted): void {
    this.sheet = null;
    this.drawer = null;
    if (wanted.show === 'task') return this.openTask(wanted.id);
    if (wanted.show === 'desk') return this.openDesk(wanted.id);
    this.toFloor();
    if (wanted.show === 'plan') return void (this.sheet = 'talk');
    if (wanted.show !== 'approval') return;
    this.asked = wanted.id;
    if (this.prefs.drawer) this.drawer = 'needs';
    void tick().then(() => document.querySelector<HTMLElement>(`[data-approval="${wanted.id}"]`)?.focus());
  }
}

const KEY = Symbol('shop');
export const provide = (shop: Shop): Shop => setContext(KEY, shop);
export const useShop = (): Shop => getContext<Shop>(KEY);
