// Thousands of tasks, text at 200 %, and windows of every size: nothing is cut, nothing lies on anything else.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { counts, open } from './open.mjs';

test('five thousand tasks and ten thousand events: few rows are made, and a filter answers at once', async () => {
  const page = await open({ query: '?tasks=5000' });
  await page.locator('[data-row]').first().waitFor();
  const nodes = () => page.evaluate(() => [document.querySelectorAll('[data-row]').length, document.querySelectorAll('*').length]);
  const [rows, all] = await nodes();
  assert.ok(rows < 40 && all < 1500, `${rows} rows, ${all} elements`);
  await page.locator('[data-row] [data-task]').first().focus();
  await page.keyboard.press('End');
  await page.waitForFunction(() => document.activeElement?.closest('[data-row]')?.getAttribute('aria-posinset') === document.activeElement?.closest('[data-row]')?.getAttribute('aria-setsize'));
  assert.ok((await nodes())[0] < 40);
  await page.getByRole('searchbox', { name: 'Find in the list' }).fill('#1234');
  await page.waitForFunction(() => document.querySelectorAll('[data-row]').length === 1);
  await page.close();
});

/** Pairs of shown things that lie on one another though neither holds the other; and words that are cut. */
const faults = (page) =>
  page.evaluate(() => {
    const shown = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const things = [...document.querySelectorAll('header.glass > *, header.glass button, .panel > *, dialog > .in > *')].filter(shown);
    const out = [];
    for (const [i, a] of things.entries()) {
      const p = a.getBoundingClientRect();
      if (p.right > innerWidth + 1 || p.left < -1) out.push(`${a.className || a.tagName} leaves the window`);
      for (const b of things.slice(i + 1)) {
        if (a.contains(b) || b.contains(a) || a.closest('dialog') !== b.closest('dialog') || a.closest('.panel') !== b.closest('.panel')) continue;
        const q = b.getBoundingClientRect();
        const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left);
        const high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
        if (wide > 1 && high > 1) out.push(`${a.textContent.trim().slice(0, 30)} lies on ${b.textContent.trim().slice(0, 30)}`);
      }
    }
    for (const button of document.querySelectorAll('button.btn')) if (shown(button) && button.scrollWidth > button.clientWidth + 1) out.push(`cut: ${button.textContent.trim()}`);
    return out;
  });

for (const [width, height, text] of [[1440, 900, 200], [1280, 800, 100], [1440, 900, 100], [1920, 1080, 100], [1920, 1080, 200], [1100, 760, 100]])
  test(`nothing is cut or covered at ${width} x ${height} with text at ${text} %`, async () => {
    const page = await open({ width, height, prefs: { text } });
    assert.deepEqual(await faults(page), [], 'floor');
    const narrow = width / (text / 100) < 1180;
    const needs = page.getByRole('button', { name: /^Needs you/ });
    await counts(needs, narrow ? 1 : 0);
    if (narrow) await needs.click();
    await page.locator('[data-need="8"]').focus();
    await page.keyboard.press('r');
    await page.locator('tr.added').first().waitFor({ state: 'attached' });
    assert.deepEqual(await faults(page), [], 'review');
    await page.keyboard.press('Escape');
    for (const key of ['n', '?']) {
      await page.keyboard.press(key);
      await page.getByRole('dialog').waitFor();
      assert.deepEqual(await faults(page), [], key);
      await page.keyboard.press('Escape');
    }
    await page.close();
  });

test('ten seconds after the last event nothing is drawn any more', async () => {
  const page = await open({ prefs: { motion: 'auto' } });
  await page.mouse.move(5, 5);
  // The floor counts seconds it drew, so on a slow machine ten of them take longer; what counts is that it ends.
  const quiet = () =>
    page.evaluate(async () => {
      let calls = 0;
      const real = window.requestAnimationFrame;
      window.requestAnimationFrame = (each) => (calls++, real(each));
      await new Promise((done) => setTimeout(done, 2000));
      window.requestAnimationFrame = real;
      return calls;
    });
  await page.waitForTimeout(9_000);
  const until = Date.now() + 30_000;
  while ((await quiet()) > 0 && Date.now() < until);
  assert.equal(await quiet(), 0);
  await page.close();
});
