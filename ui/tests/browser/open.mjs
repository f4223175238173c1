// What the browser tests of the window share: one browser, opened once; what was asked of the office.
// Not here: any test.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { openBrowser } from '../page.mjs';

export { findings } from '../page.mjs';
let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

/** The window's own settings, as they were kept. Still unless said otherwise, and the floor not drawn in full (floor-browser.mjs does):
 *  a machine without a GPU has better to do. */
export const kept = (prefs) => (page) => page.addInitScript((text) => localStorage.getItem('afterhours.window') ?? localStorage.setItem('afterhours.window', text), JSON.stringify(prefs));
export const open = ({ prefs = {}, also = () => {}, floor = 'thrifty', ...how } = {}) =>
  browser.open({ ...how, floor, before: (page) => Promise.all([kept({ motion: 'less', guide: 'off', ...prefs })(page), also(page)]) });
export const troubles = () => browser.troubles;

export const asked = (page, kind) => page.evaluate((kind) => window.replay.asked.filter((ask) => ask.ask === kind), kind);
export const submitted = async (page) => (await asked(page, 'submit')).map((ask) => ask.body);
export async function middle(page, selector) {
  await page.locator(selector).scrollIntoViewIfNeeded();
  const { x, y, width, height } = await page.locator(selector).boundingBox();
  return [x + width / 2, y + height / 2];
}
/** Presses on one thing and moves over another, without letting go. */
export async function carry(page, from, to) {
  await page.mouse.move(...(await middle(page, from)));
  await page.mouse.down();
  await page.mouse.move(...(await middle(page, to)), { steps: 6 });
}

/** The page draws what it is told a little later than it is told: both wait, picture by picture, and then say what stands there instead. */
const PATIENCE_MS = 10_000;
async function settled(page, holds) {
  const until = performance.now() + PATIENCE_MS;
  while (!(await holds()) && performance.now() < until) await page.evaluate(() => new Promise(requestAnimationFrame));
}
/** A thing comes to say what is wanted: a pattern, or all of its words. */
export async function says(locator, wanted) {
  const right = (text) => (wanted instanceof RegExp ? wanted.test(text) : text === wanted);
  let text = '';
  await settled(locator.page(), async () => right((text = (await locator.innerText()).trim())));
  assert.ok(right(text), `${locator} says\n${text}\nand not ${wanted}`);
}
/** So many of a thing come to be there. */
export async function counts(locator, wanted, why = '') {
  let count = -1;
  await settled(locator.page(), async () => (count = await locator.count()) === wanted);
  assert.equal(count, wanted, `${locator} ${why}`);
}
