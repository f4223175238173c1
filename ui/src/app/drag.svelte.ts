// A task on its way to a desk, by pointer or by keyboard: which one, over which desk, and what that desk says to it.
// Not here: who listens to pointers and keys (App, FloorView), and the rule (state/assign.ts).
import { byHand, dropWord, type Verdict } from '../state/assign';
import { assign } from '../state/commands';
import type { Shop } from './office.svelte';

export class Drag {
  task = $state<number | null>(null);
  over = $state<number | null>(null);
  by = $state<'pointer' | 'keys'>('pointer');
  x = $state(0);
  y = $state(0);

  constructor(private readonly shop: Shop) {}

  verdict: Verdict | null = $derived.by(() => {
    const { view } = this.shop;
    const task = this.task === null ? undefined : view.tasks.get(this.task);
    const desk = this.over === null ? undefined : view.desks.get(this.over);
    return task && desk && !desk.removed ? byHand(view, task, desk) : null;
  });
  word: string | null = $derived(this.verdict && dropWord(this.verdict));

  pick(task: number, by: 'pointer' | 'keys', x = 0, y = 0): void {
    Object.assign(this, { task, by, x, y, over: null });
    const title = this.shop.view.tasks.get(task)?.title ?? '';
    if (by === 'keys') this.shop.polite = `Picked up #${task} ${title}. Arrow keys choose a desk, Enter gives it, Escape puts it back.`;
  }
  hover(desk: number | null): void {
    if (this.over === desk) return;
    this.over = desk;
    const name = desk === null ? null : this.shop.view.desks.get(desk)?.name;
    if (this.by === 'keys' && name) this.shop.assertive = `${name}: ${this.word}`;
  }
  cancel(): void {
    if (this.task !== null && this.by === 'keys') this.shop.polite = `#${this.task} is back in the backlog`;
    this.task = this.over = null;
  }
  async drop(): Promise<void> {
    const { task, over, verdict, shop } = this;
    this.task = this.over = null;
    if (task === null || over === null) return;
    const desk = shop.view.desks.get(over);
    if (!desk) return;
    if (verdict?.says === 'refuses') return shop.say(verdict.refusal.message, verdict.refusal.detail, true);
    await shop.act(() => assign(shop.host, task, over, desk.name), (deed) => deed);
  }
}
