// Pictures of the window on the recorded night, into target/shots, to be looked at beside the design.
//   node tests/shots.mjs [night|morning|more|large|narrow|first|inbox|gates|away|budget]...   all of them if none is named
// Not here: judging them.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { asks, REQUESTS } from './browser/asks.mjs';
import { colliding, judged, landing } from './browser/judged.mjs';
import { letters, undelivered } from './browser/letters.mjs';
import { withRoles } from './browser/rolefiles.mjs';
import { withRules } from './browser/rules.mjs';
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
const wanted = process.argv.slice(2);
const wants = (name) => wanted.length === 0 || wanted.includes(name);
const set = (page, prefs) => page.addInitScript((text) => localStorage.setItem('afterhours.window', text), JSON.stringify({ guide: 'off', ...prefs }));

async function panels(theme, name, prefs, size = {}) {
  const page = await browser.open({ ...size, before: (page) => set(page, { theme, ...prefs }) });
  const drawers = await page.evaluate(() => ['narrow', 'tight'].includes(document.body.dataset.room));
  await shot(page, name);
  if (drawers) await page.getByRole('button', { name: /^Needs you/ }).click();
  if (drawers) await shot(page, `${name}-needs`);
  await page.locator('[data-need]', { hasText: 'Dark mode tokens' }).getByRole('button', { name: /Review/ }).click();
  await shot(page, `${name}-review`);
  await page.getByRole('button', { name: 'Side by side' }).click();
  await shot(page, `${name}-split`);
  await page.getByRole('button', { name: 'One column' }).click();
  await page.getByRole('button', { name: 'Who did what' }).click();
  await shot(page, `${name}-life`);
  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await page.getByRole('textbox', { name: 'Title' }).fill('Send receipts by mail');
  await page.getByRole('button', { name: 'A check', exact: true }).click();
  await page.getByText('Order, role, attempts, time').click();
  await shot(page, `${name}-form`);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await shot(page, `${name}-palette`);
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await shot(page, `${name}-keys`);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Settings' }).click();
  await shot(page, `${name}-settings`);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Health/ }).click();
  await shot(page, `${name}-health`);
  await page.keyboard.press('Escape');
  if (drawers) return page.close();
  await page.locator('[data-desk="1"]').click();
  await shot(page, `${name}-desk`);
  await page.keyboard.press('Control+Shift+F');
  await page.keyboard.type('test');
  await shot(page, `${name}-desk-search`);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Take the keyboard/ }).click();
  await shot(page, `${name}-desk-taken`);
  await page.keyboard.press('Control+Shift+Escape');
  await page.keyboard.press('Escape');
  const card = await page.locator('[data-task]', { hasText: 'Audit log' }).boundingBox();
  const desk = await page.locator('[data-desk="6"]').boundingBox();
  await page.mouse.move(card.x + 40, card.y + 20);
  await page.mouse.down();
  await page.mouse.move(desk.x + desk.width / 2, desk.y + desk.height / 2, { steps: 8 });
  await shot(page, `${name}-drag`);
  await page.mouse.up();
  await shot(page, `${name}-given`);
  await page.close();
}

