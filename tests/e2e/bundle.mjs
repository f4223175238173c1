// `npm run bundle:test`: builds the package, installs it on this machine, looks at the window that it brings, upgrades it under a
// desk at work, and removes it again, also when it is told to end in the middle. Debian and Ubuntu, as root or with sudo; a package
// that somebody installed here is left alone.
//   --release   packs what is given to people, not the debug build     --packed   the packages of a run before, not built again
// Not here: whether the window works (journeys.mjs).

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { until } from './driver.mjs';
import { OPEN } from './journey.mjs';
import { has } from '../tools/needs.mjs';
import { openWorld } from './world.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const NAME = 'afterhours';
const WINDOW = '/usr/bin/afterhours';
const OFFICE = '/usr/bin/office';
/** No version that anybody is given: a package of it was left by a run of this test that was killed. */
const [BEFORE, AFTER] = ['0.1.0~tried', '0.9.0~tried'];
const { values: asked } = parseArgs({ options: { release: { type: 'boolean', default: false }, packed: { type: 'boolean', default: false } } });

const step = (words) => console.log(`- ${words}`);
const output = (program, ...args) => execFileSync(program, args, { encoding: 'utf8', cwd: ROOT, maxBuffer: 64 << 20 }).trim();

function asRoot(...command) {
  const [program, ...args] = process.getuid() === 0 ? command : ['sudo', '-n', ...command];
  const ended = spawnSync(program, args, { encoding: 'utf8' });
  if (ended.status !== 0) throw new Error(`${command.join(' ')} failed:\n${ended.stdout}${ended.stderr}`);
}
/** The version that is here, whole or in parts; nothing if none. */
function installed() {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Version} ${db:Status-Status}', NAME], { encoding: 'utf8' });
  const [version, state] = stdout.split(' ');
  return state && state !== 'not-installed' ? version : undefined;
}
function purge() {
  if (installed()?.endsWith('~tried')) asRoot('dpkg', '--purge', '--force-remove-reinstreq', NAME);
}

/** Why it cannot be tried here, or undefined. */
function inTheWay() {
  if (!has('dpkg')) return 'packages are made for Debian and Ubuntu so far: there is no dpkg here';
  if (process.getuid() !== 0 && spawnSync('sudo', ['-n', 'true']).status !== 0) return 'installing needs root: run it as root, or where sudo asks for no password';
  purge();
  if (installed()) return `${NAME} is installed here already, and this test would remove it: do that first (sudo apt remove ${NAME})`;
  return undefined;
}

async function pack(version) {
  const target = JSON.parse(output('cargo', 'metadata', '--format-version', '1', '--no-deps')).target_directory;
  const file = join(target, `bundle/${NAME}_${version}_${output('dpkg', '--print-architecture')}.deb`);
  if (asked.packed && existsSync(file)) return file;
  const args = [join(ROOT, 'tests/tools/bundle.mjs'), '--version', version, ...(asked.release ? [] : ['--debug'])];
  const packing = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  const stop = () => process.kill(-packing.pid);
  process.once('exit', stop);
  const code = await new Promise((done) => packing.once('exit', done));
  process.off('exit', stop);
  if (code !== 0) throw new Error(`the package of ${version} was not made: its words are above`);
  return file;
}

/** A project and a task that counts aloud until it is told to end. */
async function countAloud(world) {
  const at = join(world.folder, 'greeter');
  mkdirSync(at);
  writeFileSync(join(at, 'README.md'), 'A greeter.\n');
  for (const args of [['init', '--quiet'], ['add', '.'], ['commit', '--quiet', '--message', 'Greet']]) execFileSync('git', args, { cwd: at, env: world.env });
  await world.takeOn(at);
  await world.cli('desk', 'add', '--name', 'zoe', '--role', 'refactorer');
  const body = join(world.folder, 'count.md');
  writeFileSync(body, `Count aloud.\n\n\`\`\`sh\nn=0; until [ -e ${join(world.signs, 'enough')} ]; do n=$((n+1)); echo "number $n"; sleep 0.1; done\n\`\`\`\n`);
  const task = (await world.json('task', 'add', 'Count aloud', '--project', 'greeter', '--role', 'refactorer', '--priority', 'urgent', '--body-file', body)).id;
  const counted = async () => Number(/number (\d+)\s*$/.exec((await world.cli('task', 'log', String(task))).trimEnd())?.[1] ?? 0);
  await until('it counts aloud', counted);
  return { task, counted };
}

