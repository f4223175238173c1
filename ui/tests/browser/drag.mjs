// Carrying cards and roles, by pointer and by keyboard, and what each place says. Not here: the rules (select.test.ts).
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { asked, carry, counts, middle, open, says, submitted } from './open.mjs';

test('a card is given to a desk by keyboard alone, and the desk says what it would do', async () => {
  const page = await open();
  await page.locator('[data-task="11"]').focus();
  await page.keyboard.press('b');
  const heard = new Set();
  for (let steps = 0; steps < 24 && !(await page.locator('[data-desk="6"]:focus').count()); steps++) {
    heard.add(await page.locator('.carry span').textContent());
    await page.keyboard.press(['ArrowDown', 'ArrowLeft', 'ArrowDown', 'ArrowRight'][steps % 4]);
  }
  await says(page.locator('.carry span'), 'Juno: takes it');
  assert.ok([...heard].some((words) => /queues it/.test(words)), [...heard].join('; '));
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('[data-desk="6"]').dataset.state === 'working');
  assert.deepEqual(await submitted(page), [{ noun: 'task', do: 'assign', task: 11, desk: 6 }]);
  await page.getByText('Juno starts on #11').first().waitFor();
  await counts(page.locator('[data-task="11"]'), 0);
  await page.close();
});

test('a card is dragged by pointer, refused in words where it does not fit, and put back by Escape', async () => {
  const page = await open();
  await carry(page, '[data-task="14"]', '[data-desk="6"]');
  await says(page.locator('#drop-word'), 'another role');
  await page.mouse.up();
  await page.getByText("task #14 is for the role 'researcher'").first().waitFor();
  assert.deepEqual(await submitted(page), []);
  await carry(page, '[data-task="11"]', '[data-desk="6"]');
  await says(page.locator('#drop-word'), 'takes it');
  await page.keyboard.press('Escape');
  await page.mouse.up();
  assert.deepEqual(await submitted(page), []);
  await page.close();
});

test('a queued card is dragged back into the backlog, and that can be undone', async () => {
  const page = await open();
  await carry(page, '[data-task="12"]', '[data-task="10"]');
  await page.locator('[data-backlog] .drop').getByText('takes it back').waitFor();
  await page.mouse.up();
  await page.getByText('#12 is back in the backlog').first().waitFor();
  assert.deepEqual(await submitted(page), [{ noun: 'task', do: 'unassign', task: 12 }]);
  await page.locator('[data-row] [data-task="12"]').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.waitForFunction(() => window.replay.asked.filter((ask) => ask.ask === 'submit').length === 2);
  assert.deepEqual((await submitted(page))[1], { noun: 'task', do: 'assign', task: 12, desk: 1 });
  await page.close();
});

test('the same by keyboard: B, Backspace, Enter', async () => {
  const page = await open();
  await page.locator('[data-task="12"]').focus();
  await page.keyboard.press('b');
  await page.keyboard.press('Backspace');
  await says(page.locator('.carry span'), 'Backlog: takes it back');
  await page.keyboard.press('Enter');
  await page.locator('[data-row] [data-task="12"]').waitFor();
  assert.deepEqual(await submitted(page), [{ noun: 'task', do: 'unassign', task: 12 }]);
  await page.close();
});

test('a card dropped on another one stands beside it, and gets its priority', async () => {
  const page = await open();
  await carry(page, '[data-task="10"]', '[data-task="14"]');
  await page.locator('[data-backlog] .drop').getByText('after #14, becomes normal').waitFor();
  await page.mouse.up();
  await page.waitForFunction(() => window.replay.asked.some((ask) => ask.ask === 'submit'));
  assert.deepEqual(await submitted(page), [{ noun: 'task', do: 'move', task: 10, other: 14, after: true }]);
  await page.waitForFunction(() => {
    const cards = [...document.querySelectorAll('[data-row] [data-task]')].map((card) => card.dataset.task);
    return cards.indexOf('10') === cards.indexOf('14') + 1;
  });
  await says(page.locator('[data-task="10"] .prio'), /priority normal/);
  // One that waits for others starts after those that do not, wherever it is put.
  await carry(page, '[data-task="13"]', '[data-task="14"]');
  await page.locator('[data-backlog] .drop').getByText('stays where it is').waitFor();
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await page.close();
});

test('a role is dragged onto the empty desk, and nowhere else; by keyboard as well', async () => {
  const page = await open();
  await carry(page, '[data-role="engineer"]', '[data-desk="1"]');
  await says(page.locator('#drop-word'), 'somebody sits here');
  await page.keyboard.press('Escape');
  await page.mouse.up();
  assert.deepEqual(await asked(page, 'submit'), []);
  await page.locator('[data-role="test-writer"]').focus();
  await page.keyboard.press('b');
  await says(page.locator('.carry span'), 'The empty desk: hires one');
  await page.keyboard.press('Escape');
  await carry(page, '[data-role="engineer"]', '[data-desk="hire"]');
  await says(page.locator('#drop-word'), 'hires one');
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await page.locator('[data-role="test-writer"]').focus();
  await page.keyboard.press('b');
  await page.keyboard.press('Enter');
  await page.locator('[data-desk="8"]').waitFor();
  assert.equal((await submitted(page))[0].name, 'Nell');
  await page.close();
});

test('a queued card is dragged from the queue of an open desk to another desk, and the floor comes back for it', async () => {
  const page = await open();
  await page.locator('[data-desk="1"]').focus();
  await page.keyboard.press('Enter');
  await page.mouse.move(...(await middle(page, '.waits[data-task="12"]')));
  await page.mouse.down();
  await page.mouse.move(700, 500, { steps: 4 });
  await page.getByRole('region', { name: "Mara's desk" }).waitFor({ state: 'detached' });
  await page.mouse.move(...(await middle(page, '[data-desk="2"]')), { steps: 6 });
  await page.getByText(/^queues it/).first().waitFor({ state: 'attached' });
  await page.mouse.up();
  await page.waitForFunction(() => window.replay.asked.some((ask) => ask.ask === 'submit'));
  assert.deepEqual(await submitted(page), [{ noun: 'task', do: 'assign', task: 12, desk: 2 }]);
  await page.close();
});

test('a press on a plate picks up what waits there first; without moving it is a click', async () => {
  const page = await open();
  const plate = await page.evaluate(async () => {
    const { x, y, width, height } = document.querySelector('[data-desk="1"]').getBoundingClientRect();
    for (let py = y; py < y + height + 40; py += 3)
      for (let px = x - 20; px < x + width + 20; px += 3) {
        document.elementFromPoint(px, py)?.dispatchEvent(new PointerEvent('pointermove', { clientX: px, clientY: py, bubbles: true }));
        // waits for: the class, which follows in a microtask
        await Promise.resolve().then(() => undefined);
        if (document.querySelector('.floor.grab')) return [px + 4, py + 4];
      }
    return null;
  });
  assert.ok(plate, 'the plate of a desk with a queue can be grabbed');
  await page.mouse.move(...plate);
  await page.mouse.down();
  await page.mouse.move(...(await middle(page, '[data-backlog]')), { steps: 8 });
  await page.locator('[data-backlog] .drop').getByText('takes it back').waitFor();
  await page.mouse.up();
  await page.getByText('#12 is back in the backlog').first().waitFor();
  assert.deepEqual(await submitted(page), [{ noun: 'task', do: 'unassign', task: 12 }]);
  await page.getByRole('region', { name: /'s desk$/ }).waitFor({ state: 'detached' });
  await page.close();
});