try {
  for (const theme of ['night', 'morning']) if (wants(theme)) await panels(theme, theme, {});
  if (wants('more')) for (const theme of ['night', 'morning']) await panels(theme, `${theme}-more`, { contrast: 'more' });
  if (wants('large')) await panels('night', 'large', { text: 200 });
  if (wants('narrow')) await panels('morning', 'narrow', {}, { width: 1100, height: 760 });
  if (wants('first'))
    for (const theme of ['night', 'morning']) {
      const page = await browser.open({ query: '?empty', before: (page) => set(page, { theme }) });
      await shot(page, `${theme}-first`);
      await page.getByRole('button', { name: /Open a repository/ }).click();
      await page.getByRole('textbox', { name: /Open a repository/ }).fill('/home/you/code/ledger');
      await page.getByRole('button', { name: 'Open', exact: true }).click();
      await shot(page, `${theme}-first-refused`);
      await page.close();
    }
  if (wants('inbox'))
    for (const theme of ['night', 'morning']) {
      const page = await browser.open({ before: (page) => set(page, { theme }) });
      await asks(page, REQUESTS.PUSH, REQUESTS.UNKNOWN, REQUESTS.EDIT);
      for (const [id, name] of [[101, 'push'], [102, 'unknown'], [103, 'edit']]) {
        await page.locator(`[data-approval="${id}"]`).focus();
        await shot(page, `${theme}-inbox-${name}`);
      }
      const card = page.locator('[data-approval="101"]');
      await card.focus();
      await card.getByRole('button', { name: 'More' }).click();
      await shot(page, `${theme}-inbox-more`);
      await card.getByRole('button', { name: 'Change it, then approve' }).click();
      await shot(page, `${theme}-inbox-words`);
      await page.close();
    }
  if (wants('gates'))
    for (const theme of ['night', 'morning']) {
      const page = await browser.open({ before: (page) => set(page, { theme }) });
      await judged(page);
      const id = await page.evaluate(() => window.judgedTask);
      await page.locator(`[data-need="${id}"]`).getByRole('button', { name: /Review/ }).click();
      await page.getByText('What that rests on').click();
      await shot(page, `${theme}-judged`);
      await page.keyboard.press('Escape');
      await colliding(page);
      await page.locator('[data-desk="1"]').focus();
      await shot(page, `${theme}-collision-card`);
      await page.locator('[data-desk="1"]').click();
      await shot(page, `${theme}-collision`);
      await page.close();
    }
  if (wants('mail'))
    for (const theme of ['night', 'morning']) {
      const page = await browser.open({ before: (page) => set(page, { theme }) });
      await letters(page);
      await page.getByRole('button', { name: /Mail 1 for you/ }).click();
      await page.getByText('the old code rounds up').waitFor();
      await shot(page, `${theme}-mail`);
      await page.close();
    }
  if (wants('roles'))
    for (const theme of ['night', 'morning']) {
      const page = await browser.open({ before: (page) => set(page, { theme }) });
      await withRoles(page);
      await page.getByRole('button', { name: 'Roles', exact: true }).click();
      await page.getByRole('dialog', { name: 'Roles' }).getByRole('button', { name: 'ops' }).click();
      await page.getByText('It reads').waitFor();
      await shot(page, `${theme}-roles`);
      await page.keyboard.press('Escape');
      await landing(page);
      await shot(page, `${theme}-landing`);
      await undelivered(page, 200);
      await page.getByRole('button', { name: /^Mail/ }).click();
      await page.getByRole('alert').filter({ hasText: 'not delivered' }).waitFor();
      await shot(page, `${theme}-mail-late`);
      await page.close();
    }
  if (wants('away'))
    for (const theme of ['night', 'morning']) {
      const page = await browser.open({ before: (page) => set(page, { theme }) });
      await withRules(page);
      const sheet = async (entry) => {
        await page.keyboard.press('Control+k');
        await page.getByRole('combobox').fill(entry);
        await page.keyboard.press('Enter');
      };
      await sheet('before you go');
      await page.getByRole('textbox', { name: /^Command/ }).fill('git push origin release/*');
      await page.getByText('with words that each fit').waitFor();
      await page.getByRole('button', { name: 'Approve in advance' }).click();
      await page.getByRole('textbox', { name: /^Command/ }).fill('npm install *');
      await shot(page, `${theme}-away`);
      await page.keyboard.press('Escape');
      await sheet('rules');
      await page.getByRole('button', { name: 'Begin with an example' }).click();
      await page.getByText('2 of 42 things').waitFor();
      await shot(page, `${theme}-rules`);
      await page.getByRole('textbox', { name: 'Rules' }).fill('[[rule]]\nid = "mine.deploy"\n# broken\n');
      await page.getByText('it should fit').waitFor();
      await shot(page, `${theme}-rules-fault`);
      await page.close();
    }
  if (wants('budget'))
    for (const theme of ['night', 'morning']) {
      const page = await browser.open({ query: '?spent', before: (page) => set(page, { theme }) });
      await shot(page, `${theme}-budget`);
      await page.getByRole('button', { name: 'Settings' }).click();
      await page.getByRole('heading', { name: 'Budgets' }).scrollIntoViewIfNeeded();
      await shot(page, `${theme}-budget-settings`);
      await page.keyboard.press('Escape');
      await page.locator('[data-desk="1"]').click();
      await shot(page, `${theme}-budget-desk`);
      await page.close();
    }
  for (const trouble of browser.troubles) console.log(`trouble: ${trouble}`);
} finally {
  await browser.close();
}