async function journey(second) {
  const world = await openWorld({ programs: { window: WINDOW, office: OFFICE } });
  // As on a person's machine: the window finds the office beside itself.
  delete world.env.OFFICE_BIN;
  try {
    step('the window of the package opens on an office that it makes, and paints it');
    let window = await world.open();
    await window.page.sees(OPEN);
    assert.match(readFileSync(`/proc/${world.runtime()}/cmdline`, 'utf8'), /^\/usr\/(bin|lib\/afterhours)\/office\0/, 'the office is the one of the package');
    step('the demo is opened from the command line and seen in the window');
    await world.cli('demo');
    await window.page.sees('[data-desk="1"]');
    await window.page.sees('[data-task]');

    step('upgraded while a desk is at work: the desk goes on, the office keeps all');
    const { task, counted } = await countAloud(world);
    const [host] = world.processes().filter(({ command }) => command.includes('office-host'));
    assert.ok(host, 'a host of the package holds the desk');
    const tasks = (await world.cli('--json', 'task', 'list')).trim().split('\n').length;
    asRoot('dpkg', '-i', second);
    assert.match(output('dpkg-query', '-W', '-f', '${Version}', NAME), /^0\.9\./);
    const before = await counted();
    await until('it counts on', async () => (await counted()) > before);
    const old = world.runtime();
    await world.cli('quit', '--leave-desks');
    await until('the new version runs the office', async () => {
      const now = world.runtime();
      if (now && now !== old) return true;
      // Ended in order it is not started again by itself; the window offers it.
      if (await window.page.has('[data-standing="down"] button')) await window.page.click('[data-standing="down"] button');
      return false;
    });
    await until('the words are gone', async () => !(await window.page.has('[data-standing]')));
    await until('it counts on under the new version', async () => (await counted()) > before + 1);
    assert.deepEqual(world.processes().filter(({ command }) => command.includes('office-host')), [host], 'the same host holds the same desk');
    assert.equal((await world.cli('--json', 'task', 'list')).trim().split('\n').length, tasks, 'no task is lost');
    assert.equal((await world.json('task', 'show', String(task))).state, 'running');
    await window.end();
    window = await world.open();
    await window.page.sees(OPEN);
    await window.page.sees('[data-desk][data-state="working"]');
    writeFileSync(join(world.signs, 'enough'), '');
    await window.end();
    await world.cli('quit');
    await until('the office has ended', () => !world.runtime());

    step('removed: no file of the package is left, and the office is untouched');
    const files = output('dpkg', '-L', NAME).split('\n').filter((path) => /afterhours|\/office$/.test(path));
    const office = readdirSync(world.office).sort();
    asRoot('dpkg', '--purge', NAME);
    assert.deepEqual(files.filter((path) => existsSync(path)), []);
    assert.deepEqual(readdirSync(world.office).sort(), office);
  } finally {
    await world.end();
  }
}

const why = inTheWay();
if (why) {
  console.error(why);
  process.exitCode = 1;
} else {
  const began = Date.now();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));
  process.once('exit', purge);
  step(`packing two versions (${asked.release ? 'release' : 'debug'})`);
  const [first, second] = [await pack(BEFORE), await pack(AFTER)];
  const packed = Date.now();
  step(`installing ${first}`);
  asRoot('dpkg', '-i', first);
  await journey(second);
  const seconds = (from, to) => ((to - from) / 1000).toFixed(0);
  console.log(`the package installs, starts, upgrades and goes away cleanly (${seconds(packed, Date.now())} s, packing ${seconds(began, packed)} s)`);
}
