// Pictures of the window on the recorded night, into target/shots, to be looked at beside the design.
// Not here: judging them.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser, TARGET } from './page.mjs';

const OUT = join(TARGET, 'shots');
mkdirSync(OUT, { recursive: true });
const browser = await openBrowser();
/** Screens print, plates settle, panels slide in. */
const calm = (page) => page.waitForTimeout(900);
const shot = async (page, name) => {
  await calm(page);
  await page.screenshot({ path: join(OUT, `${name}.png`) });
  console.log(`target/shots/${name}.png`);
};
try {
  const wanted = process.argv.slice(2);
  for (const theme of ['night', 'morning'].filter((it) => wanted.length === 0 || wanted.includes(it))) {
    const page = await browser.open();
    if ((await page.evaluate(() => document.body.dataset.theme)) !== theme) await page.keyboard.press('t');
    await shot(page, theme);
    await page.locator('[data-desk="1"]').click();
    await shot(page, `${theme}-desk`);
    await page.keyboard.press('Escape');
    await page.locator('[data-need]', { hasText: 'Dark mode tokens' }).getByRole('button', { name: /Review/ }).click();
    await shot(page, `${theme}-review`);
    await page.keyboard.press('Escape');
    const card = await page.locator('[data-task]', { hasText: 'Audit log' }).boundingBox();
    const desk = await page.locator('[data-desk="6"]').boundingBox();
    await page.mouse.move(card.x + 40, card.y + 20);
    await page.mouse.down();
    await page.mouse.move(desk.x + desk.width / 2, desk.y + desk.height / 2, { steps: 8 });
    await shot(page, `${theme}-drag`);
    await page.mouse.up();
    await shot(page, `${theme}-given`);
    await page.keyboard.press('Control+k');
    await shot(page, `${theme}-palette`);
    await page.close();
  }
  for (const trouble of browser.troubles) console.log(`trouble: ${trouble}`);
} finally {
  await browser.close();
}
