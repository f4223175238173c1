// The window on the recorded night, in the Chromium of the machine: it opens, every panel is reachable and sound by axe, a
// card is given to a desk by keyboard alone and by pointer, and a floor where nothing happens draws nothing.
// Not here: the real window, which the shell opens, and judging how it looks (shots.mjs).

import { test, after, before } from 'node:test';
import assert from 'node:assert/strict';
import { findings, openBrowser } from './page.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

const theme = (page) => page.evaluate(() => document.body.dataset.theme);
const asked = (page, kind) => page.evaluate((kind) => window.replay.asked.filter((ask) => ask.ask === kind), kind);

test('it opens on the office as it is, and asks nothing outside for anything', async () => {
  const page = await browser.open();
  assert.equal(await page.locator('[data-desk]').count(), 8);
  assert.match(await page.locator('[data-desk="1"]').getAttribute('aria-label'), /^Mara, working: Add idempotency keys.*desk \d of 7$/);
  assert.equal(await page.locator('[data-desk="3"]').getAttribute('data-state'), 'crashed');
  await page.getByRole('heading', { name: 'Backlog' }).waitFor();
  await page.getByText('Release notes for 2.4').first().waitFor();
  assert.deepEqual(browser.troubles, []);
  await page.close();
});

test('every panel and sheet is sound by axe, in both lights', async () => {
  const page = await browser.open();
  for (const light of ['night', 'morning']) {
    if ((await theme(page)) !== light) await page.keyboard.press('t');
    await page.waitForFunction((light) => document.body.dataset.theme === light, light);
    const sound = async (where) => assert.deepEqual(await findings(page), [], `${where}, ${light}`);
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
    await page.keyboard.press('Escape');
    await page.locator('[data-need="8"]').focus();
    await page.keyboard.press('r');
    await page.locator('tr.added').first().waitFor();
    await sound('review');
    await page.keyboard.press('Escape');
    for (const [key, name] of [['Control+k', 'Find and do'], ['?', 'Keys'], ['n', 'New task']]) {
      await page.keyboard.press(key);
      await page.getByRole('dialog', { name }).waitFor();
      await sound(name);
      await page.keyboard.press('Escape');
    }
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('dialog', { name: 'Settings' }).waitFor();
    await sound('Settings');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Health/ }).click();
    await page.getByRole('dialog', { name: 'Health' }).getByText('git', { exact: true }).waitFor();
    await sound('Health');
    await page.keyboard.press('Escape');
    await page.locator('[data-desk="hire"]').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Hire someone' }).waitFor();
    await sound('Hire');
    await page.keyboard.press('Escape');
  }
  await page.close();
});

test('a card is given to a desk by keyboard alone, and the desk says what it would do', async () => {
  const page = await browser.open();
  await page.locator('[data-task="11"]').focus();
  await page.keyboard.press('b');
  const heard = new Set();
  for (let steps = 0; steps < 24 && !(await page.locator('[data-desk="6"]:focus').count()); steps++) {
    heard.add(await page.locator('.carry span').textContent());
    await page.keyboard.press(['ArrowDown', 'ArrowLeft', 'ArrowDown', 'ArrowRight'][steps % 4]);
  }
  assert.equal(await page.locator('.carry span').textContent(), 'Juno: takes it');
  assert.ok([...heard].some((words) => /queues it/.test(words)), [...heard].join('; '));
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('[data-desk="6"]').dataset.state === 'working');
  const [submitted] = (await asked(page, 'submit')).map((ask) => ask.body);
  assert.deepEqual(submitted, { noun: 'task', do: 'assign', task: 11, desk: 6 });
  await page.getByText('Juno starts on #11').first().waitFor();
  assert.equal(await page.locator('[data-task="11"]').count(), 0);
  await page.close();
});

test('a card is dragged by pointer, refused in words where it does not fit, and put back by Escape', async () => {
  const page = await browser.open();
  const middle = async (selector) => {
    const { x, y, width, height } = await page.locator(selector).boundingBox();
    return [x + width / 2, y + height / 2];
  };
  const [x, y] = await middle('[data-task="14"]');
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(...(await middle('[data-desk="6"]')), { steps: 6 });
  assert.equal(await page.locator('#drop-word').textContent(), 'another role');
  await page.mouse.up();
  await page.getByText("task #14 is for the role 'researcher'").first().waitFor();
  assert.deepEqual(await asked(page, 'submit'), []);
  await page.mouse.move(...(await middle('[data-task="11"]')));
  await page.mouse.down();
  await page.mouse.move(...(await middle('[data-desk="6"]')), { steps: 6 });
  assert.equal(await page.locator('#drop-word').textContent(), 'takes it');
  await page.keyboard.press('Escape');
  await page.mouse.up();
  assert.deepEqual(await asked(page, 'submit'), []);
  await page.close();
});

test('the night goes on while one looks, and a refusal is said with its way out', async () => {
  const page = await browser.open({ query: '?from=60' });
  const before = await page.locator('footer[aria-label="Today"]').textContent();
  await page.evaluate(() => window.replay.play(1000));
  await page.waitForFunction(() => document.querySelector('[data-desk="5"]').dataset.state === 'paused');
  assert.notEqual(await page.locator('footer[aria-label="Today"]').textContent(), before);
  await page.locator('[data-need="8"]').focus();
  await page.keyboard.press('a');
  await page.getByText('and in it nobody asked for that').first().waitFor();
  await page.close();
});

test('ten seconds after the last event nothing is drawn any more', async () => {
  const page = await browser.open();
  await page.mouse.move(5, 5);
  await page.waitForTimeout(11_500);
  const drawn = await page.evaluate(async () => {
    let calls = 0;
    const real = window.requestAnimationFrame;
    window.requestAnimationFrame = (each) => (calls++, real(each));
    await new Promise((done) => setTimeout(done, 3000));
    window.requestAnimationFrame = real;
    return calls;
  });
  assert.equal(drawn, 0);
  await page.close();
});
