// `npm run bench [-- NAME ...] [--json FILE]`: builds the bench programs in release form, runs them one after another
// with nothing beside them, and prints their rows. --json writes the rows as one array; --list names the programs.
// Ends badly when a program fails or prints no valid row; with --strict also when a goal is not met.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { cpus, platform, release } from 'node:os';
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeReady } from './needs.mjs';
import { readRows, table } from './rows.mjs';

/**
 * The bench programs. Each is a cargo target (`cargo` says which) or a script (`node`), and prints one JSON line per figure on stdout:
 * {name, value, unit, limit, ratio, goal, met}. Other lines are shown as they are. `minutes` is where it is ended; `also`
 * is what has to be built for it, `first` a script that has to run before that.
 */
const BENCHES = [
  { name: 'pty', what: 'bytes through our terminals over a raw loop', cargo: ['-p', 'office-pty', '--example', 'pty_bench'], minutes: 5 },
  {
    name: 'host',
    what: 'bytes, keys, memory and idle time through the detached host',
    cargo: ['-p', 'office-pty', '--example', 'host_bench'],
    also: ['-p', 'office-pty', '--bins'],
    minutes: 5,
  },
  { name: 'commit', what: 'a commit over one fsync', cargo: ['-p', 'office-store', '--example', 'store_bench'], minutes: 5 },
  { name: 'guard', what: 'a verdict of the command guard, in-process', cargo: ['-p', 'office-guard', '--example', 'guard_bench'], minutes: 3 },
  {
    name: 'gate',
    what: "an engine's hook from start to answer, and a verdict, at rest and while 10,000 mails pour in",
    cargo: ['-p', 'office-tests', '--example', 'gate_bench'],
    also: ['-p', 'office-cli', '-p', 'office-pty', '-p', 'office-hook', '-p', 'office-guard', '--bins'],
    minutes: 5,
  },
  {
    name: 'sandbox',
    what: 'what the sandbox adds to the start of a program',
    cargo: ['-p', 'office-sandbox', '--example', 'sandbox_bench'],
    also: ['-p', 'office-sandbox', '--bins'],
    minutes: 2,
  },
  {
    name: 'meter',
    what: 'the first byte of an answer through the metering proxy',
    cargo: ['-p', 'office-meter', '--example', 'meter_bench'],
    also: ['-p', 'office-meter', '--bins'],
    minutes: 3,
  },
  { name: 'dispatch', what: 'no-op tasks over bare git and sh', cargo: ['-p', 'office-runtime', '--example', 'dispatch_bench'], minutes: 5 },
  { name: 'mail', what: 'a mail from sending to reading, and a burst', cargo: ['-p', 'office-runtime', '--example', 'mail_bench'], minutes: 5 },
  { name: 'memory', what: 'searching and filling the index, beside SQLite FTS5', cargo: ['-p', 'office-memory', '--example', 'memory_bench'], minutes: 5 },
  {
    name: 'start',
    what: '`office run` from exec to ready',
    cargo: ['-p', 'office-runtime', '--example', 'start_bench'],
    also: ['-p', 'office-cli', '--bin', 'office'],
    minutes: 5,
  },
  {
    name: 'idle',
    what: 'a hundred idle desks: memory and processor time of runtime and host',
    also: ['-p', 'office-cli', '-p', 'office-pty', '--bins'],
    node: ['tests/tools/bench-idle.mjs'],
    minutes: 4,
  },
  { name: 'terminal', what: 'a flood into an open desk, in Chromium', node: ['tests/tools/ui.mjs', 'bench-terminal'], minutes: 3 },
  {
    name: 'window',
    what: 'events, terminals, memory and frames of the real window, in release form',
    first: ['tests/tools/ui.mjs', 'page'],
    also: ['-p', 'afterhours', '-p', 'office-cli', '-p', 'office-pty', '-p', 'office-hook', '--bins'],
    node: ['tests/e2e/bench.mjs'],
    minutes: 8,
  },
  { name: 'floor', what: 'frames of the floor, in Chromium', node: ['tests/tools/ui.mjs', 'bench'], minutes: 6 },
];

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

