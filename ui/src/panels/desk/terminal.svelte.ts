// What is so with the terminal of an open desk, for the panel round it: attached or not, who types, what is found, what is
// asked. Not here: the terminal itself (src/terminal) and any button (Terminal.svelte, DeskPanel.svelte).
import type { Run, Task } from '../../bindings';
import { Refused } from '../../host/host';
import { ending } from '../../state/select';
import type { Shop } from '../../app/office.svelte';
import type { Target } from '../../terminal/links';
import type { Paste } from '../../terminal/paste';
import type { Screen } from '../../terminal/screen';
import type { StreamState } from '../../terminal/stream';

export class DeskTerminal {
  state = $state.raw<StreamState>({ is: 'attaching' });
  taken = $state(false);
  size = $state('');
  earlier = $state(0);
  link = $state.raw<Target | null | false>(null);
  asked = $state.raw<{ paste: Paste; type: () => void } | null>(null);
  searching = $state(false);
  found = $state.raw({ at: 0, of: 0 });
  /** Why nothing can be shown, in words. */
  trouble = $state<string | null>(null);
  private screen: Screen | null = null;

  constructor(private readonly shop: Shop) {}

  live = $derived(this.state.is === 'live');

  /** Shows a run in `box` until the returned function is called: its living program, or what it printed. */
  show(box: HTMLElement, run: Run, task: Task | undefined): () => void {
    let gone = false;
    void this.begin(box, run, task, () => gone).catch((error: unknown) => (this.trouble = words(error)));
    return () => {
      gone = true;
      this.screen?.close();
      this.screen = null;
      this.taken = this.searching = false;
      this.asked = this.link = this.trouble = null;
      this.earlier = 0;
      this.state = { is: 'attaching' };
    };
  }

  private async begin(box: HTMLElement, run: Run, task: Task | undefined, gone: () => boolean): Promise<void> {
    // A terminal's code is as large as the rest of the window: it comes with the first desk that is opened.
    const { Screen } = await import('../../terminal/screen');
    await Screen.type();
    const { shop } = this;
    const recorded = run.state === 'ended' && task ? await shop.host.ask({ ask: 'log', task: task.id, run: task.last_run === run.id ? null : run.id }) : null;
    if (gone()) return;
    const screen = new Screen(
      box,
      {
        state: (state) => (this.state = state),
        taken: (taken) => {
          this.taken = taken;
          shop.polite = taken ? 'You type into the terminal now. Control, Shift and Escape give the keyboard back.' : 'The keyboard is given back.';
        },
        size: (cols, rows) => (this.size = `${cols}×${rows}`),
        earlier: (bytes) => (this.earlier = bytes),
        paste: (paste, type) => (this.asked = { paste, type }),
        link: (target) => (this.link = target),
        open: (url) => this.open(url),
        found: (at, of) => (this.found = { at, of }),
        search: () => (this.searching = true),
        copied: () => shop.say('Copied'),
        trouble: (error) => this.complain(error),
      },
      { renderer: shop.prefs.all.renderer, aloud: shop.prefs.all.aloud === 'on' },
    );
    this.screen = screen;
    // An open desk's keys are its terminal's, unless somebody already does something else there.
    if (!document.activeElement?.closest('.panel, dialog')) screen.focus();
    if (recorded) screen.play(recorded.kind === 'text' ? recorded.value : '', run.exit ? `ended: ${ending(run.exit)}` : 'ended');
    else if (run.state === 'ended') this.trouble = 'What a session without a task printed is kept, but cannot be shown here yet.';
    else screen.attach(shop.host, String(run.desk));
  }

  /** Said once, however many keys are refused for the same reason. */
  private complain(error: unknown): void {
    const [text, detail] = error instanceof Refused ? [`Not done: ${error.refusal.message}`, error.refusal.detail] : [error instanceof Error ? error.message : String(error), ''];
    if (!this.shop.toasts.some((toast) => toast.text === text)) this.shop.say(text, detail, true);
  }
  private open(url: string): void {
    const { native } = this.shop.host;
    if (native) native.openLink(url).catch((error: unknown) => this.complain(error));
    else this.shop.say('Links are opened by the app, not by a page in a browser', url, true);
  }

  take(): void {
    this.screen?.take();
  }
  giveBack(): void {
    this.screen?.giveBack();
  }
  interrupt(): void {
    this.screen?.interrupt().then(() => this.shop.say('Ctrl-C was sent'), (error: unknown) => this.complain(error));
  }
  find(text: string, back = false): void {
    this.screen?.find(text, back);
  }
  endFind(): void {
    this.searching = false;
    this.screen?.endFind();
    this.screen?.focus();
  }
  copy(): void {
    void this.screen?.copy();
  }
  answer(yes: boolean): void {
    if (yes) this.asked?.type();
    this.asked = null;
    this.screen?.focus();
  }
}

const words = (error: unknown): string =>
  error instanceof Refused ? `${error.refusal.message}: ${error.refusal.detail}` : error instanceof Error ? error.message : String(error);
