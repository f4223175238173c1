// Runs the window's tests: `all` (units, types, lint), `browser` (the recorded night in Chromium), `floor` (its picture there),
// `terminal` (an open desk's there); or its figures (`bench`, `bench-terminal`). Before that its npm packages are brought to what ui/package-lock.json says, if they are not. What is
// tested is in ui/tests.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const UI = resolve(dirname(fileURLToPath(import.meta.url)), '../../ui');
const STAMP = join(UI, 'node_modules/.installed-from');
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
  if (!through('npm', ['ci', '--no-audit', '--no-fund'])) return false;
  writeFileSync(STAMP, wanted);
  return true;
}

const run = RUNS[process.argv[2]];
if (!run) throw new Error(`say one of ${Object.keys(RUNS).join(', ')}`);
process.exitCode = freshen() && through(process.execPath, run) ? 0 : 1;
