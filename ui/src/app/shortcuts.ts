// The keys, as data: what is pressed, what it does, and in which words the sheet shows it. Letters act only where nobody
// types. Not here: what each does (App.svelte).

export type Act =
  | 'stop' | 'next' | 'previous' | 'accept' | 'deny' | 'review' | 'new' | 'pick' | 'light' | 'keys' | 'find' | 'in' | 'out' | 'fit' | 'back';

export interface Shortcut {
  keys: readonly string[];
  act: Act;
  shown: string;
  does: string;
  ctrl?: boolean;
}

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: ['k'], ctrl: true, act: 'find', shown: 'Ctrl K', does: 'find and do' },
  { keys: [' '], act: 'stop', shown: 'Space', does: 'stop or go on with everything (asks once)' },
  { keys: ['j'], act: 'next', shown: 'J', does: 'next that needs you' },
  { keys: ['k'], act: 'previous', shown: 'K', does: 'the one before' },
  { keys: ['a'], act: 'accept', shown: 'A', does: 'yes: approve, accept, raise, go on; while it has focus or is open' },
  { keys: ['d'], act: 'deny', shown: 'D', does: 'no: deny, send back, do without, not now; while it has focus' },
  { keys: ['r'], act: 'review', shown: 'R', does: 'review it' },
  { keys: ['n'], act: 'new', shown: 'N', does: 'write a task' },
  { keys: ['b'], act: 'pick', shown: 'B, arrows, Enter', does: 'pick a card up, choose a desk, give it' },
  { keys: ['t'], act: 'light', shown: 'T', does: 'preview the other light' },
  { keys: ['+', '='], act: 'in', shown: '+', does: 'nearer' },
  { keys: ['-'], act: 'out', shown: '−', does: 'farther' },
  { keys: ['0'], act: 'fit', shown: '0', does: 'the whole floor' },
  { keys: ['?'], act: 'keys', shown: '?', does: 'this list' },
  { keys: ['Escape'], act: 'back', shown: 'Esc', does: 'put the card back; back to the floor' },
];

/** Keys that need no list entry of their own. */
export const ALSO: readonly (readonly [string, string])[] = [
  ['Arrow keys', 'from desk to desk, by direction on screen'],
  ['Enter', 'open the desk or card that has focus'],
  ['Alt ↑, Alt ↓', 'move a card up or down in the order in which tasks start'],
  ['B, ⌫, Enter', 'take a queued card back into the backlog'],
  ['B on a role, Enter', 'hire for the empty desk'],
  ['[ and ]', 'in a review: the file before, the next file'],
  ['V', 'in a review: one column or side by side'],
];

const TYPES = 'input, textarea, select, [contenteditable]';

export function actOf(event: KeyboardEvent): Act | null {
  const target = event.target instanceof Element ? event.target : null;
  const typing = target?.closest(TYPES) !== null && target !== null && !(target instanceof HTMLInputElement && target.type === 'checkbox');
  const ctrl = event.ctrlKey || event.metaKey;
  const found = SHORTCUTS.find((it) => (it.ctrl ?? false) === ctrl && it.keys.includes(event.key.length === 1 ? event.key.toLowerCase() : event.key));
  if (!found || event.altKey || (typing && !found.ctrl && found.act !== 'back')) return null;
  // Space presses the button that has focus.
  if (found.act === 'stop' && target?.closest('button, summary, a, [role=tab]')) return null;
  return found.act;
}
