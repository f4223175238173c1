// What stands between a change and the base, in the window: another run's verdict, as its own words.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { colliding, judged, landing } from './judged.mjs';
import { findings, open, says, submitted } from './open.mjs';

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

test('what is on its way onto the base says what is checked, what waits and why it stopped; so does a backlog file that does not read', async () => {
  const page = await open();
  await landing(page);
  const backlog = page.getByRole('complementary', { name: 'Backlog' });
  await says(backlog.getByRole('alert'), "TASKS.md, line 12: 'chekc=true' says nothing here; write `check=...`");
  const queue = backlog.getByRole('region', { name: /^Merge queue of/ });
  await says(queue, /#901 Round prices half up\s+checked on base\s+#902 Send receipts by mail\s+merge 2 of 2\s+#903 Drop a column\s+not merged/);
  await queue.getByRole('button', { name: 'Try to merge #903 again' }).press('Enter');
  assert.deepEqual((await submitted(page)).at(-1), { noun: 'task', do: 'accept', task: 903 });
  await page.evaluate(() => window.heldProject());
  await says(queue, /'main' was rewritten: have a look at it/);
  for (const theme of ['night', 'morning']) {
    await page.evaluate((theme) => (document.body.dataset.theme = theme), theme);
    assert.deepEqual(await findings(page), [], theme);
  }
  await queue.getByRole('button', { name: 'Merges may go on' }).press('Enter');
  assert.equal((await submitted(page)).at(-1).do, 'release_queue');
  await page.close();
});

test('whether another run reviews a task is said where it is written', async () => {
  const page = await open();
  await page.keyboard.press('n');
  const form = page.getByRole('dialog', { name: 'New task' });
  await form.getByRole('textbox', { name: 'Title' }).fill('Round prices half up');
  await form.getByText('Order, role, attempts, time, review').click();
  const review = form.getByRole('combobox', { name: 'Before it is merged' });
  await review.selectOption('another run reviews it');
  assert.deepEqual(await findings(page), []);
  await form.getByRole('button', { name: 'Write it down' }).click();
  await page.waitForFunction(() => window.replay.asked.some((it) => it.body?.do === 'add'));
  assert.equal((await submitted(page)).find((it) => it.do === 'add').new.review, true);
  await form.getByRole('combobox', { name: 'Delivers' }).selectOption('a finding');
  assert.equal(await review.count(), 0, 'a finding is not merged');
  await page.close();
});
