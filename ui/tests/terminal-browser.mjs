// The terminal of an open desk, in the Chromium of the machine: it shows what a real program printed, is searched, typed into
// only by who took the keyboard, and stays whole under hostile and endless output; sound by axe in both lights.
// Not here: its parts without a browser (terminal.test.ts), figures (bench.mjs).

import { test, after, before } from 'node:test';
import assert from 'node:assert/strict';
import { findings, openBrowser } from './page.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

async function openDesk(id = 1, more = {}) {
  const page = await browser.open({ floor: 'thrifty', ...more });
  await page.locator(`[data-desk="${id}"]`).focus();
  await page.keyboard.press('Enter');
  return page;
}
const terminal = (page) => page.getByRole('group', { name: /^Terminal of / });
const shown = (page) => page.locator('.xterm-rows').innerText();
const shows = (page, words) => page.waitForFunction((words) => document.querySelector('.xterm-rows')?.textContent.includes(words), words);
/** The program at Mara's desk prints this now. */
const print = (page, text) => page.evaluate((text) => window.replay.terminals.get(1).print(new TextEncoder().encode(text)), text);
/** Takes what is typed from now on, as a program that reads. */
const listen = (page) =>
  page.evaluate(() => {
    window.typed = '';
    window.sizes = [];
    window.replay.terminals.get(1).reads = (text) => (window.typed += text);
    window.replay.terminals.get(1).sized = (cols, rows) => window.sizes.push([cols, rows]);
  });
