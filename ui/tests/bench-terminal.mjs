// Figures of the window's terminals on the replay page, one JSON line each as in CONTRIBUTING.md: a flood into the open desk
// while twelve monitors are fed, the longest gap between two frames meanwhile, and what the same page does at rest.
//   node ui/tests/bench.mjs
// Not here: tests. A figure of a busy machine says little, so the limit is measured in the same run.

import { openBrowser } from './page.mjs';

const MEGABYTE = 1e6;
const FLOOD_MB = 50;
const GAP_GOAL_MS = 50;
const RATE_GOAL = 20;
const row = (row) => console.log(JSON.stringify(row));

const browser = await openBrowser();
try {
  const page = await browser.open({ floor: 'thrifty' });
  await page.locator('[data-desk="1"]').focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('.xterm-rows')?.textContent.includes('Working'));
  await page.waitForTimeout(2000);
  const watch = () =>
    page.evaluate(() => {
      window.gaps = [];
      let last = performance.now();
      window.watching = true;
      const frame = (now) => {
        window.gaps.push(now - last);
        last = now;
        if (window.watching) requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
  const gaps = () =>
    page.evaluate(() => {
      window.watching = false;
      const sorted = window.gaps.slice(1).sort((a, b) => a - b);
      return { longest: sorted.at(-1), p95: sorted[Math.floor(sorted.length * 0.95)], frames: sorted.length };
    });
  await watch();
  await page.waitForTimeout(3000);
  const rest = await gaps();
  await watch();
  const { took, drawn } = await page.evaluate(async (mb) => {
    const terminal = window.replay.terminals.get(1);
    const line = '\x1b[32mok\x1b[0m a line of a build that says more than anybody reads, over and over, \x1b[1mbold\x1b[0m too\r\n';
    const piece = new TextEncoder().encode(line.repeat(Math.ceil(65_536 / line.length)));
    let drawn = 0;
    const began = performance.now();
    // A program prints in its own process: the page only gets what it gave credit for, a piece at a time.
    for (let sent = 0; sent < mb * 1e6; sent += piece.length) {
      terminal.print(piece);
      drawn += piece.length;
      while (terminal.behind() > 262_144) await new Promise((done) => setTimeout(done));
    }
    while (terminal.behind() > 0) await new Promise((done) => setTimeout(done));
    return { took: performance.now() - began, drawn };
  }, FLOOD_MB);
  const flood = await gaps();
  const rate = drawn / MEGABYTE / (took / 1000);
  row({ name: 'window.flood.rate', value: Number(rate.toFixed(1)), unit: 'MB/s', limit: RATE_GOAL, ratio: Number((rate / RATE_GOAL).toFixed(2)), goal: `${FLOOD_MB} MB into the open desk at ${RATE_GOAL} MB/s or more`, met: rate >= RATE_GOAL });
  row({ name: 'window.flood.gap', value: Number(flood.longest.toFixed(1)), unit: 'ms', limit: Number(rest.longest.toFixed(1)), ratio: Number((flood.longest / rest.longest).toFixed(2)), goal: `no gap between frames over ${GAP_GOAL_MS} ms (limit: the longest at rest)`, met: flood.longest <= GAP_GOAL_MS });
  row({ name: 'window.flood.gap95', value: Number(flood.p95.toFixed(1)), unit: 'ms', limit: Number(rest.p95.toFixed(1)), ratio: Number((flood.p95 / rest.p95).toFixed(2)), goal: `95 of 100 frames within ${GAP_GOAL_MS} ms (limit: the same at rest)`, met: flood.p95 <= GAP_GOAL_MS });
} finally {
  await browser.close();
}
