// Every panel and sheet, by axe, in both lights and in high contrast. Not here: what is done in them.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { asks, REQUESTS } from './asks.mjs';
import { counts, findings, open, says, submitted, troubles } from './open.mjs';

test('it opens on the office as it is, and asks nothing outside for anything', async () => {
  const page = await open();
  await counts(page.locator('[data-desk]'), 8);
  assert.match(await page.locator('[data-desk="1"]').getAttribute('aria-label'), /^Mara, working: Add idempotency keys.*desk \d of 7$/);
  assert.equal(await page.locator('[data-desk="3"]').getAttribute('data-state'), 'crashed');
  await page.getByRole('heading', { name: 'Backlog' }).waitFor();
  await page.getByText('Release notes for 2.4').first().waitFor();
  assert.deepEqual(troubles(), []);
  await page.close();
});

const OPENED = { theme: 'night', contrast: 'as designed' };
/** The other looks. They differ in colours alone, so that is what is judged in them. */
const LOOKS = [{ ...OPENED, theme: 'morning' }, { ...OPENED, contrast: 'more' }, { theme: 'morning', contrast: 'more' }];
async function sound(page, where) {
  const wear = (look) => page.evaluate((look) => void Object.assign(document.body.dataset, look), look);
  assert.deepEqual(await findings(page), [], where);
  for (const look of LOOKS) {
    await wear(look);
    assert.deepEqual(await findings(page, 'color-contrast'), [], `${where}, ${Object.values(look).join(', ')}`);
  }
  await wear(OPENED);
}

test('every panel and sheet is sound by axe, in both lights and in high contrast', async () => {
  const page = await open({ prefs: { theme: 'night' }, floor: 'full' });
  assert.deepEqual(await page.evaluate(({ theme, contrast } = document.body.dataset) => ({ theme, contrast })), OPENED);
  const back = () => page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Which tasks are listed' }).click();
  await sound(page, 'floor');
  await page.locator('[data-desk="1"]').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: "Mara's desk" }).waitFor();
  await page.getByText('I will store the key').waitFor();
  await sound(page, 'desk, terminal');
  for (const tab of ['Task', 'Diff', 'Log']) {
    await page.getByRole('tab', { name: tab }).click();
    await sound(page, `desk, ${tab}`);
  }
  await back();
  await asks(page, REQUESTS.PUSH, REQUESTS.UNKNOWN, REQUESTS.EDIT);
  for (const id of [101, 103]) {
    await page.locator(`[data-approval="${id}"]`).focus();
    await page.getByText('sends commits to another repository').waitFor();
    await sound(page, `request ${id}`);
  }
  await page.locator('[data-need="8"]').focus();
  await page.keyboard.press('r');
  await page.locator('tr.added').first().waitFor();
  await sound(page, 'review');
  await page.keyboard.press('v');
  await page.locator('td.added').first().waitFor();
  await sound(page, 'review, side by side');
  await page.getByRole('button', { name: 'Who did what' }).click();
  await page.getByText('said it is done').waitFor();
  await sound(page, 'life');
  await back();
  for (const [key, name] of [['Control+k', 'Find and do'], ['?', 'Keys'], ['n', 'New task']]) {
    await page.keyboard.press(key);
    await page.getByRole('dialog', { name }).waitFor();
    await sound(page, name);
    await back();
  }
  for (const [button, name] of [['Settings', 'Settings'], [/^Health/, 'Health']]) {
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('dialog', { name }).waitFor();
    await sound(page, name);
    await back();
  }
  await page.locator('[data-desk="hire"]').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Hire someone' }).waitFor();
  await sound(page, 'Hire');
  await back();
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Connect to…' }).click();
  await page.getByRole('dialog', { name: 'Connect to…' }).waitFor();
  await sound(page, 'Connect');
  await page.close();
  const first = await open({ query: '?empty', prefs: { theme: 'night' } });
  await sound(first, 'first run');
  await first.close();
});

