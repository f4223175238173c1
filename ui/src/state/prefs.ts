// What the owner set for this window alone: light, size of text, motion, contrast, how diffs and terminals are drawn.
// Read back from what was kept, each value checked: one bad value costs that value only. Not here: where it is kept (app).

export interface Prefs {
  theme: 'auto' | 'night' | 'morning';
  /** Per cent of the design's size. */
  text: number;
  motion: 'auto' | 'less';
  contrast: 'auto' | 'more';
  renderer: 'auto' | 'webgl' | 'dom';
  /** Terminals tell a screen reader every line as it comes: of use to who hears them, and slow under a flood. */
  aloud: 'off' | 'on';
  diff: 'unified' | 'split';
  /** The line that says the next single thing, until the first task is done. */
  guide: 'on' | 'off';
}

export const TEXT_MIN = 90;
export const TEXT_MAX = 200;
export const TEXT_STEP = 10;

export const PREFS: Readonly<Prefs> = { theme: 'auto', text: 100, motion: 'auto', contrast: 'auto', renderer: 'auto', aloud: 'off', diff: 'unified', guide: 'on' };

const ONE_OF: { readonly [key in Exclude<keyof Prefs, 'text'>]: readonly Prefs[key][] } = {
  theme: ['auto', 'night', 'morning'],
  motion: ['auto', 'less'],
  contrast: ['auto', 'more'],
  renderer: ['auto', 'webgl', 'dom'],
  aloud: ['off', 'on'],
  diff: ['unified', 'split'],
  guide: ['on', 'off'],
};

/** What was kept as text -> settings; what is missing, unknown or malformed is as the design has it. */
export function readPrefs(kept: string | null): Prefs {
  const out: Prefs = { ...PREFS };
  const found = parsed(kept);
  for (const key of Object.keys(ONE_OF) as (keyof typeof ONE_OF)[])
    if ((ONE_OF[key] as readonly unknown[]).includes(found[key])) Object.assign(out, { [key]: found[key] });
  if (typeof found['text'] === 'number') out.text = textSize(found['text']);
  return out;
}

/** A size of text that can be shown: within bounds, in steps. */
export function textSize(wanted: number): number {
  if (!Number.isFinite(wanted)) return PREFS.text;
  return Math.min(TEXT_MAX, Math.max(TEXT_MIN, Math.round(wanted / TEXT_STEP) * TEXT_STEP));
}

export function parsed(kept: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(kept ?? '{}');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** How much room the panels have, by the window's size in text of the design's size. */
export type Room = 'tight' | 'narrow' | 'snug' | 'wide' | 'vast';
export function roomFor(width: number): Room {
  if (width < 900) return 'tight';
  if (width < 1180) return 'narrow';
  if (width <= 1340) return 'snug';
  return width < 1800 ? 'wide' : 'vast';
}
/** Too low for rails and the strip below them. */
export const isLow = (height: number): boolean => height < 620;
/** Too low for more than the one thing that was opened. */
export const isFlat = (height: number): boolean => height < 470;
/** Too narrow for figures beside a name. */
export const isSlim = (width: number): boolean => width < 600;
