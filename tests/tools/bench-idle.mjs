// Measures what an office of idle desks costs: a hundred real terminals with a shell at each, nothing typed and nobody looking.
// Memory and processor time of runtime and host together; the shells' own are theirs. Linux, by /proc. Rows on stdout.

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const DESKS = 100;
const SECONDS = 30;
const MOST_MB = 100;
const MOST_PERCENT = 1;
const TICKS = 100;
const ROOT = resolve(fileURLToPath(import.meta.url), '../../..');
const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target');
const OFFICE = join(TARGET, 'release/office');

const folder = mkdtempSync(join(tmpdir(), 'office-bench-'));
const env = { ...process.env, HOME: folder, OFFICE_DIR: join(folder, 'office'), SHELL: '/bin/sh', OFFICE_REVIVE: 'off', OFFICE_HOST_LINGER_SECS: '1' };
delete env.OFFICE_TOKEN;
const office = (...args) => execFileSync(OFFICE, args, { env, encoding: 'utf8' });
const git = (...args) => execFileSync('git', args, { cwd: join(folder, 'shop'), env });
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function stat(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  // Without the time of ended children: those were started to make the office, not to run it.
  return { seconds: (Number(fields[11]) + Number(fields[12])) / TICKS };
}
/** Each process's share of what it has in memory. */
const megabytes = (pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;
const row = (name, value, unit, goal, met) => console.log(JSON.stringify({ name, value, unit, limit: null, ratio: null, goal, met }));

mkdirSync(join(folder, 'shop'));
writeFileSync(join(folder, '.gitconfig'), '[user]\n\tname = a\n\temail = a@b\n');
git('init', '--quiet', '--initial-branch', 'main');
git('commit', '--quiet', '--allow-empty', '--message', 'Begin');
office('init');
const runtime = spawn(OFFICE, ['run'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
try {
  await new Promise((ready) => runtime.stdout.once('data', ready));
  office('project', 'add', join(folder, 'shop'));
  for (let n = 0; n < DESKS; n++) {
    office('desk', 'add', '--name', `desk${n}`, '--role', 'engineer', '--no-auto');
    office('desk', 'open', `desk${n}`);
  }
  const host = JSON.parse(readFileSync(join(env.OFFICE_DIR, readdirSync(env.OFFICE_DIR).includes('host') ? 'host/host.lock' : 'host.lock'), 'utf8')).pid;
  // Prompts are printed and files brought to the disk.
  await pause(5000);
  const both = [runtime.pid, host];
  const used = () => both.reduce((sum, pid) => sum + stat(pid).seconds, 0);
  const [before, began] = [used(), Date.now()];
  await pause(SECONDS * 1000);
  const percent = ((used() - before) / ((Date.now() - began) / 1000)) * 100;
  const [own, hosts] = both.map(megabytes);
  console.log(`runtime ${own.toFixed(1)} MB, host ${hosts.toFixed(1)} MB`);
  row(`${DESKS} idle desks, memory of runtime and host`, own + hosts, 'MB', `<= ${MOST_MB}`, own + hosts <= MOST_MB);
  row(`${DESKS} idle desks, processor`, percent, '% of a core', `< ${MOST_PERCENT}`, percent < MOST_PERCENT);
} finally {
  const gone = new Promise((ended) => runtime.once('exit', ended));
  runtime.kill('SIGTERM');
  await gone;
  rmSync(folder, { recursive: true, force: true });
}