function options() {
  const known = { json: { type: 'string' }, list: { type: 'boolean', default: false }, strict: { type: 'boolean', default: false } };
  const { values, positionals } = parseArgs({ options: known, allowPositionals: true });
  // Without `--` npm keeps `--json` for itself and passes only the file on.
  if (!values.json && process.env.npm_config_json === 'true') values.json = positionals.pop();
  const stranger = positionals.find((name) => !BENCHES.some((bench) => bench.name === name));
  if (stranger) throw new Error(`no bench is called ${stranger}; there are ${BENCHES.map((bench) => bench.name).join(', ')}`);
  return { ...values, benches: BENCHES.filter((bench) => positionals.length === 0 || positionals.includes(bench.name)) };
}

/** Runs a program, its stdout collected, its stderr shown. */
function collect([program, ...args], minutes) {
  const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], detached: platform() !== 'win32' });
  let [text, timedOut] = ['', false];
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  const timer = setTimeout(() => {
    timedOut = true;
    platform() === 'win32' ? child.kill() : process.kill(-child.pid, 'SIGKILL');
  }, minutes * 60_000);
  return new Promise((done) => {
    const finish = (code) => {
      clearTimeout(timer);
      done({ code, timedOut, text });
    };
    child.once('error', () => finish(null));
    child.once('close', finish);
  });
}

async function main() {
  const asked = options();
  if (asked.list) {
    for (const bench of BENCHES) console.log(`${bench.name.padEnd(10)} ${bench.what}`);
    return;
  }
  makeReady(ROOT);
  const [rows, failures] = [[], []];
  for (const bench of asked.benches) {
    const builds = [bench.cargo, bench.also].filter(Boolean);
    if (bench.first && spawnSync(process.execPath, bench.first, { cwd: ROOT, stdio: 'inherit' }).status !== 0) {
      failures.push(`${bench.name}: ${bench.first.join(' ')} failed`);
      continue;
    }
    if (bench.cargo) console.log(`${bench.name}: building ${bench.cargo.join(' ')}`);
    if (!builds.every((what) => spawnSync('cargo', ['build', '--release', '--quiet', ...what], { cwd: ROOT, stdio: 'inherit' }).status === 0)) {
      failures.push(`${bench.name} does not build`);
      continue;
    }
    console.log(`${bench.name}: ${bench.what}`);
    const ran = await collect(bench.node ? [process.execPath, ...bench.node] : ['cargo', 'run', '--release', '--quiet', ...bench.cargo], bench.minutes);
    const read = readRows(ran.text);
    for (const line of read.lines) console.log(`  ${line}`);
    rows.push(...read.rows);
    failures.push(...read.wrong.map((why) => `${bench.name}: ${why}`));
    if (ran.timedOut) failures.push(`${bench.name} was ended after ${bench.minutes} minutes`);
    else if (ran.code !== 0) failures.push(`${bench.name} exited ${ran.code}`);
    if (read.rows.length === 0) failures.push(`${bench.name} printed no row`);
  }
  if (rows.length > 0) console.log(`\n${table(rows)}\n\n${cpus().length} x ${cpus()[0]?.model ?? 'cpu'}, ${platform()} ${release()}`);
  if (asked.json) {
    const file = resolve(process.env.INIT_CWD ?? process.cwd(), asked.json);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]\n`);
    console.log(`rows written to ${file}`);
  }
  const missed = rows.filter((row) => !row.met).length;
  for (const failure of failures) console.log(`failed: ${failure}`);
  console.log(`${rows.length - missed} goals met, ${missed} missed, ${failures.length} failures`);
  process.exitCode = failures.length > 0 || (asked.strict && missed > 0) ? 1 : 0;
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
