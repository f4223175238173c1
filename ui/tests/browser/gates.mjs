// What stands between a change and the base, in the window: another run's verdict, as its own words.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { colliding, judged } from './judged.mjs';
import { findings, open, says } from './open.mjs';

test('a verdict stands on the card and on the task, as the words of whoever reviewed it', async () => {
  const page = await open();
  await judged(page);
  const id = await page.evaluate(() => window.judgedTask);
  const card = page.locator(`[data-need="${id}"]`);
  await says(card, /Reviewed, changes wanted: On a bright screen/);
  await card.getByRole('button', { name: /Review/ }).click();
  const words = page.getByRole('region', { name: "In the reviewer's own words" });
  await words.waitFor();
  await says(words, /Juno reviewed it: changes wanted\s+the reviewer's own words, of [0-9a-f]{10}[^]*the total cannot be read/);
  await words.getByText('What that rests on').click();
  await words.getByText('total 2.1:1').waitFor();
  for (const theme of ['night', 'morning']) {
    await page.evaluate((theme) => (document.body.dataset.theme = theme), theme);
    assert.deepEqual(await findings(page), [], theme);
  }
  await page.close();
});

test('desks on a collision course say so on the desk, on its plate and on its card', async () => {
  const page = await open();
  await colliding(page);
  const plate = page.locator('[data-desk="1"]');
  await plate.focus();
  const card = page.locator('[data-card="1"].card');
  await card.getByText(/would conflict with Otto \(#\d+\): src\/payments\.py/).waitFor();
  await says(card, /touches the same as Lena \(#\d+\): src\/receipts\.css/);
  await plate.click();
  const panel = page.getByRole('region', { name: "Mara's desk" });
  await panel.getByRole('button', { name: /would conflict with Otto/ }).waitFor();
  for (const theme of ['night', 'morning']) {
    await page.evaluate((theme) => (document.body.dataset.theme = theme), theme);
    assert.deepEqual(await findings(page), [], theme);
  }
  await page.keyboard.press('Escape');
  await page.locator('[data-desk="2"]').click();
  await page.getByRole('region', { name: "Otto's desk" }).getByRole('button', { name: /would conflict with Mara/ }).waitFor();
  await page.close();
});