const typed = (page) => page.evaluate(() => window.typed);
const paste = (page, text) =>
  terminal(page).evaluate((box, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    (box.contains(document.activeElement) ? document.activeElement : box).dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);

test('an open desk shows what its program printed, in colour, and how large it is', async () => {
  const page = await openDesk();
  await shows(page, 'I will store the key with the hash of the body');
  await shows(page, '✳ Working 102s');
  assert.doesNotMatch(await shown(page), /Working 12s/);
  await page.getByText('live · 120×40').waitFor();
  await print(page, '\r\nand it goes on');
  await shows(page, 'and it goes on');
  await page.close();
});

test('it is searched by Ctrl Shift F, forth and back', async () => {
  const page = await openDesk();
  await shows(page, 'Working 102s');
  await page.keyboard.press('Control+Shift+F');
  await page.keyboard.type('test');
  await page.getByText('1 of 5').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('2 of 5').waitFor();
  await page.keyboard.press('Shift+Enter');
  await page.getByText('1 of 5').waitFor();
  await page.getByLabel('Find in the terminal').fill('nowhere to be found');
  await page.getByText('none', { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('search').count(), 0);
  assert.equal(await terminal(page).evaluate((box) => box === document.activeElement), true);
  await page.close();
});

test('who only looks types nothing; Enter takes the keyboard, Ctrl Shift Esc gives it back', async () => {
  const page = await openDesk();
  await shows(page, 'Working 102s');
  await listen(page);
  await terminal(page).focus();
  await page.keyboard.type('xyz');
  await paste(page, 'rm -rf .');
  await page.getByText('Take the keyboard first').first().waitFor();
  assert.equal(await typed(page), '');
  await page.keyboard.press('Enter');
  await page.getByText('You type here').first().waitFor();
  await page.waitForFunction(() => window.sizes.length === 1);
  const [[cols, rows]] = await page.evaluate(() => window.sizes);
  assert.ok(cols > 60 && cols < 120 && rows > 10 && rows < 40, `${cols}×${rows}`);
  // Escape, Tab, the window's own keys and Ctrl-C are the program's now.
  await page.keyboard.type('ls j?');
  for (const key of ['Enter', 'Escape', 'Tab', 'Control+c', 'Control+k', 'ArrowUp', ' ']) await page.keyboard.press(key);
  await page.waitForFunction(() => window.typed.endsWith(' '));
  assert.equal(await typed(page), 'ls j?\r\x1b\t\x03\x0b\x1b[A ');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await page.keyboard.press('Control+Shift+Escape');
  await page.getByRole('button', { name: /^Take the keyboard/ }).waitFor();
  await page.waitForFunction(() => window.sizes.at(-1).join() === '120,40');
  await page.keyboard.type('q');
  assert.ok(!(await typed(page)).includes('q'));
  await page.keyboard.press('Escape');
  await terminal(page).waitFor({ state: 'detached' });
  assert.equal(await page.locator('[data-desk="1"]').evaluate((it) => it === document.activeElement), true);
  await page.close();
});

test('a desk that is left gives the keyboard back, and its program its own size', async () => {
  const page = await openDesk();
  await shows(page, 'Working 102s');
  await listen(page);
  await page.getByRole('button', { name: /^Take the keyboard/ }).click();
  await page.getByRole('tab', { name: 'Task' }).click();
  await page.waitForFunction(() => window.sizes.at(-1)?.join() === '120,40');
  await page.getByRole('tab', { name: 'Terminal' }).click();
  await page.getByRole('button', { name: /^Take the keyboard/ }).click();
  await page.getByRole('button', { name: /^Floor/ }).click();
  await page.waitForFunction(() => window.sizes.length >= 4 && window.sizes.at(-1).join() === '120,40');
  await page.close();
});

test('Interrupt is Ctrl-C without the keyboard, and a program that does not read is said to', async () => {
  const page = await openDesk();
  await shows(page, 'Working 102s');
  await page.getByRole('button', { name: /Interrupt/ }).click();
  await page.getByText('no program reads what is typed').first().waitFor();
  await listen(page);
  await page.getByRole('button', { name: /Interrupt/ }).click();
  await page.waitForFunction(() => window.typed === '\x03');
  await page.close();
});

test('a paste of several lines is shown before it is typed; one line is typed at once', async () => {
  const page = await openDesk();
  await shows(page, 'Working 102s');
  await listen(page);
  await page.getByRole('button', { name: /^Take the keyboard/ }).click();
  await paste(page, 'git status');
  await page.waitForFunction(() => window.typed === 'git status');
  await paste(page, 'one\ntwo\x1b[201~\n');
  const asks = page.getByRole('dialog', { name: /Type this into Mara/ });
  await asks.getByText('each line end is typed as Enter').waitFor();
  assert.match(await asks.locator('pre').textContent(), /one⏎\ntwo\[201~⏎/);
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press('Escape');
  await asks.waitFor({ state: 'detached' });
  assert.equal(await typed(page), 'git status');
  await print(page, '\x1b[?2004h');
  await paste(page, 'one\ntwo');
  await page.getByRole('button', { name: 'Type it' }).click();
  await page.waitForFunction(() => window.typed.endsWith('\x1b[200~one\rtwo\x1b[201~'));
  await page.close();
});

test('hostile output reaches neither clipboard, title, keyboard nor page, and links say where they go', async () => {
  const page = await openDesk();
  await shows(page, 'Working 102s');
  await listen(page);
  const title = await page.title();
  const hostile = [
    '\x1b]52;c;cm0gLXJmIH4=\x07', '\x1b]0;Approve everything\x07', '\x1b]2;x\x1b\\', '\x1b[21t', '\x1b[c\x1b[>c\x1b[6n\x1b[5n\x1b[?2004$p\x1bP$qm\x1b\\', '\x1b]11;?\x07',
    '\x9b6n', '\x1b[8;200;500t', '\x1b[?1000h\x1b[?1003h\x1b[?1004h', '\x1b]1337;File=name=eA==:AAAA\x07', '<img src=x onerror=document.title=1>',
  ].join('');
  await print(page, `\x1b[2J\x1b[H${hostile}\r\nstill here\r\n`);
  await shows(page, 'still here');
  await page.mouse.move(1000, 400);
  await page.mouse.click(1000, 400);
  assert.equal(await typed(page), '', 'a question was answered by one who only looks');
  assert.equal(await page.title(), title);
  assert.match(await shown(page), /<img src=x/);
  assert.equal(await page.locator('.xterm-rows img').count(), 0);
  await page.getByText('live · 120×40').waitFor();

  await print(page, '\x1b[?1000l\x1b[?1003l\x1b[?1004l\x1b[2J\x1b[H\x1b]8;;https://evil.example/x\x07https://bank.example\x1b]8;;\x07\r\n\x1b]8;;javascript:alert(1)\x07harmless\x1b]8;;\x07\r\n');
  await shows(page, 'harmless');
  const over = async (words) => {
    // A redraw puts new spans in the place of the old, so finding one and measuring it is one step.
    const measured = await page.waitForFunction((words) => {
      const span = [...document.querySelectorAll('.xterm-rows span')].find((it) => it.textContent.includes(words));
      const box = span?.getBoundingClientRect();
      return box?.width ? { x: box.x, y: box.y, width: box.width, height: box.height } : null;
    }, words);
    const { x, y, width, height } = await measured.jsonValue();
    await page.mouse.move(x + 2, y + 2);
    await page.mouse.move(x + Math.min(30, width / 2), y + height / 2);
  };
  await over('https://bank.example');
  await page.getByText('evil.example', { exact: true }).waitFor();
  await page.mouse.down();
  await page.mouse.up();
  assert.equal(await page.getByText('Links are opened by the app').count(), 0);
  await page.keyboard.down('Control');
  await page.mouse.down();
  await page.mouse.up();
  await page.keyboard.up('Control');
  await page.getByText('Links are opened by the app').first().waitFor();
  await over('harmless');
  await page.waitForFunction(() => !document.body.textContent.includes('click opens'));
  await page.close();
});

test('questions are answered by who has the keyboard, but not those that were asked before', async () => {
  const page = await openDesk();
  await print(page, '\x1b[c\x1b[6n');
  await shows(page, 'Working 102s');
  await listen(page);
  await page.getByRole('button', { name: /^Take the keyboard/ }).click();
  await page.getByText('You type here').first().waitFor();
  await print(page, '\x1b[5nasked');
  await shows(page, 'asked');
  await page.waitForFunction(() => window.typed !== '');
  assert.equal(await typed(page), '\x1b[0n');
  await page.close();
});

test('a flood leaves a hole that is said, ends with the newest line, and the page answers all the while', async () => {
  const page = await openDesk();
  await shows(page, 'Working 102s');
  await page.evaluate(() => {
    // As wide as the terminal, so that what the office keeps of it is no longer than what is kept here.
    const line = new TextEncoder().encode(`${'a line of a build that nobody reads '.repeat(4).slice(0, 119)}\r\n`.repeat(4000));
    for (let n = 0; n < 40; n++) window.replay.terminals.get(1).print(line);
    window.replay.terminals.get(1).print(new TextEncoder().encode('the very end\r\n'));
  });
  await shows(page, 'the very end');
  const lines = await page.evaluate(() => document.querySelectorAll('.xterm-rows > div').length);
  assert.equal(lines, 40);
  await page.keyboard.press('Control+Shift+F');
  await page.keyboard.type('came too fast');
  await page.getByRole('search').getByText(/^\d+ of \d+$/).waitFor();
  await page.close();
});

test('a lost office is said, and the terminal goes on without a byte twice or missing', async () => {
  const page = await openDesk();
  await shows(page, 'Working 102s');
  await print(page, '\x1b[2J\x1b[Hbefore ');
  await shows(page, 'before');
  await page.evaluate(() => window.replay.link('lost'));
  await page.getByText('The terminal goes on where it was').waitFor();
  await print(page, 'while away ');
  await page.evaluate(() => window.replay.link('up'));
  await print(page, 'after');
  await shows(page, 'before while away after');
  await page.evaluate(() => window.replay.terminals.get(1).finish('exit code 0'));
  await shows(page, 'ended: exit code 0');
  assert.equal(await page.getByRole('button', { name: /^Take the keyboard/ }).count(), 0);
  await page.close();
});

test('a run that is over shows its recording, a desk without one says what to do', async () => {
  const page = await openDesk(3);
  await shows(page, 'AssertionError');
  await shows(page, 'ended: exit code 1');
  await page.getByText('recorded · exit code 1').waitFor();
  await page.getByRole('button', { name: /^Floor/ }).click();
  await page.locator('[data-desk="6"]').focus();
  await page.keyboard.press('Enter');
  await page.getByText('Nothing ran here yet.').waitFor();
  await page.close();
});

test('the monitors of the floor are fed by what programs print, and by nothing while they do not', async () => {
  const page = await browser.open();
  await page.waitForFunction(() => window.shop?.pictures.get(1)?.rows.length > 5);
  const [first, second] = await page.evaluate(() => [window.shop.pictures.get(1), window.shop.pictures.get(2)]);
  assert.ok(first.rows.some((row) => row.length > 1) && second.rows.length > 0);
  await page.waitForTimeout(400);
  assert.equal(await page.evaluate(() => window.shop.pictures.get(1).version), first.version);
  await print(page, '\r\nmore');
  await page.waitForFunction((before) => window.shop.pictures.get(1).version > before, first.version);
  await page.close();
});

test('it is sound by axe in both lights, at the smallest window and at twice the size of text', async () => {
  for (const more of [{}, { width: 1280, height: 800 }, { width: 640, height: 400, deviceScaleFactor: 2 }]) {
    const page = await openDesk(1, more);
    await shows(page, 'Working 102s');
    for (const light of more.width ? ['night'] : ['night', 'morning']) {
      await page.evaluate(() => document.activeElement?.blur());
      if ((await page.evaluate(() => document.body.dataset.theme)) !== light) await page.keyboard.press('t');
      await page.waitForFunction((light) => document.body.dataset.theme === light, light);
      assert.deepEqual(await findings(page), [], `${light}, ${JSON.stringify(more)}`);
      const inside = await page.getByRole('button', { name: /^Take the keyboard/ }).boundingBox();
      assert.ok(inside.y + inside.height <= (more.height ?? 900) && inside.x >= 0, 'the button to take the keyboard is in the window');
    }
    await page.getByRole('button', { name: /^Take the keyboard/ }).click();
    await page.getByText('You type here').first().waitFor();
    assert.deepEqual(await findings(page), [], `taken, ${JSON.stringify(more)}`);
    await page.close();
  }
  assert.deepEqual(browser.troubles, []);
});
