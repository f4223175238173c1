// An office without a window tells the desktop itself what waits, is answered there, and is silent as soon as a window is there
// to do it. Against a real notification daemon. Not here: what the window tells (journeys.mjs).

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './driver.mjs';
import { journey } from './journey.mjs';
import { openNotifier } from './notifier.mjs';

const run = promisify(execFile);
const HELD = 'A command needs you';

/** The window's process, once it is on the screen. */
async function windowOf(world) {
  await run('xdotool', ['search', '--onlyvisible', '--name', '^Afterhours$'], { env: world.env });
  return world.processes().find(({ command }) => /^\S*\/afterhours /.test(command));
}

journey('without a window the office tells the desktop itself, opens the window when asked to, and leaves the telling to it', async (world) => {
  const notifier = await openNotifier(world);
  await world.cli('init');
  world.start('office', world.env.OFFICE_BIN, ['run']);
  await until('the office answers', () => world.cli('status'));
  // How often it may speak is held in core; here each thing is told as it comes.
  await world.cli('unattended', '--tell-every', '0');
  const done = (name) => join(world.folder, name);
  const ask = (name) => world.start(name, world.env.OFFICE_BIN, ['ask-approval', '--reason', 'it cannot be undone', '--', 'touch', done(name)]);
  const gone = () => until('its notification is gone', async () => (await notifier.shown()) === 0);

  const first = ask('first');
  const told = await notifier.told(HELD);
  assert.deepEqual(told.actions, ['Deny', 'Open', 'Approve']);
  assert.deepEqual(told.keys, ['deny', 'open', 'approve'], 'a click beside them is no answer');
  assert.match(told.body, /touch .*first/);
  await notifier.choose('Approve', HELD);
  assert.equal(await first.ended, 0, first.said());
  assert.ok(existsSync(done('first')), 'it was approved by the notification, and ran');
  await gone();
  assert.match(await world.cli('doctor').catch(({ stdout }) => stdout), /notifications +told by the desktop \(dunst/);

  // Answered elsewhere it is taken back; denied there it does not run.
  const second = ask('second');
  await until('it is told', async () => (await notifier.shown()) === 1);
  await world.cli('approval', 'deny', '2');
  await gone();
  assert.notEqual(await second.ended, 0);
  const third = ask('third');
  await until('it is told', async () => (await notifier.shown()) === 1);
  await notifier.choose('Deny', HELD);
  assert.notEqual(await third.ended, 0);
  assert.equal(existsSync(done('second')) || existsSync(done('third')), false);
  await gone();

  // Silent when it is told to be; what waits then is told when it may speak again.
  await world.cli('set', '--notify', 'review');
  const before = notifier.sent().length;
  const fourth = ask('fourth');
  await until('it is held', async () => (await world.json('approval', 'list')).length === 1);
  const at = join(world.folder, 'greeter');
  mkdirSync(at);
  for (const args of [['init', '--quiet'], ['commit', '--quiet', '--allow-empty', '--message', 'Begin']]) execFileSync('git', args, { cwd: at, env: world.env });
  await world.cli('project', 'add', at);
  await world.cli('desk', 'add', '--name', 'ada', '--role', 'engineer');
  const body = join(world.folder, 'wave.md');
  writeFileSync(body, 'Wave.\n\n```sh\necho wave > WAVE; office task done --summary "a wave"\n```\n');
  await world.cli('task', 'add', 'Wave', '--body-file', body);
  await notifier.told('ada has finished #1');
  assert.equal(notifier.sent().length, before + 1, 'only the review was told');
  await world.cli('set', '--notify', 'on');
  await until('the held command is told, too', async () => (await notifier.shown()) === 2);

  // Opened from there, the window shows the very task, and does the telling.
  await notifier.choose('Open', 'ada has finished #1');
  const window = await until('the window is there', () => windowOf(world));
  assert.match(window.command, / --show=task:1$/);
  await gone();
  const fifth = ask('fifth');
  await until('the window tells it', async () => (await notifier.shown()) === 1);
  assert.equal(notifier.sent().length, before + 3, 'once');
  await notifier.choose('Approve', HELD);
  assert.equal(await fifth.ended, 0, fifth.said());
  await gone();
  process.kill(window.pid);
  // Gone and counted: what it had open at the door is closed.
  await until('it is closed', () => !existsSync(`/proc/${window.pid}`));

  // Alone again: what the window showed is no news, what comes is. A command that cannot be read whole is not approved blindly.
  const long = world.start('long', world.env.OFFICE_BIN, ['ask-approval', '--', 'touch', done('x'.repeat(200))]);
  const last = await until('it is told', () => notifier.sent()[before + 3]);
  assert.deepEqual(last.actions, ['Deny', 'Open']);
  await notifier.choose('Deny', HELD);
  assert.notEqual(await long.ended, 0);
  await gone();
  await world.cli('approval', 'deny', '4');
  assert.notEqual(await fourth.ended, 0);
  // What it said goes with it: nobody would hear a click.
  ask('sixth');
  await until('it is told', async () => (await notifier.shown()) === 1);
  await world.cli('quit');
  await gone();
});
