// Files dropped on the window -> the draft of one task: a small text. Anything else is refused in words, and nothing of it is
// read: the size and the kind are known before a byte is. Not here: the form (TaskForm.svelte).
import { EMPTY, type Written } from './written';

const MOST_BYTES = 256 * 1024;
const TEXT = /\.(md|markdown|txt|text|rst|org)$/i;
const TITLE_MAX = 200;

export type Dropped = Written | { refused: string; detail: string };

export async function draftFrom(files: readonly File[]): Promise<Dropped> {
  const [file] = files;
  if (!file) return { refused: 'Nothing was dropped', detail: 'drop one text file; it becomes a new task' };
  if (files.length > 1) return { refused: `${files.length} files are too many`, detail: 'drop one text file; it becomes a new task' };
  if (file.size > MOST_BYTES) return { refused: `${file.name} has ${size(file.size)}; a task takes at most 256 KiB`, detail: 'it was not read: commit it to the repository and name it in the task' };
  if (!TEXT.test(file.name) && !file.type.startsWith('text/')) return { refused: `${file.name} is no text`, detail: 'it was not read: a Markdown or text file becomes a new task' };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    return { refused: `${file.name} cannot be read as text`, detail: 'save it as UTF-8, or write the task by hand (N)' };
  }
  return fromText(file.name, text.replaceAll('\0', ''));
}

/** The first heading, or the file's name, is the title; the rest is what is to be done. */
export function fromText(name: string, text: string): Written {
  const heading = /^\s*#{1,6}\s+(.+?)\s*#*\s*$/m.exec(text);
  const first = heading && text.slice(0, heading.index).trim() === '' ? heading : null;
  const title = first ? first[1]! : name.replace(/\.[^.]+$/, '').replace(/[-_]+/g, ' ');
  const body = first ? text.slice(first.index + first[0].length).trim() : text.trim();
  return { ...EMPTY, title: title.slice(0, TITLE_MAX), body };
}

function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** step).toFixed(step > 0 ? 1 : 0)} ${units[step]}`;
}
