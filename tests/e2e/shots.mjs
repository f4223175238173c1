// `npm run shots`: pictures of the real window for people: the floor by night and in the morning, every desk state reached by a
// real cause, an open desk, the review of a task, the first run; into target/shots/real. `-- --readme` also makes the README's.
// What only an agent says of itself is told by an engine of one script, through the hook that agents tell by and its reader.

import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ENTER, ESCAPE, until } from './driver.mjs';
import { openWorld, TARGET } from './world.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const OUT = join(TARGET, 'shots/real');
const README = join(ROOT, 'docs/images/floor.png');
const README_MOST = 600_000;
/** What only an agent can say of itself is said as Claude Code says it: the same hook, the same words, the same reader. */
const TELLS = `title = "Tells what it does"
program = "sh"
install = "every system has a shell"
reader = "claude"
one_shot = true
connect = "pty"
signals = ["exit", "office", "hooks"]
reports = ["starting", "idle", "working", "thinking", "limited", "reviewing", "finished", "paused", "login needed", "crashed", "off"]
[usage]
tokens = true
money = "reported"
[task]
prompt = "script"
argv = ["env", "TELL={tell_command}", "sh", "-eu", "{script}"]
[session]
argv = ["sh", "-i"]
`;
const TOLD = [
  ['Udo', 'thinking', 'its hook: a prompt was taken', null, 1.94],
  ['Pia', 'limited', 'its hook: a usage limit', 'rate_limit', 0.87],
  ['Sven', 'login needed', 'its hook: it is not logged in', 'authentication_failed', 0.31],
];
/** Its status line: what it has cost, how full its context is, and when its limit ends. */
const status = (dollars) => ({
  cost: { total_cost_usd: dollars },
  context_window: { context_window_size: 200_000, current_usage: { input_tokens: Math.round(dollars * 40_000) } },
  rate_limits: { five_hour: { used_percentage: 100, resets_at: Math.round(Date.now() / 1000) + 5400 } },
});
/** Long enough to be painted, on a machine that computes its graphics. */
const LONG = 120_000;
/** A shipped engine whose program is on this machine only until it is taken away. */
const GONE = 'goose';
/** A desk so wide is seen from near. */
const NEAR = 225;
const run = promisify(execFile);

mkdirSync(OUT, { recursive: true });
const world = await openWorld({ sandbox: 'off' });
const programs = join(world.folder, 'bin');
mkdirSync(programs);
world.env.PATH = `${programs}:${world.env.PATH}`;
writeFileSync(join(programs, GONE), '#!/bin/sh\n');
chmodSync(join(programs, GONE), 0o755);
const { page } = await world.open();
// The floor as a graphics card draws it, though it is computed here.
await page.sees('body[data-theme]', LONG);
await page.run(() => void (location.search = '?floor=full'));

/** Frames of the page until what it drew is on the screen, too: a compositor shows an older one for a while. */
const FRAMES = 6;
/** So many pictures of the screen in a row are the same before it is said to stand still. */
const SAME = 6;
/** What the screen shows, once the page has drawn and the screen stands still. */
async function shot(name, cut = []) {
  const file = join(OUT, `${name}.png`);
  await page.run((frames) => {
    const next = () => (frames-- > 0 ? requestAnimationFrame(next) : (document.body.dataset.settled = ''));
    delete document.body.dataset.settled;
    next();
  }, FRAMES);
  await page.sees('body[data-settled]', LONG);
  const last = [];
  await until(`the picture ${name} stands still`, async () => {
    await run('import', ['-window', 'root', ...cut, file], { env: world.env });
    last.push((await run('identify', ['-format', '%#', file])).stdout);
    return last.length >= SAME && new Set(last.slice(-SAME)).size === 1;
  }, LONG).catch(() => console.log(`${name} was taken while something moved`));
  if (cut.length === 0) console.log(file);
  return file;
}
const drag = (card, desk) => page.drag(`[data-task="${card}"]`, `[data-desk="${desk}"]`, `[data-desk="${desk}"][aria-describedby="drop-word"]`);
const state = (desk, wanted) => page.sees(`[data-desk="${desk}"][data-state="${wanted}"]`, LONG);
/** The owner's wish for one light, whatever the hour; the page is loaded again with it. */
async function light(theme) {
  await page.run((theme) => {
    const prefs = JSON.parse(localStorage.getItem('afterhours.window') ?? '{}');
    localStorage.setItem('afterhours.window', JSON.stringify({ ...prefs, theme }));
    document.body.dataset.old = '';
    // As a graphics card draws it, whatever this machine has: these are pictures for people.
    if (location.search === '') location.search = '?floor=full';
    else location.reload();
  }, theme);
  await page.sees(`body:not([data-old])[data-theme="${theme}"] canvas[data-ready]`, LONG);
}
let written = 0;
/** Writes a task and gives it to a desk; its number. */
async function give(desk, title, script, ...more) {
  const body = join(world.folder, `task-${++written}.md`);
  writeFileSync(body, `${title}.\n\n\`\`\`sh\n${script}\n\`\`\`\n`);
  const { id } = await world.json('task', 'add', title, '--project', 'night-bus', '--body-file', body, ...more);
  if (desk) await world.cli('task', 'assign', String(id), desk);
  return id;
}

