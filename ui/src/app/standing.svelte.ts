// Where the connection to the office stands, as it is said in the window. A short loss is not worth a word: it is said only
// when it lasts. Not here: finding the office again, which the shell does.
import type { Refusal } from '../bindings';
import type { News } from '../host/tauri';

const WORTH_A_WORD_MS = 1200;

class Standing {
  /** What is going on, while the office is looked for. */
  looking = $state<string | null>('Opening');
  /** Why it cannot be had. */
  down = $state.raw<Refusal | null>(null);
  /** The machine it is on; none is this one. */
  on = $state<string | null>(null);
  /** It was there before. */
  lost = $state(false);
  private timer = 0;

  hear(news: News): void {
    if (news.news === 'wanted') return;
    window.clearTimeout(this.timer);
    this.on = news.on ?? null;
    if (news.news === 'up') {
      this.lost = true;
      this.looking = null;
      this.down = null;
    } else if (news.news === 'down') {
      this.looking = null;
      this.down = news.refusal;
    } else {
      this.timer = window.setTimeout(() => {
        this.down = null;
        this.looking = news.said;
      }, this.lost && !this.down ? WORTH_A_WORD_MS : 0);
    }
  }
}
export const standing = new Standing();
