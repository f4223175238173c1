// `npm start`: builds the page, the office and the window, and opens the window. What is after `--` goes to it:
//   npm start -- --office DIR     another office than the usual one
//   npm start -- --headless       no window: plays docs/examples/first-office.sh with the command line, a whole journey from
//                                 an empty folder to a merged change; nothing outside a temporary folder is touched

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WINDOW_PACKAGES, makeReady } from './needs.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const EXAMPLE = 'docs/examples/first-office.sh';
const EXE = process.platform === 'win32' ? '.exe' : '';

/** Runs a program with our own input and output; true if it ended well. */
function through(program, args, env = process.env) {
  const ended = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit', env });
  if (ended.error) console.error(`${program}: ${ended.error.message}`);
  return ended.status === 0;
}

function builtIn() {
  const asked = spawnSync('cargo', ['metadata', '--format-version', '1', '--no-deps'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (asked.status !== 0) throw new Error(`cargo metadata failed:\n${asked.stderr}`);
  return join(JSON.parse(asked.stdout).target_directory, 'debug');
}

/** One step of the build, with what it is for; its own progress is shown. */
function step(words, program, args) {
  console.log(words);
  if (!through(program, args)) throw new Error('The build failed: its words are above.');
}

function buildOffice() {
  // The same build as npm test, so that neither has to do it twice.
  step('Building the office. The first time this takes some minutes, later some seconds.', 'cargo', ['build', '--workspace', '--exclude', 'afterhours', '--bins']);
}

function headless() {
  if (!existsSync(join(ROOT, EXAMPLE))) throw new Error(`${EXAMPLE} is missing: is this a whole copy of the repository?`);
  makeReady(ROOT);
  buildOffice();
  const office = join(builtIn(), `office${EXE}`);
  console.log(`\nBuilt ${office}. Now a first office, by its own commands (${EXAMPLE}):\n`);
  if (!through('bash', [EXAMPLE], { ...process.env, OFFICE_BIN: office })) throw new Error('The journey did not reach its end: see above.');
  console.log(`\nYour turn: put ${dirname(office)} on your PATH, or copy the program where you like, and start with: office init`);
}

function window(args) {
  if (process.platform === 'win32') throw new Error('On Windows the office does not run yet: its door is a Unix socket so far. In WSL (Ubuntu) `npm start` works as on Linux.');
  makeReady(ROOT, [], WINDOW_PACKAGES);
  step("1 of 3: the window's page.", process.execPath, [join(ROOT, 'tests/tools/ui.mjs'), 'page']);
  process.stdout.write('2 of 3: ');
  buildOffice();
  step('3 of 3: the window. The first time this takes some minutes, too.', 'cargo', ['build', '--package', 'afterhours']);
  const program = join(builtIn(), `afterhours${EXE}`);
  console.log(`\nOpening ${program}. Closing the window leaves the office running; \`${join(builtIn(), `office${EXE}`)} quit\` ends it.`);
  if (!through(program, args)) throw new Error('The window did not open, or broke: its words are above.');
}

function main() {
  const args = process.argv.slice(2);
  // Without `--` npm keeps the option for itself.
  if (args.includes('--headless') || process.env.npm_config_headless === 'true') headless();
  else window(args);
}

try {
  main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