async function pictures() {
  await page.sees('canvas[data-ready]', LONG);
  await light('night');
  await page.sees('[aria-label="Welcome"]', LONG);
  await shot('first-run');
  await page.clickButton('Open the demo office');
  await page.sees('[data-task="6"]', LONG);
  await drag(1, 1);
  await state(1, 'finished');

  mkdirSync(join(world.office, 'engines'), { recursive: true });
  writeFileSync(join(world.office, 'engines/tells.toml'), TELLS);
  // Every state by its real cause, at desks beside the demo's four. One engine's program is gone when the office starts again.
  await world.cli('desk', 'add', '--name', 'Vera', '--role', 'engineer', '--no-auto', '--project', 'night-bus', '--engine', GONE);
  rmSync(join(programs, GONE));
  const before = world.runtime();
  process.kill(before, 'SIGKILL');
  await until('the office runs again, by itself', async () => world.runtime() !== before && (await world.json('status')), LONG);
  for (const [name, role, ...more] of [['Ines', 'engineer'], ['Kofi', 'engineer'], ['Juno', 'refactorer'], ['Rhea', 'researcher']]) {
    await world.cli('desk', 'add', '--name', name, '--role', role, '--no-auto', '--project', 'night-bus', ...more);
  }
  // What is printed is enough to be read; then it rests, so that a picture of it stands still.
  const stops = 'name, place, platform';
  await give('Otto', 'Proof-read every stop', `i=0; while [ $i -lt 60 ]; do i=$((i+1)); printf '\\033[32mok\\033[0m   stop %s of 412: ${stops}\\n' $i; done; sleep 900`);
  await give('Ines', 'Publish the timetable', 'echo "The site is built. May it be published?"; office ask-approval --reason "every reader sees it at once" -- sh publish.sh --to production');
  await give('Lena', 'Check every page twice', 'echo checked > PAGES; office task done --summary "both passes are written down"', '--check', 'sleep 900');
  await give('Juno', 'Read the old timetable', 'echo "cannot read lines/n0.csv" >&2; exit 3', '--attempts', '1');
  const never = await give(null, 'Ask the printers', 'true', '--draft');
  await give('Kofi', 'Print the posters', 'true', '--after', String(never));
  await world.cli('task', 'cancel', String(never));
  await world.cli('desk', 'pause', 'Rhea');
  // A project whose set-up takes its time: its desk is starting until then.
  const slow = join(world.folder, 'slow-start');
  mkdirSync(join(slow, '.office'), { recursive: true });
  writeFileSync(join(slow, '.office/project.toml'), '[setup]\nrun = ["sleep 900"]\n');
  for (const args of [['init', '--quiet'], ['add', '.'], ['commit', '--quiet', '--message', 'Begin']]) await run('git', args, { cwd: slow, env: world.env });
  await world.cli('project', 'add', slow);
  await world.cli('desk', 'add', '--name', 'Wim', '--role', 'engineer', '--no-auto', '--project', 'slow-start');
  const { id } = await world.json('task', 'add', 'Start slowly', '--project', 'slow-start', '--body', 'x');
  await world.cli('task', 'assign', String(id), 'Wim');

  for (const [name, wanted, , error, dollars] of TOLD) {
    await world.cli('desk', 'add', '--name', name, '--role', 'engineer', '--no-auto', '--project', 'night-bus', '--engine', 'tells');
    const tell = (event) => `echo '${JSON.stringify({ session_id: 's', ...event })}' | sh -c "$TELL"\n`;
    const end = error ? tell({ hook_event_name: 'StopFailure', error }) : '';
    await give(name, `Say what it is to be ${wanted}`, `${tell({ hook_event_name: 'UserPromptSubmit' })}${tell(status(dollars))}${end}sleep 900`);
  }

  const causes = [
    ['Wim', 'starting', 'its set-up takes its time'],
    ['Tomas', 'idle', 'nothing to do'],
    ['Otto', 'working', 'its script runs'],
    ['Ines', 'waiting for you', 'a command is held'],
    ['Kofi', 'stuck', 'what it waits for was called off'],
    ['Lena', 'reviewing', 'its work is being checked'],
    ['Mara', 'finished', 'its task waits for review'],
    ['Rhea', 'paused', 'paused by its owner'],
    ['Juno', 'crashed', 'ended with exit code 3'],
    ['Vera', 'off', 'its engine was uninstalled'],
    ...TOLD,
  ];
  const desks = await world.json('desk', 'list');
  const idOf = (wanted) => desks.find(({ name }) => name === wanted)?.id;
  const reached = [];
  for (const [name, wanted, why] of causes) {
    const there = await state(idOf(name), wanted).then(() => true, () => false);
    if (there) reached.push([idOf(name), wanted, why]);
    else console.log(`NOT REACHED: ${wanted}`);
  }
  await light('night');
  await state(idOf('Vera'), 'off');
  await shot('floor-night');
  await light('morning');
  await state(idOf('Vera'), 'off');
  await shot('floor-morning');
  await light('night');

  await page.point(`[data-desk="${idOf('Otto')}"]`);
  await page.reads('.xterm-rows', /stop 60/, LONG);
  await shot('desk');
  await page.keys(ESCAPE);
  await light('morning');
  await page.click('[data-need="1"] .do .ghost');
  await page.sees('[aria-label^="Task 1:"] .added', LONG);
  await shot('review');
  await light('night');
  await sheet(reached);
}

