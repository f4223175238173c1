// The window's own settings, alive: kept in this browser's storage, and worked out against what the system prefers.
// Not here: what may be set and how it is checked (state/prefs.ts).
import { isFlat, isLow, isSlim, PREFS, readPrefs, roomFor, textSize, type Prefs, type Room } from '../state/prefs';

const KEY = 'afterhours.window';

/** Storage may be refused or full; then the window forgets, and works. */
export function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
export function keep(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    // Nothing is lost but the memory of it.
  }
}

export class LivePrefs {
  all = $state.raw<Prefs>(readPrefs(kept(KEY)));
  private systemStill = $state(false);
  private systemContrast = $state(false);
  private width = $state(1440);
  private height = $state(900);

  /** Nothing moves that need not. */
  still = $derived(this.all.motion === 'less' || this.systemStill);
  contrast = $derived(this.all.contrast === 'more' || this.systemContrast);
  /** Size of text as a factor. */
  scale = $derived(this.all.text / 100);
  room: Room = $derived(roomFor(this.width / this.scale));
  low = $derived(isLow(this.height / this.scale));
  flat = $derived(isFlat(this.height / this.scale));
  slim = $derived(isSlim(this.width / this.scale));
  /** Below this the requests are a drawer, called from the top bar. */
  drawer = $derived(this.room === 'narrow' || this.room === 'tight');

  set(change: Partial<Prefs>): void {
    const next = { ...this.all, ...change };
    this.all = { ...next, text: textSize(next.text) };
    keep(KEY, JSON.stringify(this.all));
  }
  reset(): void {
    this.set(PREFS);
  }

  /** Follows the system and the window's size until the returned function is called. */
  follow(): () => void {
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    const more = matchMedia('(prefers-contrast: more)');
    const look = (): void => {
      this.systemStill = still.matches;
      this.systemContrast = more.matches;
      this.width = innerWidth;
      this.height = innerHeight;
    };
    look();
    still.addEventListener('change', look);
    more.addEventListener('change', look);
    addEventListener('resize', look);
    return () => {
      still.removeEventListener('change', look);
      more.removeEventListener('change', look);
      removeEventListener('resize', look);
    };
  }
}
