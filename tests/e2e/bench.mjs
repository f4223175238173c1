// Figures of the real window in release form, on a screen of its own, one JSON line each as in CONTRIBUTING.md: first paint, memory, frames at rest,
// events and terminal bytes into the page with the gaps between its frames meanwhile. Graphics are computed in software there, so
// each figure stands beside what the same window does at rest in the same run. Not here: tests.

import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { basename, join } from 'node:path';
import { askAll } from './door.mjs';
import { until } from './driver.mjs';
import { OPEN } from './journey.mjs';
import { listen, numbers, printers } from './printers.mjs';
import { openWorld, TARGET } from './world.mjs';

const built = (name) => join(TARGET, 'release', name);
const programs = { window: process.env.OFFICE_WINDOW ?? built('afterhours'), office: process.env.OFFICE_BIN ?? built('office') };
const PROFILE = programs.window.includes('/debug/') ? ' (debug build)' : '';
const EVENTS = 6_000;
const EVENTS_GOAL = 2_000;
const DESKS = 12;
const LINES = 2_000_000;
const BYTES_GOAL = 20;
const GAP_GOAL_MS = 50;
const REST_S = 30;
const CALM_S = 10;
const OPENING_S = 3;
const QUIET_MS = 1500;
/** The page looks at its clock every quarter of a minute. */
const MINUTE_TURNS_S = 20;
const MEGABYTE = 1e6;

const round = (value) => Number(value.toFixed(2));
const row = ({ value, limit = null, ...rest }) =>
  console.log(JSON.stringify({ value: round(value), limit: limit === null ? null : round(limit), ratio: limit ? round(value / limit) : null, ...rest }));

/** When a process began, in milliseconds since 1970, to a hundredth of a second. */
function began(pid) {
  const [up] = readFileSync('/proc/uptime', 'utf8').split(' ');
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return Date.now() - (Number(up) - Number(fields[19]) / 100) * 1000;
}
function megabytes(pid) {
  const found = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  return Number(found[1]) / 1024;
}

