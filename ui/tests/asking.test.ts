// What a card of the inbox says of a request, and that nothing in one can hide from whoever reads it.
import { describe, expect, it } from 'vitest';
import type { Approval } from '../src/bindings';
import { shownOf, wants, whyAsked } from '../src/state/asking';

const AT = '2026-01-01T00:00:00Z';
const asked = (more: Partial<Approval>): Approval => ({
  id: 1, run: 1, desk: 1, task: 1, held: 'command', argv: ['ls'], shown: 'ls', cwd: '/c', reason: null, state: 'waiting', asked: AT, answered: null, note: null, exit: null, since: AT, hash: 'h', ...more,
});
const line = (text: string): Approval => asked({ argv: ['sh', '-c', text], shown: `sh -c '${text}'` });
const tool = (name: string, input: unknown): Approval => asked({ held: 'tool', argv: [name, JSON.stringify(input)], shown: `${name} …` });
const ruling = (rule: string, category: string, why: string): Partial<Approval> => ({ ruling: { said: 'ask', rule, category, why } });

describe('a request', () => {
  it('says what is wanted, by what it is', () => {
    expect(wants(asked(ruling('git.push', 'publish', 'w')))).toBe('wants to send something out');
    expect(wants(asked(ruling('none', 'scope', 'w')))).toBe('wants to run something new');
    expect(wants(asked({}))).toBe('wants to run a command');
    expect(wants(tool('Edit', { file_path: '/a/b/ci.yml', old_string: 'a', new_string: 'b' }))).toBe('wants to change ci.yml');
    expect(wants(tool('mcp__mail__send_it', {}))).toBe('wants to use send_it of mail');
    expect(wants(tool('WebFetch', { url: 'https://example.org' }))).toBe('wants to reach outside');
    expect(wants(asked({ held: 'words' }))).toBe('asks for a word from you');
  });
  it('says why in a sentence, and no jargon where no rule knows it', () => {
    expect(whyAsked(asked(ruling('git.push', 'publish', 'commits leave this machine')))).toBe('Commits leave this machine.');
    expect(whyAsked(asked(ruling('none', 'scope', 'no rule knows this: run [sh] <script> none')))).not.toContain('[sh]');
    expect(whyAsked(asked({}))).toBe('');
  });
  it('reads a line for a shell without its quotes, unless something in it hides', () => {
    expect(shownOf(line('a && b\nc')).line).toBe('a && b\nc');
    for (const hidden of ['safe\u202e; rm -rf /', 'a\u200bb', 'a\rrm -rf /', 'a\u001b[2K', 'a\u{e0041}', 'a\u00a0b']) expect(shownOf(line(hidden)).line).toMatch(/^sh -c /);
  });
  it('shows a change line by line: what stays, what goes, what comes', () => {
    const edit = shownOf(tool('Edit', { file_path: '/a.ts', old_string: 'one\ntwo\nthree\n', new_string: 'one\nzwei\nthree\n' }));
    expect(edit.lines.map((it) => `${it.kind} ${it.text}`)).toEqual(['same one', 'removed two', 'added zwei', 'same three']);
    expect(edit).toMatchObject({ file: '/a.ts', language: 'ts', line: null, exact: 'Edit …' });
    expect(shownOf(tool('Write', { file_path: '/a', content: 'x\ny' })).lines.map((it) => it.kind)).toEqual(['added', 'added']);
    const both = tool('MultiEdit', { file_path: '/a', edits: [{ old_string: 'a', new_string: 'b' }, { old_string: 'c', new_string: '' }] });
    expect(shownOf(both).lines.map((it) => it.text)).toEqual(['1 of 2', 'a', 'b', '2 of 2', 'c']);
    const patch = '*** Begin Patch\n*** Update File: a.py\n@@ def f\n-x\n+y\n z\n*** End Patch';
    expect(shownOf(tool('apply_patch', { command: patch })).lines.map((it) => it.kind)).toEqual(['head', 'head', 'removed', 'added', 'same']);
  });
  it('spells out in a change what would not be seen', () => {
    const [only] = shownOf(tool('Write', { file_path: '/a', content: 'if (admin\u202e\u2066) {' })).lines;
    expect(only!.text).toBe('if (admin⟨U+202E⟩⟨U+2066⟩) {');
  });
  it('shows whatever else as it was asked, input that does not read, too', () => {
    expect(shownOf(asked({ held: 'tool', argv: ['Edit', '{"broken'], shown: `Edit '{"broken'` })).line).toBe(`Edit '{"broken'`);
    expect(shownOf(asked({ held: 'tool', argv: ['x', '[1]'], shown: 'x [1]' })).line).toBe('x [1]');
  });
});
