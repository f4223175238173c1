// Every panel and sheet, by axe, in both lights and in high contrast. Not here: what is done in them.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { findings, open, troubles } from './open.mjs';

test('it opens on the office as it is, and asks nothing outside for anything', async () => {
  const page = await open();
  assert.equal(await page.locator('[data-desk]').count(), 8);
  assert.match(await page.locator('[data-desk="1"]').getAttribute('aria-label'), /^Mara, working: Add idempotency keys.*desk \d of 7$/);
  assert.equal(await page.locator('[data-desk="3"]').getAttribute('data-state'), 'crashed');
  await page.getByRole('heading', { name: 'Backlog' }).waitFor();
  await page.getByText('Release notes for 2.4').first().waitFor();
  assert.deepEqual(troubles(), []);
  await page.close();
});

for (const [theme, contrast] of [['night', 'auto'], ['morning', 'auto'], ['night', 'more'], ['morning', 'more']])
  test(`every panel and sheet is sound by axe: ${theme}${contrast === 'more' ? ', high contrast' : ''}`, async () => {
    const page = await open({ prefs: { theme, contrast } });
    assert.equal(await page.evaluate(() => document.body.dataset.theme), theme);
    const sound = async (where) => assert.deepEqual(await findings(page), [], where);
    const back = () => page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Which tasks are listed' }).click();
    await sound('floor');
    await page.locator('[data-desk="1"]').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: "Mara's desk" }).waitFor();
    await page.getByText('I will store the key').waitFor();
    await sound('desk, terminal');
    for (const tab of ['Task', 'Diff', 'Log']) {
      await page.getByRole('tab', { name: tab }).click();
      await sound(`desk, ${tab}`);
    }
    await back();
    await page.locator('[data-need="8"]').focus();
    await page.keyboard.press('r');
    await page.locator('tr.added').first().waitFor();
    await sound('review');
    await page.keyboard.press('v');
    await page.locator('td.added').first().waitFor();
    await sound('review, side by side');
    await page.getByRole('button', { name: 'Who did what' }).click();
    await page.getByText('said it is done').waitFor();
    await sound('life');
    await back();
    for (const [key, name] of [['Control+k', 'Find and do'], ['?', 'Keys'], ['n', 'New task']]) {
      await page.keyboard.press(key);
      await page.getByRole('dialog', { name }).waitFor();
      await sound(name);
      await back();
    }
    for (const [button, name] of [['Settings', 'Settings'], [/^Health/, 'Health']]) {
      await page.getByRole('button', { name: button }).click();
      await page.getByRole('dialog', { name }).waitFor();
      await sound(name);
      await back();
    }
    await page.locator('[data-desk="hire"]').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Hire someone' }).waitFor();
    await sound('Hire');
    await page.close();
    const first = await open({ query: '?empty', prefs: { theme, contrast } });
    assert.deepEqual(await findings(first), [], 'first run');
    await first.close();
  });
