// What the desktop and the window are to each other: a second start, closing into the tray and out of it, what is said at the
// first close, its size kept.
// Not here: what is told while the office works (journeys.mjs).

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cross } from './cross.mjs';
import { ESCAPE, until } from './driver.mjs';
import { journey, OPEN } from './journey.mjs';
import { openNotifier } from './notifier.mjs';

const run = promisify(execFile);
/** As a person starts it: one window for an office. */
const ONE = { OFFICE_WINDOW_MANY: '' };

/** Windows of this name that are on the screen now. */
async function onScreen(world) {
  const found = await run('xdotool', ['search', '--onlyvisible', '--name', '^Afterhours$'], { env: world.env }).catch(() => ({ stdout: '' }));
  return found.stdout.trim().split('\n').filter(Boolean);
}
const sizeOf = async (world, id) => {
  const { stdout } = await run('xdotool', ['getwindowgeometry', '--shell', id], { env: world.env });
  return ['WIDTH', 'HEIGHT'].map((side) => Number(new RegExp(`^${side}=(\\d+)`, 'm').exec(stdout)[1]));
};
journey('a second start shows the window that is there, also out of the tray, and ends', async (world) => {
  const config = join(world.env.XDG_CONFIG_HOME, 'org.afterhours.window');
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, 'window.json'), JSON.stringify({ close_to_tray: true, told_it_goes_on: true }));
  const window = await world.open({ env: ONE });
  await window.page.sees(OPEN);
  const [id] = await until('it is on the screen', async () => { const there = await onScreen(world); return there.length === 1 && there; });
  await cross(world.env.DISPLAY, id);
  await until('it is in the tray only', async () => (await onScreen(world)).length === 0);
  assert.ok(window.pid, 'it runs on');
  const second = world.start('second', window.program, [], { env: { ...world.env, ...ONE } });
  assert.equal(await second.ended, 0, second.said());
  await until('the first is shown', async () => (await onScreen(world)).length === 1);
  // Another office is another window.
  const other = world.start('other', window.program, ['--office', join(world.folder, 'other')], { env: { ...world.env, ...ONE } });
  await until('the other has a window of its own', async () => (await onScreen(world)).length === 2);
  await until('its office answers', () => world.cli('--office', join(world.folder, 'other'), 'status'));
  other.child.kill();
  await other.ended;
  await world.cli('--office', join(world.folder, 'other'), 'quit');
});

journey('the first time it is closed the window says that the office goes on, on a desktop that is slow to listen, too', async (world) => {
  const notifier = await openNotifier(world);
  const GOES_ON = 'The office goes on';
  const close = async (meanwhile) => {
    const window = await world.open();
    await window.page.sees(OPEN);
    const [id] = await until('it is on the screen', async () => { const there = await onScreen(world); return there.length === 1 && there; });
    await meanwhile(async () => {
      await cross(world.env.DISPLAY, id);
      await until('it is gone from the screen', async () => (await onScreen(world)).length === 0);
    });
    await until('it has ended', () => !window.pid);
    await window.end();
  };
  await close(async (click) => {
    const bus = world.process('dbus-daemon');
    bus.kill('SIGSTOP');
    await click().finally(() => bus.kill('SIGCONT'));
    await notifier.told(GOES_ON);
  });
  await close((click) => click());
  assert.equal(notifier.sent().filter(({ title }) => title === GOES_ON).length, 1, 'once');
  assert.ok(world.runtime(), 'and it does go on');
});

journey('what the desktop tells, and whether the machine starts the office, is set in the window, or said why it cannot be', async (world) => {
  // Stands in for the system's own: this world has none.
  const tools = join(world.folder, 'tools');
  mkdirSync(tools);
  const systemctl = (script) => writeFileSync(join(tools, 'systemctl'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  systemctl("echo 'Failed to connect to bus: No medium found' >&2; exit 1");
  world.env.PATH = `${tools}:${world.env.PATH}`;
  const { page } = await world.open();
  await page.sees(OPEN);
  await page.click('[aria-label="Settings"]');
  await page.sees('[data-autostart="cannot"] input:disabled');
  await page.reads('#autostart-words', 'No medium found');
  await page.reads('#autostart-words', 'office run --take-up');
  await page.keys(ESCAPE);
  systemctl('exit 0');
  await page.click('[aria-label="Settings"]');
  await page.sees('[data-autostart="off"]');
  const units = () => readdirSync(join(world.env.XDG_CONFIG_HOME, 'systemd/user'));
  await page.click('[data-autostart] label');
  await page.sees('[data-autostart="on"] input:checked');
  assert.equal(units().length, 1);
  await page.click('[data-autostart] label');
  await page.sees('[data-autostart="off"] input:not(:checked)');
  assert.equal(units().length, 0);
  await page.click('input[value="needs-you"] + span');
  await until('the office keeps it', async () => (await world.cli('--json', 'events')).includes('"notify":"needs-you"'));
});

journey('the size a person gave the window is there the next time, and the office goes on meanwhile', async (world) => {
  let window = await world.open();
  await window.page.sees(OPEN);
  const runtime = world.runtime();
  const [id] = await until('it is on the screen', async () => { const there = await onScreen(world); return there.length === 1 && there; });
  await run('xdotool', ['windowsize', id, '1180', '740'], { env: world.env });
  await until('the page has its size', async () => (await window.page.run(() => `${innerWidth}x${innerHeight}`)) === '1180x740');
  await cross(world.env.DISPLAY, id);
  await until('the window is closed', () => !window.pid);
  await window.end();
  assert.equal(world.runtime(), runtime, 'the office goes on');

  window = await world.open();
  await window.page.sees(OPEN);
  const [again] = await until('it is on the screen', async () => { const there = await onScreen(world); return there.length === 1 && there; });
  assert.deepEqual(await sizeOf(world, again), [1180, 740]);
});
