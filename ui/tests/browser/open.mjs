// What the browser tests of the window share: one browser, opened once; what was asked of the office.
// Not here: any test.

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
