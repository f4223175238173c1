// A patch as git writes it -> files, hunks and coloured lines. diff2html reads the patch, highlight.js the languages;
// both give text that is escaped before it is markup. Not here: showing it (Diff.svelte).
import { parse } from 'diff2html';
import hljs from 'highlight.js/lib/common';

export interface Line {
  kind: 'same' | 'added' | 'removed';
  old: number | null;
  fresh: number | null;
  /** Escaped, with spans of colour. */
  html: string;
}
export interface Hunk {
  head: string;
  lines: Line[];
}
export interface FileDiff {
  path: string;
  was: string | null;
  note: string;
  added: number;
  removed: number;
  hunks: Hunk[];
  /** Lines that are not shown, because nobody reads that many. */
  left: number;
}

/** A file longer than this is cut; the desk and the command line show the rest. */
const LINES_MAX = 2000;
const COLOURED_MAX = 400;

export function readPatch(patch: string): FileDiff[] {
  return parse(patch).map((file) => {
    const path = file.newName === '/dev/null' ? file.oldName : file.newName;
    const language = hljs.getLanguage(file.language) ? file.language : null;
    let left = 0;
    let shown = 0;
    const hunks = file.blocks.map((block): Hunk => {
      const room = Math.max(0, LINES_MAX - shown);
      left += Math.max(0, block.lines.length - room);
      const lines = block.lines.slice(0, room).map((line): Line => {
        const text = line.content.slice(1);
        return {
          kind: line.type === 'insert' ? 'added' : line.type === 'delete' ? 'removed' : 'same',
          old: line.oldNumber ?? null,
          fresh: line.newNumber ?? null,
          html: coloured(text, language),
        };
      });
      shown += lines.length;
      return { head: block.header, lines };
    });
    const note = file.isBinary ? 'binary' : file.isNew ? 'new' : file.isDeleted ? 'removed' : file.isRename ? 'renamed' : '';
    return { path, was: file.isRename ? file.oldName : null, note, added: file.addedLines, removed: file.deletedLines, hunks, left };
  });
}

/** Lines side by side: what was removed beside what took its place, in order. */
export function pairs(lines: readonly Line[]): [Line | null, Line | null][] {
  const out: [Line | null, Line | null][] = [];
  let gone: Line[] = [];
  let come: Line[] = [];
  const flush = (): void => {
    for (let i = 0; i < Math.max(gone.length, come.length); i++) out.push([gone[i] ?? null, come[i] ?? null]);
    gone = [];
    come = [];
  };
  for (const line of lines) {
    if (line.kind === 'removed') gone.push(line);
    else if (line.kind === 'added') come.push(line);
    else {
      flush();
      out.push([line, line]);
    }
  }
  flush();
  return out;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign]!);
function coloured(text: string, language: string | null): string {
  if (!language || text.length > COLOURED_MAX) return escaped(text);
  return hljs.highlight(text, { language, ignoreIllegals: true }).value;
}
