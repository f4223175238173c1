// What a program's output may not do here. It is not trusted: it may colour and move, but neither reach the clipboard, nor
// name the window, nor repaint our palette, nor have us type an answer that nobody gave. Not here: links (links.ts).
import type { IParser } from '@xterm/xterm';

/** The longest target of a link that is remembered: a screen of longer ones would fill the memory. */
export const LINK_MAX = 2048;

type Csi = Parameters<IParser['registerCsiHandler']>[0];
/** Questions a program asks its terminal, answered in bytes that look like typing. */
const QUESTIONS: readonly Csi[] = [
  { final: 'c' }, { prefix: '>', final: 'c' }, { prefix: '=', final: 'c' },
  { final: 'n' }, { prefix: '?', final: 'n' },
  { intermediates: '$', final: 'p' }, { prefix: '?', intermediates: '$', final: 'p' },
  { final: 'x' }, { prefix: '>', final: 'q' },
];
/** Reports whose answer a program could have chosen itself, and what works on the window: never. */
const NEVER: readonly Csi[] = [{ final: 't' }, { intermediates: '$', final: 'w' }, { intermediates: '*', final: 'y' }];
/** Titles and icon names, colours of the palette and of text, cursor and selection, notifications, clipboard, files. */
const NEVER_OSC = [0, 1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 17, 19, 50, 52, 99, 104, 105, 110, 111, 112, 117, 119, 133, 633, 777, 1337];

/**
 * `answers` says whether questions are answered now: only by whoever has the keyboard, and only to what was printed since.
 * A viewer that answers would type into a program that may be asking somebody else, or asked an hour ago.
 */
export function holdBack(parser: IParser, answers: () => boolean): void {
  for (const id of QUESTIONS) parser.registerCsiHandler(id, () => !answers());
  for (const id of NEVER) parser.registerCsiHandler(id, () => true);
  for (const id of NEVER_OSC) parser.registerOscHandler(id, () => true);
  // DECRQSS and XTGETTCAP quote what was asked in their answers.
  for (const intermediates of ['$', '+']) parser.registerDcsHandler({ intermediates, final: 'q' }, () => true);
  parser.registerOscHandler(8, (data) => data.length > LINK_MAX);
}