/** A shell around the page that knows machines; what it was asked is in `window.connected`. */
const withShell = (page) =>
  page.evaluate(() => {
    window.connected = [];
    window.replay.native = {
      machines: async () => ['noor@vm', 'attic'],
      forget: async (machine) => void window.connected.push(`forget ${machine}`),
      connectTo: async (machine) => {
        window.connected.push(machine);
        if (machine?.startsWith('-')) throw new Error(`'${machine}' is no machine`);
      },
    };
    window.replay.welcome.on = 'noor@vm';
  });

test('an office on another machine is chosen by name or from those that were reached, and the way back is there', async () => {
  const page = await open();
  await withShell(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('connect');
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: 'Connect to…' });
  await sheet.getByRole('button', { name: 'noor@vm (here you are)' }).waitFor();
  await sheet.getByText('Nothing here asks for a password').waitFor();
  assert.deepEqual(await findings(page), []);
  await sheet.getByRole('textbox', { name: 'Machine' }).fill('-oProxyCommand=x');
  await page.keyboard.press('Enter');
  await sheet.getByRole('alert').getByText('is no machine').waitFor();
  await sheet.getByRole('button', { name: 'Forget attic' }).click();
  await sheet.getByRole('button', { name: 'attic', exact: true }).waitFor({ state: 'detached' });
  await sheet.getByRole('textbox', { name: 'Machine' }).fill(' ada@attic ');
  await sheet.getByRole('button', { name: 'Connect', exact: true }).click();
  await sheet.getByRole('button', { name: 'This machine' }).click();
  await page.waitForFunction(() => window.connected.length === 4);
  assert.deepEqual(await page.evaluate(() => window.connected), ['-oProxyCommand=x', 'forget attic', 'ada@attic', null]);
  await page.close();
});

test('somebody is hired for an engine, and what is missing is said for those that are not here', async () => {
  const page = await open();
  await page.evaluate(() => {
    const ask = window.replay.ask.bind(window.replay);
    const engine = (name, found, needs_command, note) => ({ name, title: name, found, needs_command, note });
    const agent = { version: '2.1.9', warning: 'newer than tried (2.1.197)', login: 'missing', login_note: 'KEY is not set', login_hint: 'log in with robot login', gate: { is: 'soft', why: 'it acts' } };
    const logins = { spent: ['expired', 'ran out at noon', 'log in anew'], barred: ['refused', 'its provider refused it', 'log in anew'], good: ['found', 'good until noon'], odd: ['unknown', 'it does not read'] };
    const more = Object.entries(logins).map(([name, [login, login_note, login_hint]]) => ({ ...engine(name, true, false, name), login, login_note, login_hint }));
    const value = [{ ...engine('robot', true, false, '/bin/robot'), ...agent }, ...more, engine('shell', true, false, '/bin/sh'), engine('codex', false, false, 'install it with npm'), engine('custom', true, true, '')];
    window.replay.ask = async (asked) => (asked.ask === 'engines' ? { kind: 'engines', value } : ask(asked));
  });
  await page.locator('[data-desk="hire"]').focus();
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: 'Hire someone' });
  await sheet.getByText('One engine is not found here').click();
  await sheet.getByText('install it with npm').waitFor();
  assert.equal(await sheet.getByRole('option', { name: 'codex, not found' }).isDisabled(), true);
  await sheet.getByRole('combobox', { name: 'Engine' }).selectOption('robot');
  for (const words of ['2.1.9, newer than tried (2.1.197)', 'log in with robot login', 'soft: it acts', 'Not with this engine']) await sheet.getByText(words).waitFor();
  const login = async (name) => {
    await sheet.getByRole('combobox', { name: 'Engine' }).selectOption(name);
    return (await sheet.locator('[data-login]').innerText()).replace(/\s+/g, ' ');
  };
  assert.equal(await login('robot'), 'Not logged in KEY is not set; log in with robot login');
  assert.equal(await login('spent'), 'Login has run out ran out at noon; log in anew');
  assert.equal(await login('barred'), 'Login refused its provider refused it; log in anew');
  assert.equal(await login('good'), 'Logged in good until noon; its desk is lent it for reading');
  assert.equal(await login('odd'), 'Login not known it does not read');
  await sheet.getByRole('combobox', { name: 'Engine' }).selectOption('custom');
  assert.equal(await sheet.getByRole('button', { name: 'Hire' }).isDisabled(), true);
  await sheet.getByRole('textbox', { name: 'Its command line' }).fill('my-agent --brief {brief}');
  assert.deepEqual(await findings(page), []);
  await sheet.getByRole('button', { name: 'Hire' }).click();
  await page.getByText('nobody asked for that').first().waitFor();
  const { engine, command } = (await submitted(page))[0];
  assert.deepEqual([engine, command], ['custom', 'my-agent --brief {brief}']);
  await page.close();
});

