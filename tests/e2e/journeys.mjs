// The real window, as it is built, on a screen of its own: an office is opened and worked by clicking, survives kill -9 of its
// parts, tells the desktop what waits, and says in words what is wrong. No WebKit flags. Pictures of failures are in
// target/window-shots. Not here: the page's own tests, which need no window (ui/tests).

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ESCAPE, until } from './driver.mjs';
import { journey, OPEN } from './journey.mjs';
import { openNotifier } from './notifier.mjs';

/** What a person may have to do until the first task is merged. */
const INTERACTIONS = 12;

const git = (world, at, ...args) => execFileSync('git', args, { cwd: at, env: world.env, encoding: 'utf8' });
const stateOf = async (world, task) => (await world.json('task', 'show', String(task))).state;

/** A repository with one commit, taken on as a project, and ada who takes what there is to do. */
async function repository(world) {
  const at = join(world.folder, 'greeter');
  mkdirSync(at);
  writeFileSync(join(at, 'README.md'), 'A greeter.\n');
  git(world, at, 'init', '--quiet');
  git(world, at, 'add', '.');
  git(world, at, 'commit', '--quiet', '--message', 'Greet');
  await world.takeOn(at);
  await world.cli('desk', 'add', '--name', 'ada', '--role', 'engineer');
  return at;
}

async function task(world, title, script) {
  const body = join(world.folder, `${title.replaceAll(' ', '-')}.md`);
  writeFileSync(body, `${title}.\n\n\`\`\`sh\n${script}\n\`\`\`\n`);
  await world.cli('task', 'add', title, '--body-file', body);
}

/** As a person does: carries the card until the desk says that it takes it. */
const dragOnto = (page, card, desk) => page.drag(`[data-task="${card}"]`, `[data-desk="${desk}"]`, `[data-desk="${desk}"][aria-describedby="drop-word"]`);

journey('a demo is opened, a card dragged onto a desk, its work reviewed, accepted and merged, in a few clicks', async (world) => {
  const window = await world.open();
  const { page } = window;
  await page.sees(OPEN);
  await page.reads('h1', 'Afterhours');
  assert.equal(await page.has('[data-standing]'), false);
  assert.ok(world.runtime(), 'an office was made, and runs');
  // Nothing of the page comes from elsewhere, and the page cannot leave.
  const here = await page.run(() => location.href);
  await page.run(() => void (location.href = 'https://example.org/'));
  assert.equal(await page.run(() => location.href), here);
  assert.ok(await page.run(() => window.open('https://example.org/') === null), 'no second window opens');

  // Every press of a button or a key is counted, as the page feels it.
  await page.run(() => {
    window.pressed = 0;
    for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, (event) => void (window.pressed += event.isTrusted ? 1 : 0), true);
  });
  await page.clickButton('Open the demo office');
  await page.sees('[data-task="6"]');
  await dragOnto(page, 1, 1);
  await page.sees('[data-desk="1"]:not([data-state="idle"])');
  await page.point('[data-desk="1"]');
  await page.reads('[aria-label="Terminal of Mara"] .xterm-rows', 'sort them first');
  await page.keys(ESCAPE);
  await page.click('[data-need="1"] .do .ghost');
  await page.reads('[aria-label^="Task 1:"] .added', 'sort');
  await page.click('[aria-label^="Task 1:"] footer .ok');
  await page.reads('[aria-label^="Task 1:"] header', 'done');
  const pressed = await page.run(() => window.pressed);
  assert.ok(pressed <= INTERACTIONS, `${pressed} interactions to the first merged task`);
  assert.ok(pressed >= 5, 'they were counted');
  console.log(`# ${pressed} interactions to the first merged task, at most ${INTERACTIONS}`);
  const demo = join(world.office, 'demo/night-bus');
  assert.match(git(world, demo, 'log', '--format=%s', 'main'), /Sort departures by time/);
  assert.match(git(world, demo, 'show', 'main:parts/table.sh'), /sort \|/, 'the merge has the work');

  // A command is held for the owner, and runs once when it is clicked.
  await page.keys(ESCAPE);
  await task(world, 'Say when it was built', 'office ask-approval --reason "it cannot be unsaid" -- sh -c "echo once >> SAID"; git add SAID; git commit -qm "Say it"');
  await page.sees('[data-task="7"]');
  await dragOnto(page, 7, 2);
  await page.reads('[data-approval="1"]', 'it cannot be unsaid');
  await page.sees('[data-desk="2"][data-state="waiting for you"]');
  await page.click('[data-approval="1"] .ok');
  await page.click('[data-need="7"] .ok');
  await until('it is merged', async () => (await stateOf(world, 7)) === 'done');
  assert.equal(git(world, demo, 'show', 'main:SAID'), 'once\n');

  // The window's end is not the office's.
  const runtime = world.runtime();
  await window.end();
  assert.equal(world.runtime(), runtime);
});

