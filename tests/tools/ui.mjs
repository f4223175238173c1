// Runs the window's tests: `all` (units, types, lint), `browser` (the recorded night in Chromium), `floor` (its picture there),
// `terminal` (an open desk's there); or its figures (`bench`, `bench-terminal`); or builds its `page` into ui/dist, if that is
// not of the present sources. Before that its npm packages are brought to what ui/package-lock.json says, if they are not.
// What is tested is in ui/tests.

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const UI = resolve(dirname(fileURLToPath(import.meta.url)), '../../ui');
const STAMP = join(UI, 'node_modules/.installed-from');
const BUILT = join(UI, 'node_modules/.page-built-from');
const SOURCES = ['package-lock.json', 'index.html', 'vite.config.ts', 'svelte.config.js', 'src'];
const RUNS = {
  all: ['tests/all.mjs'],
  browser: ['--test', '--test-reporter=tap', 'tests/browser.mjs'],
  floor: ['--test', '--test-reporter=tap', 'tests/floor-browser.mjs'],
  terminal: ['--test', '--test-reporter=tap', 'tests/terminal-browser.mjs'],
  bench: ['tests/bench-floor.mjs'],
  'bench-terminal': ['tests/bench-terminal.mjs'],
};

/** Runs it with our own output; true if it ended well. */
function through(program, args) {
  return spawnSync(program, args, { cwd: UI, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' }).status === 0;
}

function freshen() {
  const wanted = createHash('sha256').update(readFileSync(join(UI, 'package-lock.json'))).digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return true;
  console.log("installing the window's npm packages, as ui/package-lock.json says, into ui/node_modules: npm ci");
  if (!through('npm', ['ci', '--no-audit', '--no-fund', '--no-update-notifier'])) return false;
  writeFileSync(STAMP, wanted);
  return true;
}

/** One number for everything the page is made of. */
function sources() {
  const hash = createHash('sha256');
  const take = (path) => {
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) take(join(path, name));
    else hash.update(path.slice(UI.length)).update('\0').update(readFileSync(path));
  };
  for (const name of SOURCES) take(join(UI, name));
  return hash.digest('hex');
}

function page() {
  const wanted = sources();
  if (existsSync(join(UI, 'dist/index.html')) && existsSync(BUILT) && readFileSync(BUILT, 'utf8') === wanted) return true;
  console.log("building the window's page into ui/dist: vite build");
  if (!through(process.execPath, ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'])) return false;
  writeFileSync(BUILT, wanted);
  return true;
}

const what = process.argv[2];
const run = RUNS[what];
if (!run && what !== 'page') throw new Error(`say one of ${['page', ...Object.keys(RUNS)].join(', ')}`);
process.exitCode = freshen() && (run ? through(process.execPath, run) : page()) ? 0 : 1;