test('the floor moves aside while a review is open, and back', async () => {
  const page = await open();
  const right = () => page.evaluate(() => Math.max(...[...document.querySelectorAll('[data-desk]')].map((desk) => desk.getBoundingClientRect().right)));
  const before = await right();
  await page.locator('[data-need="8"]').focus();
  await page.keyboard.press('r');
  const panel = page.getByRole('region', { name: /^Task 8/ });
  await panel.waitFor();
  const { x } = await panel.boundingBox();
  await page.waitForFunction((x) => [...document.querySelectorAll('[data-desk]')].every((desk) => desk.getBoundingClientRect().right <= x + 8), x);
  await page.keyboard.press('Escape');
  await page.waitForFunction((before) => Math.abs(Math.max(...[...document.querySelectorAll('[data-desk]')].map((desk) => desk.getBoundingClientRect().right)) - before) < 2, before);
  await page.close();
});

test('an office that has people opens on them: no first screen flashes up, and the floor stands where it stays', async () => {
  const seen = (page) =>
    page.addInitScript(() => {
      window.flashed = [];
      new MutationObserver(() => document.querySelector('[aria-label="Welcome"]') && window.flashed.push('the first screen')).observe(document, { childList: true, subtree: true });
    });
  const page = await open({ prefs: { motion: 'auto' }, also: seen, floor: 'thrifty' });
  const first = await page.locator('[data-desk="1"]').boundingBox();
  // waits for: longer than a flight of the floor takes; that there is none is what is tested
  await page.waitForTimeout(600);
  assert.deepEqual(await page.locator('[data-desk="1"]').boundingBox(), first);
  assert.deepEqual(await page.evaluate(() => window.flashed), []);
  await page.close();
});

test('a spent budget is raised from the inbox, and one is set at a desk and in the settings', async () => {
  const page = await open({ query: '?spent', prefs: { theme: 'night' } });
  await says(page.locator('[data-spent]'), /Spent\s+\$3\.\d\d\sof \$20/);
  const { right } = await page.getByRole('button', { name: /Stop all/ }).evaluate((it) => it.getBoundingClientRect().toJSON());
  assert.ok(right < 1440 - 12, `the bar has room for what is spent: ${right}`);
  await page.locator('[data-spend-line]').waitFor();
  const card = page.locator('[data-spent-budget]');
  await card.getByText('#14').waitFor();
  await sound(page, 'floor, a spent budget');
  await card.getByRole('button', { name: 'Raise' }).click();
  await card.getByRole('textbox').fill('apples');
  await card.getByRole('button', { name: 'Raise' }).click();
  await page.getByText("'apples' is no amount").first().waitFor();
  await page.locator('[data-desk="1"]').click();
  const field = page.getByRole('textbox', { name: 'A budget of Mara: dollars or tokens' });
  await field.fill('5M tokens');
  await field.press('Enter');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Remove the budget of the office' }).click();
  await sound(page, 'settings, budgets');
  assert.deepEqual(await submitted(page), [
    { noun: 'office', do: 'set_budget', budget: { desk: 5 }, limits: { micro_dollars: 500_000 }, more: true },
    { noun: 'office', do: 'set_budget', budget: { desk: 1 }, limits: { tokens: 5_000_000 }, more: false },
    { noun: 'office', do: 'remove_budget', budget: 'office' },
  ]);
  await page.close();
});

