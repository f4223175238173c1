// A task or a role on its way, by pointer or by keyboard: what is carried, over what it hangs, and what that says to it.
// Not here: who listens to pointers and keys (App, panels, FloorView), and the rules (state/assign.ts, state/carry.ts).
import { byHand, dropWord, type Verdict } from '../state/assign';
import { backWord, freeName, hireFor, intoBacklog, type Back } from '../state/carry';
import { assign, hire, moveTask, removeDesk, unassign } from '../state/commands';
import type { Shop } from './office.svelte';

const SLOP = 5;

export class Drag {
  /** The task that is carried, or the role; never both. */
  task = $state<number | null>(null);
  role = $state<string | null>(null);
  /** The desk it hangs over, by number; the number of the next desk is the empty one. */
  over = $state<number | null>(null);
  /** It hangs over the backlog: over this card, or just there. */
  back = $state.raw<{ card: number | null } | null>(null);
  by = $state<'pointer' | 'keys'>('pointer');
  x = $state(0);
  y = $state(0);
  /** Pressed and not yet moved: it may still be a click. */
  private pressed: { task: number | null; role: string | null; x: number; y: number } | null = null;

  constructor(private readonly shop: Shop) {}

  active = $derived(this.task !== null || this.role !== null);
  verdict: Verdict | null = $derived.by(() => {
    const { view } = this.shop;
    const desk = this.over === null ? undefined : view.desks.get(this.over);
    const seated = desk && !desk.removed ? desk : undefined;
    if (this.role !== null) {
      const role = view.office.roles[this.role];
      if (!role || this.over === null) return null;
      return hireFor(view, role, seated?.name ?? 'empty');
    }
    const task = this.task === null ? undefined : view.tasks.get(this.task);
    return task && seated ? byHand(view, task, seated) : null;
  });
  intoBacklog: Back | null = $derived.by(() => {
    const task = this.task === null ? undefined : this.shop.view.tasks.get(this.task);
    const { card } = this.back ?? { card: null };
    return task && this.back ? intoBacklog(task, card === null ? null : (this.shop.view.tasks.get(card) ?? null)) : null;
  });
  /** What the place it hangs over says, in a word or two. */
  word: string | null = $derived.by(() => {
    const task = this.task === null ? undefined : this.shop.view.tasks.get(this.task);
    if (this.intoBacklog && task) return backWord(this.intoBacklog, task);
    if (!this.verdict) return null;
    if (this.role === null) return dropWord(this.verdict);
    return this.verdict.says === 'refuses' ? (this.verdict.refusal.code === 'unavailable' ? 'no engine' : 'somebody sits here') : 'hires one';
  });
  /** What is carried, as people call it. */
  named: string = $derived.by(() => {
    if (this.role !== null) return this.shop.view.office.roles[this.role]?.title ?? this.role;
    return this.task === null ? '' : `#${this.task} ${this.shop.view.tasks.get(this.task)?.title ?? ''}`;
  });

  pick(task: number, by: 'pointer' | 'keys'): void {
    Object.assign(this, { task, role: null, by, over: null, back: null });
    if (by === 'keys') this.shop.polite = `Picked up ${this.named}. Arrow keys choose a desk, Backspace the backlog, Enter gives it, Escape puts it back.`;
  }
  pickRole(role: string, by: 'pointer' | 'keys'): void {
    Object.assign(this, { task: null, role, by, over: by === 'keys' ? this.shop.view.office.next.desk : null, back: null });
    if (by === 'keys') this.shop.polite = `Picked up the role ${this.named}, over the empty desk. Enter hires, Escape puts it back.`;
  }
  /** A press on something that can be carried; it is picked up once the pointer moves on. */
  press(event: PointerEvent, what: { task: number } | { role: string }): void {
    if (event.button !== 0 || this.active) return;
    this.pressed = { task: null, role: null, ...what, x: event.clientX, y: event.clientY };
  }
  /** True while something hangs at the pointer. */
  moved(event: PointerEvent): boolean {
    const { pressed } = this;
    if (pressed && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) >= SLOP) {
      this.pressed = null;
      // From an open desk's queue: what it can be given to lies under the panel.
      if (this.shop.panel.kind === 'desk') this.shop.toFloor();
      if (pressed.task !== null) this.pick(pressed.task, 'pointer');
      else if (pressed.role !== null) this.pickRole(pressed.role, 'pointer');
    }
    if (!this.active || this.by !== 'pointer') return false;
    this.x = event.clientX;
    this.y = event.clientY;
    return true;
  }
  released(): void {
    this.pressed = null;
    if (!this.active || this.by !== 'pointer') return;
    // The click that follows belongs to the drag, not to the card under it.
    this.settling = true;
    setTimeout(() => (this.settling = false));
    void this.drop();
  }
  settling = false;

  hover(desk: number | null): void {
    this.back = null;
    if (this.over === desk) return;
    this.over = desk;
    const name = desk === null ? null : (this.shop.view.desks.get(desk)?.name ?? 'The empty desk');
    if (this.by === 'keys' && name) this.shop.assertive = `${name}: ${this.word}`;
  }
  hoverBacklog(card: number | null): void {
    this.over = null;
    if (this.back && this.back.card === card) return;
    this.back = { card };
    if (this.by === 'keys') this.shop.assertive = `Backlog: ${this.word}`;
  }
  cancel(): void {
    this.pressed = null;
    if (this.active && this.by === 'keys') this.shop.polite = `${this.named} is back where it was`;
    this.clear();
  }
  private clear(): void {
    this.task = this.role = this.over = this.back = null;
  }

  async drop(): Promise<void> {
    const { task, role, over, verdict, intoBacklog: back, shop } = this;
    this.clear();
    if (verdict?.says === 'refuses') return shop.say(verdict.refusal.message, verdict.refusal.detail, true);
    if (role !== null) {
      if (over !== null && verdict) await this.hired(role);
    } else if (task !== null && back) await this.putBack(task, back);
    else if (task !== null && over !== null) {
      const desk = shop.view.desks.get(over);
      const was = shop.view.tasks.get(task);
      if (!desk || (was?.state === 'queued' && was.desk === over)) return;
      await shop.act(() => assign(shop.host, task, over, desk.name), (deed) => deed);
    }
  }
  private async hired(role: string): Promise<void> {
    const { shop } = this;
    const name = freeName(shop.view);
    const seat = shop.view.office.next.desk;
    await shop.act(
      () => hire(shop.host, name, role, null, false),
      () => ({ said: `${name} is at the desk`, undo: () => removeDesk(shop.host, seat) }),
    );
  }
  private async putBack(task: number, back: Back): Promise<void> {
    const { shop } = this;
    const was = shop.view.tasks.get(task);
    if (!was || back.does === 'nothing') return;
    if (back.does === 'move') {
      const said = `#${task} stands ${backWord(back, was)}`;
      await shop.act(() => moveTask(shop.host, task, back.other.id, back.after), () => ({ said, undo: null }));
      return;
    }
    const desk = was.desk === null ? undefined : shop.view.desks.get(was.desk);
    const undo = desk ? (): Promise<unknown> => assign(shop.host, task, desk.id, desk.name) : null;
    await shop.act(() => unassign(shop.host, task), () => ({ said: `#${task} is back in the backlog`, undo }));
  }
}
