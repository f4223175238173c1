// What a held request says to a tired person: what it wants, what the risk is, why it is asked about, and its words or its change
// as they are read. Pure. Not here: what comes of doing nothing (words.ts), colours, markup.
import type { Approval } from '../bindings';

/** Each kind of risk: what somebody wants who runs into it, and what can come of it. */
const KINDS: Readonly<Record<string, readonly [string, string]>> = {
  destructive: ['wants to delete or overwrite', 'what is lost may not come back'],
  spend: ['wants to spend money', 'money goes, and does not come back'],
  publish: ['wants to send something out', 'what is out cannot be called back'],
  scope: ['goes beyond what is settled', 'it may do more than its task needs'],
  secrets: ['wants to touch secrets', 'keys or passwords may be read, or leave'],
  network: ['wants to reach outside', 'something may go out, or come in'],
  system: ['wants to change this machine', 'it is changed for everything that runs on it'],
  'git-history': ['wants to rewrite history', 'commits may be lost, or be other ones'],
  dependency: ['wants other dependencies', 'code of others comes in and is run'],
  'human-facing': ['wants to write to people', 'people will read it'],
};
/** The kinds of risk, in the order in which they are set. */
export const RISKS = Object.keys(KINDS);
export const riskWords = (category: string): string => KINDS[category]?.[1] ?? '';

const EDITS = ['Edit', 'MultiEdit', 'Write', 'NotebookEdit', 'write_file', 'replace', 'edit', 'write'];
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** What it wants, in a few words after a name. */
export function wants(it: Approval): string {
  if (it.held === 'words') return 'asks for a word from you';
  const call = callOf(it);
  if (call) {
    if (call.file && EDITS.includes(call.tool)) return `wants to change ${base(call.file)}`;
    if (call.patch) return 'wants to change files';
    if (call.url) return 'wants to reach outside';
    const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(call.tool) ?? [];
    return server ? `wants to use ${tool} of ${server}` : `wants to use ${call.tool}`;
  }
  if (it.ruling?.rule === 'none') return 'wants to run something new';
  return KINDS[it.ruling?.category ?? '']?.[0] ?? 'wants to run a command';
}
const base = (path: string): string => path.split('/').at(-1) || path;

/** Why it is asked about: the rule's own words as a sentence. */
export function whyAsked(it: Approval): string {
  const { ruling } = it;
  if (!ruling) return '';
  if (ruling.rule === 'none') return 'No rule says anything about it, so you are asked.';
  const why = ruling.why.replace(/^perhaps: /, 'perhaps ');
  return `${why.charAt(0).toUpperCase()}${why.slice(1)}${/[.!?]$/.test(why) ? '' : '.'}`;
}

/** The same in one line: a command's own words, or what a tool is wanted for. */
export const glance = (it: Approval): string => (it.held === 'tool' ? wants(it) : (shownOf(it).line ?? it.shown));

interface Call {
  tool: string;
  input: Readonly<Record<string, unknown>>;
  file: string | null;
  url: string | null;
  patch: string | null;
}
/** A tool and its input; none where a command is held, or the input does not read. */
function callOf(it: Approval): Call | null {
  if (it.held !== 'tool') return null;
  const [tool = '', given = ''] = it.argv;
  let input: Record<string, unknown> = {};
  try {
    const read: unknown = JSON.parse(given || '{}');
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) input = read as Record<string, unknown>;
  } catch {
    // Shown as it is.
  }
  const file = ['file_path', 'notebook_path', 'filePath', 'absolute_path', 'path'].map((name) => text(input[name])).find(Boolean) ?? null;
  const patch = ['patch', 'input', 'command'].map((name) => text(input[name])).find((value) => value?.startsWith('*** Begin Patch')) ?? null;
  return { tool, input, file, url: text(input.url), patch };
}

export interface ShownLine {
  kind: 'same' | 'added' | 'removed' | 'head';
  text: string;
}
/** What is asked, as it is read: a command's line, or a change line by line. `exact`: the very words, where they are other ones. */
export interface Shown {
  language: string | null;
  /** The file that is changed. */
  file: string | null;
  line: string | null;
  lines: readonly ShownLine[];
  exact: string | null;
}

/** What moves the cursor, turns the direction of writing, or cannot be seen; line ends and tabs are neither. */
const HIDES = /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/u;
const HIDDEN = new RegExp(HIDES.source, 'gu');
const spelled = (words: string): string => words.replace(HIDDEN, (sign) => `⟨U+${sign.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`);

export function shownOf(it: Approval): Shown {
  const call = callOf(it);
  if (!call) {
    const [shell, flag, line] = it.argv;
    // A line for a shell is read without the quotes around it, where nothing in it can hide.
    const plain = it.held !== 'words' && it.argv.length === 3 && shell === 'sh' && flag === '-c' && line !== undefined && !HIDES.test(line);
    return { language: it.held === 'words' ? null : 'bash', file: null, line: plain ? line.trim() : it.shown, lines: [], exact: null };
  }
  const lines = changed(call);
  const language = call.file?.includes('.') ? (call.file.split('.').at(-1) ?? null) : null;
  if (lines.length > 0) return { language, file: call.file, line: null, lines, exact: it.shown };
  if (call.url && !HIDES.test(call.url)) return { language: null, file: null, line: call.url, lines: [], exact: it.shown };
  return { language: null, file: null, line: it.shown, lines: [], exact: null };
}

function changed({ input, patch }: Call): ShownLine[] {
  if (patch !== null)
    return rows(patch).flatMap((row): ShownLine[] => {
      if (/^\*\*\* (Begin|End) Patch/.test(row)) return [];
      if (/^(\*\*\* |@@)/.test(row)) return [{ kind: 'head', text: row.replace(/^\*\*\* /, '') }];
      return [{ kind: row.startsWith('+') ? 'added' : row.startsWith('-') ? 'removed' : 'same', text: /^[-+ ]/.test(row) ? row.slice(1) : row }];
    });
  const edits = Array.isArray(input.edits) ? (input.edits as Record<string, unknown>[]) : [input];
  return edits.flatMap((edit, at): ShownLine[] => {
    const was = text(edit.old_string) ?? text(edit.oldString);
    const is = text(edit.new_string) ?? text(edit.newString) ?? text(edit.new_source) ?? (was === null ? text(edit.content) : null);
    if (is === null && was === null) return [];
    const head: ShownLine[] = edits.length > 1 ? [{ kind: 'head', text: `${at + 1} of ${edits.length}` }] : [];
    return [...head, ...between(rows(was ?? ''), rows(is ?? ''))];
  });
}
const rows = (words: string): string[] => (words === '' ? [] : spelled(words).replace(/\n$/, '').split('\n'));

/** What both begin and end with is the same; between, what goes and then what comes. */
function between(was: string[], is: string[]): ShownLine[] {
  let top = 0;
  while (top < was.length && top < is.length && was[top] === is[top]) top++;
  let end = 0;
  while (end < was.length - top && end < is.length - top && was.at(-1 - end) === is.at(-1 - end)) end++;
  const line = (kind: ShownLine['kind']) => (words: string): ShownLine => ({ kind, text: words });
  return [
    ...was.slice(0, top).map(line('same')),
    ...was.slice(top, was.length - end).map(line('removed')),
    ...is.slice(top, is.length - end).map(line('added')),
    ...was.slice(was.length - end).map(line('same')),
  ];
}