test('J, A and D reach every card: a budget is raised, an incident goes on or is put aside, what took too much may take more', async () => {
  const page = await open({ query: '?spent' });
  await page.evaluate(async () => {
    const { value } = await window.replay.ask({ ask: 'snapshot' });
    const last = window.replay.played.at(-1);
    const hold = (reason, what, release) => ({ reason, since: last.envelope.at, until: null, release, what });
    const ready = value.nouns.find((noun) => noun.noun === 'task' && noun.state === 'ready');
    const desk = value.nouns.find((noun) => noun.noun === 'desk' && !noun.removed);
    const nouns = [
      { ...ready, state: 'parked', hold: hold('task_limit', 'It changed 2400 lines, and may change 2000.', `office limit raise --task ${ready.id} --lines 1000`) },
      { ...desk, hold: hold('incident', 'it takes 30 GB on the disk', `office desk resume ${desk.name}`) },
    ];
    window.replay.send([{ ...last, envelope: { ...last.envelope, seq: value.seq + 1 }, nouns }]);
  });
  await page.locator('[data-limited]').waitFor();
  const focused = (card) => page.locator(`${card}:focus`).count();
  const to = async (card) => {
    for (let steps = 0; steps < 12 && !(await focused(card)); steps++) await page.keyboard.press('j');
    assert.equal(await focused(card), 1, `J comes to ${card}`);
  };
  await to('[data-incident]');
  await page.keyboard.press('a');
  await to('[data-spent-budget]');
  await page.keyboard.press('a');
  await to('[data-limited]');
  await sound(page, 'floor, a card of each kind');
  await page.keyboard.press('a');
  await page.waitForFunction(() => window.replay.asked.filter((ask) => ask.ask === 'submit').length === 3);
  const [desk, budget, limit] = await submitted(page);
  assert.deepEqual([desk.noun, desk.do], ['desk', 'resume']);
  assert.deepEqual([budget.do, budget.more], ['set_budget', true]);
  assert.deepEqual([limit.do, limit.limits, limit.more], ['set_task_limit', { lines: 1000 }, true]);
  const count = Number(await page.locator('aside[aria-label="Needs you"] .cnt').first().innerText());
  await page.locator('[data-limited]').focus();
  await page.keyboard.press('d');
  await page.locator('[data-limited]').waitFor({ state: 'detached' });
  await says(page.locator('aside[aria-label="Needs you"] .cnt').first(), String(count - 1));
  await page.getByText('1 thing put aside').getByRole('button', { name: 'Show' }).click();
  await page.locator('[data-limited]').waitFor();
  const blocked = page.locator('[data-need]', { has: page.getByPlaceholder('Your answer') });
  await blocked.focus();
  await page.keyboard.press('a');
  assert.equal(await page.getByPlaceholder('Your answer').evaluate((field) => field === document.activeElement), true, 'words are wanted');
  await blocked.focus();
  await page.keyboard.press('d');
  await page.waitForFunction(() => window.replay.asked.filter((ask) => ask.ask === 'submit').length === 4);
  assert.match((await submitted(page)).at(-1).text, /Go on without it/);
  await page.locator('[data-need]', { has: page.getByRole('button', { name: /Accept/ }) }).first().focus();
  await page.keyboard.press('d');
  await page.getByRole('textbox', { name: 'What is to be mended' }).waitFor();
  await page.close();
});