/** Each state as the window shows it from near, cut out of the screen: beside its open desk; the empty one by the wheel. */
async function sheet(reached) {
  const cells = new Map();
  const cut = async (desk, wanted, why) => {
    await page.still(`[data-desk="${desk}"]`);
    const at = await page.run((css) => document.querySelector(css).getBoundingClientRect().toJSON(), `[data-desk="${desk}"]`);
    const [w, h] = [at.width * 1.3, at.height * 1.25];
    const part = [w, h, at.x + (at.width - w) / 2, at.y + (at.height - h) / 2].map((side) => Math.max(0, Math.round(side)));
    const file = await shot(`state-${wanted.replaceAll(' ', '-')}`, ['-crop', `${part[0]}x${part[1]}+${part[2]}+${part[3]}`, '+repage']);
    cells.set(wanted, ['-label', `${wanted}\n${why}`, file]);
  };
  const width = (desk) => page.run((css) => document.querySelector(css).getBoundingClientRect().width, `[data-desk="${desk}"]`);
  // The first picture from near comes late to the screen, so that desk is looked at twice.
  for (const [desk, wanted, why] of [reached[0], ...reached]) {
    await page.run((css) => document.querySelector(css).focus(), `[data-desk="${desk}"]`);
    await page.keys(ENTER);
    await until(`${wanted} is near`, async () => (await width(desk)) >= NEAR, LONG);
    // Its ring and its card are of the key that opened it.
    await page.run(() => document.activeElement?.blur());
    await cut(desk, wanted, why);
    await page.keys(ESCAPE);
    await until('the floor is whole again', async () => (await width(desk)) < NEAR, LONG);
  }
  const hand = (...what) => run('xdotool', what, { env: world.env });
  const { x, y } = await page.still('[data-desk="hire"]');
  await hand('mousemove', x, y);
  await until('the empty desk is near', async () => {
    if ((await width('hire')) >= NEAR) return true;
    await hand('click', '4');
    return false;
  });
  await page.run(() => document.activeElement?.blur());
  await cut('hire', 'empty', 'nobody is hired');
  const file = join(OUT, 'states.png');
  const font = join(ROOT, 'ui/src/app/fonts/inter-latin-wght-normal.woff2');
  await run('montage', ['-font', font, '-pointsize', '15', '-fill', '#f2f1ff', '-background', '#0b0f2b', ...[...cells.values()].flat(), '-tile', '5x', '-geometry', '280x262+10+8', file], { env: world.env });
  console.log(`${file}: ${reached.map(([, wanted]) => wanted).join(', ')}, empty`);
}

try {
  await pictures();
  if (process.argv.includes('--readme')) {
    mkdirSync(dirname(README), { recursive: true });
    await run('mogrify', ['-path', dirname(README), '-strip', '-colors', '256', '-define', 'png:compression-level=9', '-write', README, join(OUT, 'floor-night.png')]);
    if (statSync(README).size > README_MOST) throw new Error(`${README} is larger than ${README_MOST} bytes`);
    console.log(README);
  }
} catch (error) {
  console.log(await world.shot('shots').catch(() => ''));
  throw error;
} finally {
  await world.end();
}
