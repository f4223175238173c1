// What may be pasted into a program: judged before a character is typed. Escape and every other control character are taken
// out, what cannot be seen is shown, and anything that could run by itself is asked about. Pure; the asking is a panel's.

export interface Paste {
  /** What would be typed, with the program's own brackets round it where it asked for them. */
  text: string;
  /** What of it is shown to its owner: line ends and invisible characters as signs. */
  shown: string;
  /** Why it is asked about; empty when it can be typed at once. */
  why: string[];
}

export const PASTE_MAX = 256 * 1024;
const SHOWN_MAX = 4000;
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
/** Characters that change how others are read or that nobody sees: direction, joiners, tags, marks. */
const HIDDEN = /[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

export function judgePaste(clipboard: string, bracketed: boolean): Paste {
  const why: string[] = [];
  const lines = clipboard.replace(/\r\n?/g, '\n');
  const bare = lines.replace(CONTROL, '');
  const hidden = bare.match(HIDDEN)?.length ?? 0;
  const count = bare.split('\n').length;
  if (bare.length > PASTE_MAX) return { text: '', shown: '', why: [`It has ${bare.length.toLocaleString('en')} characters, more than a terminal takes at once; put it into a file instead`] };
  if (bare.length < lines.length) why.push(`${many(lines.length - bare.length, 'control character')} would be left out`);
  if (hidden > 0) why.push(`it holds ${many(hidden, 'character')} that cannot be seen`);
  // Within brackets a program takes lines as text; without them each line end is the Enter key.
  if (count > 1) why.push(bracketed ? `it has ${count} lines` : `it has ${count} lines, and each line end is typed as Enter`);
  const typed = bare.replaceAll('\n', '\r');
  return { text: bracketed ? `\x1b[200~${typed}\x1b[201~` : typed, shown: show(bare), why };
}

const many = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`;

function show(text: string): string {
  const head = text.length > SHOWN_MAX ? text.slice(0, SHOWN_MAX) : text;
  const left = text.length - head.length;
  const signs = head.replace(HIDDEN, (sign) => `⟨U+${sign.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`).replaceAll('\n', '⏎\n').replaceAll('\t', '⇥\t');
  return left > 0 ? `${signs}\n… and ${left.toLocaleString('en')} characters more` : signs;
}
