// The fences between the window's folders, as docs/ARCHITECTURE.md draws them, and a few rules a compiler does not hold.
// Formatting is not here.
import tsParser from '@typescript-eslint/parser';
import svelteParser from 'svelte-eslint-parser';

const only = (what, where) => ({ group: what, message: `only ${where} may import this` });
const SHELL = only(['@tauri-apps/*'], 'src/host/');
const PIXI = only(['pixi.js', 'pixi.js/*'], 'src/floor/render/');
const XTERM = only(['@xterm/*'], 'src/terminal/');
const SVELTE = only(['svelte', 'svelte/*', '*.svelte'], 'src/app/, src/panels/ and src/parts/');
const FENCED = [SHELL, PIXI, XTERM];
const fence = (...groups) => ({ 'no-restricted-imports': ['error', { patterns: groups }] });
const OFFICE = only(['**/state/*', '**/bindings', '**/host/*', '**/panels/*', '**/app/*'], 'what knows the office');

const NO_DOM = ['window', 'document', 'navigator', 'localStorage', 'requestAnimationFrame', 'setTimeout', 'setInterval', 'fetch', 'HTMLElement'];
const NO_CHANCE = [
  { object: 'Math', property: 'random', message: 'chance is injected, so that a test repeats' },
  { object: 'Date', property: 'now', message: 'time is injected, so that a test repeats' },
];
const pure = {
  'no-restricted-globals': ['error', ...NO_DOM.map((name) => ({ name, message: 'no DOM and no timer here: this folder is pure' }))],
  'no-restricted-properties': ['error', ...NO_CHANCE],
};
const house = {
  'no-console': 'error',
  'no-debugger': 'error',
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'prefer-const': 'error',
  'no-var': 'error',
  'max-lines': ['error', 699],
};

export default [
  { ignores: ['dist/', 'node_modules/', 'src/bindings.ts'] },
  { files: ['**/*.ts'], languageOptions: { parser: tsParser } },
  { files: ['**/*.svelte'], languageOptions: { parser: svelteParser, parserOptions: { parser: tsParser } } },
  { files: ['src/**'], rules: { ...house, ...fence(...FENCED) } },
  // Props are taken apart with `let`, whether or not they are ever written to.
  { files: ['src/**/*.svelte'], rules: { 'prefer-const': 'off' } },
  { files: ['src/host/**'], rules: fence(PIXI, XTERM, SVELTE) },
  { files: ['src/state/**'], rules: { ...fence(...FENCED, SVELTE, only(['**/floor/*', '**/panels/*', '**/app/*'], 'what is seen')), ...pure } },
  { files: ['src/floor/model/**'], rules: { ...fence(...FENCED, SVELTE, OFFICE, only(['**/art/*', '**/render/*'], 'the printer')), ...pure } },
  { files: ['src/floor/art/**'], rules: fence(...FENCED, SVELTE, OFFICE) },
  { files: ['src/floor/render/**'], rules: fence(SHELL, XTERM, SVELTE, OFFICE) },
  { files: ['src/terminal/**'], rules: fence(SHELL, PIXI, SVELTE) },
  { files: ['src/parts/**'], rules: fence(...FENCED, OFFICE) },
];