/** The numbers of a text that counts aloud, in its order. */
const numbers = (text) => [...text.matchAll(/^number (\d+) *$/gm)].map(([, number]) => Number(number));
/** What the open terminal shows now, line by line. */
const terminal = (page) => page.run(() => [...document.querySelectorAll('.xterm-rows > div')].map((row) => row.textContent.replaceAll('\u00a0', ' ')).join('\n'));
/** That these are 1, 2, 3 ... from the first on, with none missing and none twice. */
const inOrder = (all, first = all[0]) => assert.deepEqual(all, all.map((_, i) => first + i));

journey('after kill -9 of the window, and of window and office at once, the open terminal goes on with no byte missing', async (world) => {
  let window = await world.open();
  await window.page.sees(OPEN);
  await repository(world);
  const enough = join(world.signs, 'enough');
  await task(world, 'Count aloud', `n=0; while [ ! -e '${enough}' ]; do n=$((n+1)); echo "number $n"; sleep 0.02; done; echo $n > COUNTED; office task done --summary counted`);
  const look = async () => {
    await window.page.sees('[data-desk="1"][data-state="working"]');
    // As a screen reader opens it: where the desk lies on the screen is not the point here.
    await window.page.run(() => document.querySelector('[data-desk="1"]').click());
    return until('the terminal shows numbers', async () => {
      const shown = numbers(await terminal(window.page));
      return shown.length > 3 && shown;
    });
  };
  inOrder(await look());
  const runtime = world.runtime();
  const before = Math.max(...numbers(await terminal(window.page)));
  await window.kill();
  window = await world.open();
  await window.page.sees(OPEN);
  assert.equal(world.runtime(), runtime, 'the same office');
  const after = await look();
  inOrder(after);
  assert.ok(after.at(-1) > before, 'it counted on without a window');
  assert.match(await window.page.attribute('[data-desk="1"]', 'aria-label'), /^ada, working: Count aloud/);

  // Both at once; what holds the desk has the terminal, and starts the office again.
  process.kill(runtime, 'SIGKILL');
  await window.kill();
  window = await world.open();
  await window.page.sees(OPEN);
  const again = await look();
  inOrder(again);
  assert.notEqual(world.runtime(), runtime);
  assert.equal(world.runtimes().length, 1, 'one office, not two');
  // And once more under the open terminal: it goes on where it was. It may draw more than a screenful between two looks.
  const newest = async () => {
    const shown = numbers(await terminal(window.page));
    inOrder(shown);
    return shown.at(-1);
  };
  const last = await newest();
  process.kill(world.runtime(), 'SIGKILL');
  await until('the open terminal goes on', async () => (await newest()) > last + 100);
  writeFileSync(enough, '');
  await window.page.sees('[data-desk="1"][data-state="finished"]');
  await window.page.click('[data-tab="Log"]');
  const log = await until('the log is whole', async () => {
    const all = numbers(await window.page.run(() => document.querySelector('#tab-panel pre').textContent));
    return all.length > again.at(-1) && all;
  });
  inOrder(log, 1);
  const { last_run, attempts_used } = await world.json('task', 'show', '1');
  assert.deepEqual({ last_run, attempts_used }, { last_run: 1, attempts_used: 0 }, 'it was started once, and no attempt was lost');
});

