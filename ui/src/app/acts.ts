// What each key does, and what the arrows, Enter and Backspace mean while something is carried.
// Not here: which key is which (shortcuts.ts), what the commands are (state/commands.ts).
import { tick } from 'svelte';
import { accept } from '../state/commands';
import type { Drag } from './drag.svelte';
import type { Shop } from './office.svelte';
import { actOf, type Act } from './shortcuts';

interface FloorKeys {
  beside(from: number | null, key: string): number | null;
  focusDesk(id: number): void;
  zoom(factor: number): void;
  fit(): void;
}
interface Place {
  floor: () => FloorKeys | null;
  focused: () => number | null;
}
const NEARER = 1.2;

export class Acts {
  /** Where the focus was when something was picked up. */
  private from: HTMLElement | null = null;

  constructor(
    private readonly shop: Shop,
    private readonly drag: Drag,
    private readonly place: Place,
  ) {}

  key(event: KeyboardEvent): void {
    const { shop, drag } = this;
    if (shop.sheet !== null || (event.target instanceof Element && event.target.closest('dialog'))) return;
    if (drag.active && drag.by === 'keys' && this.carrying(event)) return event.preventDefault();
    if (event.key.startsWith('Arrow') && !event.altKey && document.activeElement?.closest('[data-desk]')) {
      event.preventDefault();
      const next = this.place.floor()?.beside(this.place.focused(), event.key) ?? null;
      if (next !== null) this.place.floor()?.focusDesk(next);
      return;
    }
    const act = actOf(event);
    if (!act) return;
    // A key that is held down says yes or no once.
    if (event.repeat && ['accept', 'deny', 'stop'].includes(act)) return event.preventDefault();
    event.preventDefault();
    this.run(act);
  }

  private carrying(event: KeyboardEvent): boolean {
    const { drag } = this;
    if (event.key.startsWith('Arrow')) {
      const next = this.place.floor()?.beside(drag.over, event.key) ?? null;
      if (next === null || drag.role !== null) return true;
      drag.hover(next);
      this.place.floor()?.focusDesk(next);
      return true;
    }
    if (event.key === 'Backspace' && drag.task !== null) {
      drag.hoverBacklog(null);
      return true;
    }
    if (event.key !== 'Enter') return false;
    void drag.drop().then(() => this.putBack());
    return true;
  }
  private async putBack(): Promise<void> {
    await tick();
    const { from } = this;
    if (from?.isConnected) from.focus();
    else document.querySelector<HTMLElement>('[data-task]')?.focus();
  }

  run(act: Act): void {
    const { shop, drag, place } = this;
    const all: Record<Act, () => void> = {
      stop: () => void shop.stopOrGoOn(),
      next: () => this.step(1),
      previous: () => this.step(-1),
      accept: () => this.accept(),
      deny: () => void this.say('no'),
      review: () => {
        const id = this.asked() ?? shop.waits[0]?.id;
        if (id !== undefined && id !== null) shop.openTask(id);
      },
      new: () => shop.write(null),
      pick: () => this.pick(),
      light: () => shop.otherLight(),
      keys: () => (shop.sheet = 'keys'),
      find: () => (shop.sheet = 'palette'),
      in: () => place.floor()?.zoom(NEARER),
      out: () => place.floor()?.zoom(1 / NEARER),
      fit: () => place.floor()?.fit(),
      back: () => {
        if (drag.active) {
          drag.cancel();
          void this.putBack();
        } else if (shop.drawer !== null) shop.drawer = null;
        else shop.toFloor();
      },
    };
    all[act]();
  }

  /** From card to card, as they stand in the inbox. */
  private step(by: number): void {
    const { shop } = this;
    if (shop.prefs.drawer) shop.drawer = 'needs';
    void tick().then(() => {
      const all = [...document.querySelectorAll<HTMLElement>('[data-card]')];
      const here = this.card() ?? all.find((it) => it.dataset.need !== undefined && Number(it.dataset.need) === shop.chosen);
      const at = here ? all.indexOf(here) : -1;
      all[Math.max(0, Math.min(all.length - 1, at + by))]?.focus();
    });
  }
  private card(): HTMLElement | null {
    return document.activeElement?.closest<HTMLElement>('[data-card]') ?? null;
  }
  /** The task that has visible focus, or is open. */
  private asked(): number | null {
    if (this.shop.panel.kind === 'task') return this.shop.panel.id;
    const need = this.card()?.dataset.need;
    return need === undefined ? null : Number(need);
  }
  /** Yes or no to the card that has visible focus, as the card itself says what that means; where words are wanted, to its field. */
  private say(what: 'yes' | 'no'): boolean {
    const card = this.card();
    const wanted = card?.querySelector<HTMLElement>(`[data-says='${what}']`);
    if (wanted) wanted.click();
    else if (what === 'yes') card?.querySelector<HTMLElement>('[data-says="words"]')?.focus();
    return card !== null;
  }
  /** Nothing is accepted by a key but what has visible focus, or is open. */
  private accept(): void {
    const { shop } = this;
    if (this.say('yes')) return;
    const id = this.asked();
    if (id !== null && shop.view.tasks.get(id)?.state === 'in review') void shop.act(() => accept(shop.host, id), `#${id} is accepted`);
  }
  private pick(): void {
    const { shop, drag, place } = this;
    const active = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    const chip = active?.closest<HTMLElement>('[data-role]');
    this.from = active;
    if (chip?.dataset.role) return drag.pickRole(chip.dataset.role, 'keys');
    const card = active?.closest<HTMLElement>('[data-task]') ?? document.querySelector<HTMLElement>('[data-task]');
    if (!card) return;
    this.from = card;
    shop.toFloor();
    drag.pick(Number(card.dataset.task), 'keys');
    drag.hover(place.floor()?.beside(null, '') ?? null);
    if (drag.over !== null) place.floor()?.focusDesk(drag.over);
  }
}
