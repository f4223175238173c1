// Words that were typed and not sent: kept while panels close, the office is lost or the page is loaded again, until they
// are sent or thrown away. Bounded. Not here: the forms that they belong to.
import { untrack } from 'svelte';
import { parsed } from '../state/prefs';
import { keep, kept } from './prefs.svelte';

const KEY = 'afterhours.drafts';
const MOST = 40;
const LONGEST = 300_000;
const WAIT_MS = 400;

export class Drafts {
  private readonly words: Record<string, string>;
  private timer = 0;

  constructor() {
    const found = Object.entries(parsed(kept(KEY))).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    this.words = $state(Object.fromEntries(found.slice(-MOST)));
  }
  get(of: string): string {
    return this.words[of] ?? '';
  }
  set(of: string, text: string): void {
    // Whoever keeps words does not thereby follow all that is kept.
    untrack(() => {
      if (text === '') delete this.words[of];
      else this.words[of] = text.slice(0, LONGEST);
      const names = Object.keys(this.words);
      for (const old of names.slice(0, Math.max(0, names.length - MOST))) delete this.words[old];
    });
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => keep(KEY, JSON.stringify(this.words)), WAIT_MS);
  }
  /** At once: the page may be going. */
  save(): void {
    window.clearTimeout(this.timer);
    keep(KEY, JSON.stringify(this.words));
  }
}