journey('what waits is told by the desktop, answered there, and taken back when it was answered elsewhere', async (world) => {
  const notifier = await openNotifier(world);
  const { page } = await world.open();
  await page.sees(OPEN);
  await world.cli('unattended', '--tell-every', '0');
  await repository(world);
  const done = (name) => join(world.folder, name);
  const ask = (name) => world.start(name, world.env.OFFICE_BIN, ['ask-approval', '--reason', 'it cannot be undone', '--', 'touch', done(name)]);
  const TITLE = 'A command needs you';

  const first = ask('first');
  const told = await notifier.told(TITLE);
  assert.deepEqual(told.actions, ['Deny', 'Open', 'Approve'], 'a click beside the actions must not be a yes');
  assert.match(told.body, /touch .*first/);
  await page.sees('[data-approval="1"]');
  await notifier.choose('Approve', TITLE);
  assert.equal(await first.ended, 0, first.said());
  assert.ok(existsSync(done('first')), 'it was approved by the notification, and ran');
  await until('the window holds it no more', async () => !(await page.has('[data-approval="1"]')));
  await until('its notification is gone', async () => (await notifier.shown()) === 0);

  // Answered from the command line: taken back in the window and on the desktop.
  const second = ask('second');
  await page.sees('[data-approval="2"]');
  await until('it is told', async () => (await notifier.shown()) === 1);
  await world.cli('approval', 'deny', '2', '--note', 'not tonight');
  await until('the window holds it no more', async () => !(await page.has('[data-approval="2"]')));
  await until('its notification is gone', async () => (await notifier.shown()) === 0);
  assert.notEqual(await second.ended, 0);
  assert.equal(existsSync(done('second')), false, 'it did not run');

  // Denied by the notification; opened by it.
  const third = ask('third');
  await until('it is told', async () => (await notifier.shown()) === 1);
  await notifier.choose('Open', TITLE);
  await until('the very request has the focus', () => page.run(() => document.activeElement?.dataset.approval === '3'));
  const fourth = ask('fourth');
  await until('it is told', async () => notifier.sent().filter(({ title }) => title === TITLE).length === 4);
  await page.click('[data-approval="3"] .ok');
  assert.equal(await third.ended, 0, third.said());
  await until('one is left', async () => (await notifier.shown()) === 1);
  await notifier.choose('Deny', TITLE);
  assert.notEqual(await fourth.ended, 0);
  assert.equal(existsSync(done('fourth')), false);

  // A task waits for review: the click shows that task.
  await task(world, 'Wave', 'echo wave > WAVE; office task done --summary "a wave"');
  await notifier.told('ada has finished #1');
  await notifier.click('ada has finished #1');
  await page.sees('[aria-label^="Task 1:"]');
  await page.click('[aria-label^="Task 1:"] footer .ok');
  await until('nothing is left on the desktop', async () => (await notifier.shown()) === 0);
});

/** A folder chosen in the system's own dialog, by its keys; it is asked again until it has taken it. */
async function choose(world, folder) {
  const hand = (...what) => promisify(execFile)('xdotool', what, { env: world.env });
  const dialog = async () => (await hand('search', '--onlyvisible', '--name', 'The repository to work on').catch(() => ({ stdout: '' }))).stdout.split('\n')[0];
  await until('the dialog is there', dialog);
  await until('the dialog has taken the folder', async () => {
    const id = await dialog();
    if (!id) return true;
    await hand('windowfocus', id);
    await hand('key', 'alt+Home', 'ctrl+l', 'ctrl+a');
    await hand('type', '--delay', '4', folder);
    // Where it has drawn its completions by then, the first only takes the one that was typed.
    const closes = (ms) => until('it closes', async () => !(await dialog()), ms).then(() => true, () => false);
    await hand('key', 'Return');
    if (await closes(1000)) return true;
    await hand('key', 'Return').catch(() => undefined);
    return closes(2000);
  });
}

