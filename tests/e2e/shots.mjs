// `npm run shots`: pictures of the real window for people: the floor by night and in the morning, every desk state reached by a
// real cause, an open desk, the review of a task, the first run; into target/shots/real. `-- --readme` also makes the README's.
// States that no engine can report yet are named, and are on the floor's own sheet (cd ui && npm run pictures).

import { execFile } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ESCAPE, until } from './driver.mjs';
import { openWorld, TARGET } from './world.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const OUT = join(TARGET, 'shots/real');
const README = join(ROOT, 'docs/images/floor.png');
const README_MOST = 600_000;
/** No engine says these so far. */
const NOT_YET = ['thinking', 'limited', 'login needed'];
/** Off is a desk whose engine is not installed; one is not hired without an engine, so that has no picture here. */
const NOT_HERE = ['off'];
/** Long enough to be painted, on a machine that computes its graphics. */
const LONG = 120_000;
const run = promisify(execFile);

mkdirSync(OUT, { recursive: true });
const world = await openWorld();
const { page } = await world.open();

async function shot(name, ...how) {
  // Two equal pictures, one after the other: nothing moves any more.
  let before = '';
  await until(`the picture ${name} stands still`, async () => {
    const now = (await page.screenshot()).toString('base64');
    const stands = now === before;
    before = now;
    return stands;
  }, LONG).catch(() => console.log(`${name} was taken while something moved`));
  const file = join(OUT, `${name}.png`);
  await run('import', ['-window', 'root', ...how, file], { env: world.env });
  console.log(file);
  return file;
}
const drag = (card, desk) => page.drag(`[data-task="${card}"]`, `[data-desk="${desk}"]`, `[data-desk="${desk}"][aria-describedby="drop-word"]`);
const state = (desk, wanted) => page.sees(`[data-desk="${desk}"][data-state="${wanted}"]`, LONG);
async function light(theme) {
  if ((await page.run(() => document.body.dataset.theme)) !== theme) await page.keys('t');
  await page.sees(`body[data-theme="${theme}"]`);
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
  await shot('first-run');
  await page.clickButton('Open the demo office');
  await page.sees('[data-task="6"]', LONG);
  await drag(1, 1);
  await state(1, 'finished');

  // Every state by its real cause, at desks beside the demo's four.
  for (const [name, role, ...more] of [['Ines', 'engineer'], ['Kofi', 'engineer'], ['Juno', 'refactorer'], ['Rhea', 'researcher'], ['Noor', 'engineer']]) {
    await world.cli('desk', 'add', '--name', name, '--role', role, '--no-auto', '--project', 'night-bus', ...more);
  }
  const on = 'while :; do';
  await give('Otto', 'Proof-read every stop', `i=0; ${on} i=$((i+1)); printf '\\033[32mok\\033[0m   stop %s of 412: name, place, platform\\n' $i; sleep 0.3; done`);
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

  const causes = [['Wim', 'starting'], ['Tomas', 'idle'], ['Otto', 'working'], ['Ines', 'waiting for you'], ['Kofi', 'stuck'], ['Lena', 'reviewing'], ['Mara', 'finished'], ['Rhea', 'paused'], ['Juno', 'crashed']];
  const desks = await world.json('desk', 'list');
  const reached = [];
  for (const [name, wanted] of causes) {
    const desk = desks.find((one) => one.name === name);
    const there = desk && (await state(desk.id, wanted).then(() => true, () => false));
    if (there) reached.push([desk.id, wanted]);
    else console.log(`NOT REACHED: ${wanted}`);
  }
  await shot('floor-night');
  await light('morning');
  await shot('floor-morning');
  await light('night');

  await page.point(`[data-desk="${desks.find(({ name }) => name === 'Otto').id}"]`);
  // The terminal is laid out again when the desk has come to rest beside it.
  await page.still('[data-desk="2"]');
  await page.reads('.xterm-rows', /stop[^]*stop[^]*stop/, LONG);
  await run('import', ['-window', 'root', join(OUT, 'desk.png')], { env: world.env });
  console.log(join(OUT, 'desk.png'));
  await page.keys(ESCAPE);
  await page.click('[data-need="1"] .do .ghost');
  await page.sees('[aria-label^="Task 1:"] .added', LONG);
  await light('morning');
  await shot('review');
  await page.keys(ESCAPE);
  await light('night');
  await sheet(reached);
}

/** Each state as the window shows it, cut out of the screen; its plate says its name. */
async function sheet(reached) {
  const parts = [];
  for (const [desk, wanted] of [...reached, ['hire', 'empty']]) {
    const css = `[data-desk="${desk}"]`;
    await page.still(css);
    const { x, y, width, height } = await page.run((css) => {
      const box = document.querySelector(css).getBoundingClientRect();
      return { x: box.x, y: box.y, width: box.width, height: box.height };
    }, css);
    const more = 0.28;
    const cut = [width * (1 + more), height * (1 + more), x - (width * more) / 2, y - (height * more) / 2].map((side) => Math.max(0, Math.round(side)));
    const file = join(OUT, `state-${wanted.replaceAll(' ', '-')}.png`);
    await run('import', ['-window', 'root', '-crop', `${cut[0]}x${cut[1]}+${cut[2]}+${cut[3]}`, '+repage', file], { env: world.env });
    parts.push(file);
  }
  const file = join(OUT, 'states.png');
  await run('montage', [...parts, '-tile', '4x', '-geometry', '300x300+8+8', '-background', '#0b0f2b', file], { env: world.env });
  console.log(`${file}: ${[...reached.map(([, wanted]) => wanted), 'empty'].join(', ')}\nnot reported by any engine yet: ${NOT_YET.join(', ')}; not reached here: ${NOT_HERE.join(', ')}`);
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
