// The real window, as it is built, on a screen of its own: it opens on an office it makes, survives kill -9 of itself and of
// the office, and says in words what is wrong when there is none. No WebKit flags. Pictures of failures are in
// target/window-shots. Not here: the page's own tests, which need no window (ui/tests).

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from './driver.mjs';
import { openWorld } from './world.mjs';

/** The window shows an office, and its picture is painted. */
const OPEN = 'canvas[data-ready]';

/** A test in a world of its own; when it fails, the screen is kept. */
function journey(name, what) {
  test(name, { timeout: 120_000 }, async () => {
    const world = await openWorld();
    try {
      await what(world);
    } catch (error) {
      await world.shot(name).catch(() => undefined);
      await world.end().catch(() => undefined);
      throw error;
    }
    await world.end();
  });
}

/** A repository with one commit, taken on as a project. */
async function repository(world) {
  const at = join(world.folder, 'greeter');
  mkdirSync(at);
  writeFileSync(join(at, 'README.md'), 'A greeter.\n');
  const git = (...args) => execFileSync('git', args, { cwd: at, env: world.env });
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message', 'Greet');
  await world.cli('project', 'add', at);
}

journey('the window makes an office where there is none, and paints it', async (world) => {
  const window = await world.open();
  await window.page.sees('canvas[data-ready]');
  await window.page.reads('h1', 'Afterhours');
  assert.equal(await window.page.has('[data-standing]'), false);
  assert.ok(world.runtime(), 'an office runs');
  assert.match(await world.cli('status'), /office/);
  // Nothing of the page comes from elsewhere, and the page cannot leave.
  const here = await window.page.run(() => location.href);
  await window.page.run(() => void (location.href = 'https://example.org/'));
  assert.equal(await window.page.run(() => location.href), here);
  const refused = await window.page.run(() => window.open('https://example.org/') === null);
  assert.ok(refused, 'no second window opens');
  // Its end is not the office's.
  const runtime = world.runtime();
  await window.end();
  assert.equal(world.runtime(), runtime);
});

journey('after kill -9 of the window everything is there, and the desk went on', async (world) => {
  let window = await world.open();
  await window.page.sees(OPEN);
  await repository(world);
  await world.cli('desk', 'add', '--name', 'ada', '--role', 'engineer');
  const body = join(world.folder, 'count.md');
  writeFileSync(body, 'Count aloud.\n\n```sh\nn=0; while [ $n -lt 2000 ]; do n=$((n+1)); echo "number $n"; sleep 0.05; done\n```\n');
  await world.cli('task', 'add', 'Count aloud', '--body-file', body);
  await until('ada works', async () => (await window.page.attribute('[data-desk="1"]', 'data-state')) === 'working');
  const counted = async () => Number(/number (\d+)\s*$/.exec((await world.cli('task', 'log', '1')).trimEnd())?.[1] ?? 0);
  const before = await until('it counts aloud', counted);
  const runtime = world.runtime();

  await window.kill();
  await until('it counts on without a window', async () => (await counted()) > before);
  window = await world.open();
  assert.equal(world.runtime(), runtime, 'the same office');
  await window.page.sees('[data-desk="1"][data-state="working"]');
  assert.match(await window.page.attribute('[data-desk="1"]', 'aria-label'), /^ada, working: Count aloud/);
});

journey('after kill -9 of the office it is started again, once, and the window goes on', async (world) => {
  const window = await world.open();
  await window.page.sees(OPEN);
  await world.cli('desk', 'add', '--name', 'ada', '--role', 'engineer');
  await window.page.sees('[data-desk="1"]');
  const first = world.runtime();
  process.kill(first, 'SIGKILL');
  // A process that is there does not listen yet; what counts is that the office answers.
  await until('the office answers again', async () => world.runtime() !== first && (await world.cli('status')));
  const second = world.runtime();
  await world.cli('desk', 'add', '--name', 'ben', '--role', 'engineer');
  await window.page.sees('[data-desk="2"]');
  assert.deepEqual(world.runtimes(), [second], 'one office, not two');
  assert.equal(await window.page.has('[data-standing]'), false);
});

journey('an office that was ended in order is not started again by itself', async (world) => {
  const window = await world.open();
  await window.page.sees(OPEN);
  await world.cli('quit');
  await window.page.reads('[data-standing] h1', 'does not run: it was ended');
  assert.equal(world.runtime(), undefined);
  await window.page.click('[data-standing] button');
  await until('it was started again', () => world.runtime());
  await until('the words are gone', async () => !(await window.page.has('[data-standing]')));
  // The directory is moved away under it.
  await world.cli('quit');
  renameSync(world.office, `${world.office}.away`);
  await window.page.reads('[data-standing] h1', 'is gone');
  renameSync(`${world.office}.away`, world.office);
  await window.page.reads('[data-standing] h1', 'does not run: it was ended');
});

journey('a window opens with words where the office cannot be started', async (world) => {
  const window = await world.open({ env: { OFFICE_BIN: join(world.folder, 'nowhere/office') } });
  await window.page.reads('[data-standing] h1', 'cannot be started');
  await window.page.reads('[data-standing] p', 'OFFICE_BIN');
  // Started by hand meanwhile: it is found without a click.
  await world.cli('init');
  world.start('office', world.env.OFFICE_BIN, ['run']);
  await window.page.sees(OPEN);
  assert.equal(await window.page.has('[data-standing]'), false);
});