journey("a repository is chosen in the system's dialog, somebody is hired, and all of it can be read and left at any size", async (world) => {
  const at = join(world.folder, 'letters');
  for (const part of ['src', 'docs']) mkdirSync(join(at, part), { recursive: true });
  writeFileSync(join(at, 'src/hello'), 'Hello.\n');
  for (const args of [['init', '--quiet'], ['add', '.'], ['commit', '--quiet', '--message', 'Greet']]) git(world, at, ...args);
  const { page } = await world.open();
  await page.sees(OPEN);
  await page.clickButton('Open a repository');
  await choose(world, at);
  await page.sees('dialog[aria-label="Hire someone"]');
  await page.click('dialog [type="submit"]');
  await page.sees('[data-desk="1"][data-state="idle"]');
  assert.equal((await world.json('project', 'list'))[0].path, at);
  await task(world, 'Say goodbye', 'echo Goodbye. > src/goodbye; office task done --summary "said"');
  await page.sees('[data-desk="1"][data-state="finished"]');

  // Escape leads back from where one types, too, and settings stand beside their names.
  await page.keys('?');
  await page.sees('dialog[aria-label="Keys"]');
  await page.keys(ESCAPE);
  await page.click('.find');
  await page.keys('g');
  await page.keys(ESCAPE);
  await until('the palette is gone', async () => !(await page.has('dialog')));
  await page.click('[aria-label="Settings"]');
  const apart = await page.run(() => [...document.querySelectorAll('dialog .set')].map((row) => row.children[1].getBoundingClientRect().left - row.children[0].getBoundingClientRect().right));
  assert.ok(apart.length > 5 && apart.every((gap) => gap > 0), `beside their names: ${apart}`);
  // At twice the size the open desk still has its terminal and everything that can be done.
  for (let clicks = 0; clicks < 10; clicks++) await page.run(() => document.querySelector('[aria-label="Larger text"]').click());
  await page.keys(ESCAPE);
  await page.run(() => document.querySelector('[data-desk="1"]').click());
  await page.sees('[aria-label="Terminal of Mara"] .xterm-rows');
  const room = await page.run(() => ['[aria-label="Terminal of Mara"]', '.panel footer'].map((css) => document.querySelector(css).getBoundingClientRect().toJSON()));
  assert.ok(room[0].height > 100 && room[1].height > 30 && room[1].bottom <= 900, JSON.stringify(room));
});

/** Notes from now on whether the page ever says that the office cannot be reached. */
const noteLoss = (page) =>
  page.run(() => {
    window.lost = 0;
    new MutationObserver(() => document.querySelector('.lost, [data-standing]') && window.lost++).observe(document.body, { childList: true, subtree: true });
  });

journey('two windows see the same; both say that the office is lost, find it again, and say what is wrong', async (world) => {
  const windows = [await world.open(), await world.open()];
  const both = (what) => Promise.all(windows.map(({ page }) => what(page)));
  await both((page) => page.sees(OPEN));
  await world.cli('desk', 'add', '--name', 'ada', '--role', 'engineer');
  await both((page) => page.sees('[data-desk="1"]'));
  await both(noteLoss);
  const first = world.runtime();
  process.kill(first, 'SIGKILL');
  // A process that is there does not listen yet; what counts is that the office answers.
  await until('the office answers again', async () => world.runtime() !== first && (await world.cli('status')));
  const second = world.runtime();
  await world.cli('desk', 'add', '--name', 'ben', '--role', 'engineer');
  await both((page) => page.sees('[data-desk="2"]'));
  assert.deepEqual(world.runtimes(), [second], 'one office, not two');
  await both(async (page) => assert.ok(await page.run(() => window.lost > 0), 'it was said'));
  await both((page) => until('the words are gone', async () => !(await page.has('.lost, [data-standing]'))));
  await windows[1].end();

  // One that was ended in order is not started again by itself.
  const [{ page }] = windows;
  await world.cli('quit');
  await page.reads('[data-standing] h1', 'does not run: it was ended');
  // Its door closes before its process is gone.
  await until('its process is gone', () => world.runtime() === undefined);
  await page.click('[data-standing] button');
  await until('it was started again', () => world.runtime());
  await until('the words are gone', async () => !(await page.has('[data-standing]')));
  // The directory is moved away under it.
  await world.cli('quit');
  renameSync(world.office, `${world.office}.away`);
  await page.reads('[data-standing] h1', 'is gone');
  renameSync(`${world.office}.away`, world.office);
  await page.reads('[data-standing] h1', 'does not run: it was ended');
});

journey('a window opens with words where the office cannot be started, and works without a session bus', async (world) => {
  const missing = { OFFICE_BIN: join(world.folder, 'nowhere/office'), DBUS_SESSION_BUS_ADDRESS: `unix:path=${world.folder}/no-bus` };
  const { page } = await world.open({ env: missing });
  await page.reads('[data-standing] h1', 'cannot be started');
  await page.reads('[data-standing] p', 'OFFICE_BIN');
  // Started by hand meanwhile: it is found without a click.
  await world.cli('init');
  world.start('office', world.env.OFFICE_BIN, ['run']);
  await page.sees(OPEN);
  assert.equal(await page.has('[data-standing]'), false);
  // What would be told by the desktop, which has no bus here, stands in the window and is answered there.
  const asked = world.start('ask', world.env.OFFICE_BIN, ['ask-approval', '--', 'true']);
  await page.click('[data-approval="1"] .ok');
  assert.equal(await asked.ended, 0, asked.said());
});
