// `npm start`: builds the `office` program and plays docs/examples/first-office.sh with it, a whole journey without a
// window: from an empty folder to a merged change. Nothing outside a temporary folder is touched.

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { makeReady } from './needs.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const EXAMPLE = 'docs/examples/first-office.sh';

/** Runs a program with our own input and output; true if it ended well. */
function through(program, args, env = process.env) {
  const ended = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit', env });
  if (ended.error) console.error(`${program}: ${ended.error.message}`);
  return ended.status === 0;
}

function builtIn() {
  const asked = spawnSync('cargo', ['metadata', '--format-version', '1', '--no-deps'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (asked.status !== 0) throw new Error(`cargo metadata failed:\n${asked.stderr}`);
  return JSON.parse(asked.stdout).target_directory;
}

function main() {
  if (!existsSync(join(ROOT, EXAMPLE))) throw new Error(`${EXAMPLE} is missing: is this a whole copy of the repository?`);
  makeReady(ROOT);
  console.log('Building the office. The first time this takes some minutes, later some seconds.');
  // --workspace: the same build as npm test, so that neither has to do it twice.
  if (!through('cargo', ['build', '--workspace', '--bin', 'office'])) throw new Error('The build failed: its words are above.');
  const office = join(builtIn(), 'debug', process.platform === 'win32' ? 'office.exe' : 'office');
  console.log(`\nBuilt ${office}. Now a first office, by its own commands (${EXAMPLE}):\n`);
  if (!through('bash', [EXAMPLE], { ...process.env, OFFICE_BIN: office })) throw new Error('The journey did not reach its end: see above.');
  console.log(`\nYour turn: put ${dirname(office)} on your PATH, or copy the program where you like, and start with: office init`);
}

try {
  main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