/** Watches the gaps between frames; `gaps` ends it and says what there was. */
const watch = (page) =>
  page.run(() => {
    const seen = (window.gaps = { all: [], on: true });
    let last = performance.now();
    const frame = (now) => {
      seen.all.push(now - last);
      last = now;
      if (seen.on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
const gaps = (page) =>
  page.run(() => {
    window.gaps.on = false;
    const sorted = window.gaps.all.slice(1).sort((a, b) => a - b);
    return { longest: sorted.at(-1) ?? 0, p95: sorted[Math.floor(sorted.length * 0.95)] ?? 0, frames: sorted.length };
  });
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** From now on every frame that the page asks for is counted. */
const count = (page) =>
  page.run(() => {
    const ask = window.requestAnimationFrame.bind(window);
    const frames = (window.frames = { asked: 0, waited: 0, last: performance.now() });
    window.requestAnimationFrame = (each) => {
      frames.asked++;
      frames.waited++;
      return ask((now) => {
        frames.waited--;
        frames.last = performance.now();
        each(now);
      });
    };
    // What is under way was asked for before, and is seen by a frame of ours that comes after it.
    window.requestAnimationFrame(() => undefined);
  });
const asked = (page) => page.run(() => window.frames.asked);
/** Frames that are asked for in so many seconds. */
async function framesIn(page, seconds) {
  const before = await asked(page);
  await pause(seconds);
  return (await asked(page)) - before;
}
/** The next moment at which so many seconds pass before the minute turns. */
async function awayFromTheMinute(seconds) {
  const left = 60 - (Date.now() / 1000) % 60;
  if (left < seconds + 2) await pause(left + 2);
}

async function atRest(page) {
  await count(page);
  const began = Date.now();
  await until('nothing moves', () => page.run((ms) => window.frames.waited === 0 && performance.now() - window.frames.last > ms, QUIET_MS), 120_000);
  const after = (Date.now() - began - QUIET_MS) / 1000;
  row({ name: 'window.rest.after', value: after, unit: 's', goal: `the floor comes to rest ${CALM_S} s after the last event (and at most ${OPENING_S} s of opening)`, met: after <= CALM_S + OPENING_S });
  await awayFromTheMinute(REST_S);
  const idle = await framesIn(page, REST_S);
  row({ name: 'window.rest.frames', value: idle, unit: 'frames', goal: `none in ${REST_S} s of rest, in which no minute turns`, met: idle === 0 });
  await pause(60 - (Date.now() / 1000) % 60 - 2);
  const turn = await framesIn(page, MINUTE_TURNS_S);
  row({ name: 'window.rest.minute', value: turn, unit: 'frames', goal: 'one when the minute turns, for the clock on the wall', met: turn <= 1 });
}

async function events(world, page, gapAtRest) {
  await numbers(world);
  const project = 1;
  const asks = Array.from({ length: EVENTS }, (_, n) => ({
    ask: 'submit',
    command_id: `bench-${n}`,
    body: { noun: 'task', do: 'add', new: { project, title: `Draft ${n}`, draft: true } },
  }));
  // What counts is what is shown: the number beside the backlog's title.
  await page.sees('[data-backlog] .cnt');
  await page.run((wanted) => {
    const count = () => Number(/\d+/.exec(document.querySelector('[data-backlog] .cnt').textContent)?.[0] ?? 0);
    const before = count();
    const shown = (window.shown = { count: 0, pictures: 0, last: 0 });
    new MutationObserver((_, observer) => {
      const now = count() - before;
      if (now === shown.count) return;
      Object.assign(shown, { count: now, pictures: shown.pictures + 1, last: performance.timeOrigin + performance.now() });
      if (now >= wanted) observer.disconnect();
    }).observe(document.querySelector('[data-backlog]'), { childList: true, characterData: true, subtree: true });
  }, EVENTS);
  await watch(page);
  const asked = Date.now();
  await askAll(world.office, asks);
  const office = EVENTS / ((Date.now() - asked) / 1000);
  const shown = await until('the page shows all', async () => {
    const now = await page.run(() => window.shown);
    return now.count >= EVENTS && now;
  }, 120_000);
  const { longest, p95 } = await gaps(page);
  const rate = EVENTS / ((shown.last - asked) / 1000);
  row({ name: 'window.events.rate', value: rate, unit: '1/s', limit: office, goal: `${EVENTS} events from their asking until the real page${PROFILE} shows the last, at ${EVENTS_GOAL}/s or more; limit: what the office commits meanwhile`, met: rate >= EVENTS_GOAL || rate >= 0.95 * office });
  row({ name: 'window.events.gap', value: longest, unit: 'ms', limit: gapAtRest, goal: `no frame later than ${GAP_GOAL_MS} ms meanwhile (p95 ${p95.toFixed(0)} ms); limit: the longest at rest`, met: longest <= GAP_GOAL_MS });
  console.log(`${EVENTS} events in ${shown.pictures} pictures`);
}

async function bytes(world, page, gapAtRest) {
  const desks = await printers(world, page, { desks: DESKS, lines: LINES });
  await listen(page, desks, { quick: true });
  await watch(page);
  await desks.go();
  const over = await until('all have printed', async () => {
    const heard = await page.run(() => window.heard);
    return heard.every(({ done }) => done) && heard;
  }, 240_000);
  const { longest, p95, frames } = await gaps(page);
  desks.end();
  const sum = (what) => over.reduce((total, seen) => total + what(seen), 0);
  const took = (Math.max(...over.map(({ over }) => over)) - Math.min(...over.map(({ began }) => began))) / 1000;
  const rate = sum(({ bytes }) => bytes) / MEGABYTE / took;
  row({ name: 'window.terminals.rate', value: rate, unit: 'MB/s', limit: BYTES_GOAL, goal: `${DESKS} terminals flood into the real page${PROFILE} at ${BYTES_GOAL} MB/s or more together, beside their monitors`, met: rate >= BYTES_GOAL });
  row({ name: 'window.terminals.gap', value: longest, unit: 'ms', limit: gapAtRest, goal: `no frame later than ${GAP_GOAL_MS} ms meanwhile (p95 ${p95.toFixed(0)} ms of ${frames}); limit: the longest at rest`, met: longest <= GAP_GOAL_MS });
  console.log(`${(sum(({ bytes }) => bytes) / MEGABYTE).toFixed(0)} MB came in ${sum(({ messages }) => messages)} messages, ${(sum(({ missed }) => missed) / MEGABYTE).toFixed(0)} MB were said to be in the recording only, ${over.filter(({ wrong }) => wrong).length} of ${DESKS} wrong`);
}

const parts = new Set(process.argv.slice(2));
const wants = (part) => parts.size === 0 || parts.has(part);
const world = await openWorld({ still: false, programs });
try {
  console.log(`load when it began: ${loadavg()[0].toFixed(1)}`);
  const started = Date.now();
  const { page, ...window } = await world.open().then((it) => ({ page: it.page, it }));
  await page.sees(OPEN);
  console.log(`the floor is drawn ${await page.attribute('canvas[data-drawn]', 'data-drawn')}`);
  const { pid } = window.it;
  const painted = (await page.run(() => performance.timeOrigin + performance.getEntriesByName('first-contentful-paint')[0].startTime)) - began(pid);
  row({ name: 'window.first-paint', value: painted, unit: 'ms', goal: `words in the window 1,500 ms after exec${PROFILE}`, met: painted <= 1500 });
  row({ name: 'window.first-floor', value: Date.now() - started, unit: 'ms', limit: painted, goal: 'the floor of a new office painted within 5,000 ms, its making and start included; limit: first paint', met: Date.now() - started <= 5000 });
  if (wants('rest')) await atRest(page);
  const its = world.processes().filter(({ command }) => command.startsWith(window.it.program) || /WebKit(Web|Network)Process/.test(command));
  const memory = its.map(({ pid, command }) => ({ name: basename(command.split(' ')[0]), much: megabytes(pid) }));
  const all = memory.reduce((total, { much }) => total + much, 0);
  row({ name: 'window.memory', value: all, unit: 'MiB', goal: `the window's processes together at most 450 MiB (PSS: ${memory.map(({ name, much }) => `${name} ${much.toFixed(0)}`).join(', ')})`, met: all <= 450 });
  await watch(page);
  await pause(3);
  const rest = await gaps(page);
  if (wants('bytes')) await bytes(world, page, rest.longest);
  if (wants('events')) await events(world, page, rest.longest);
} finally {
  await world.end();
}
