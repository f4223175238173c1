// Whole ways through the window with the keyboard alone, and what is kept when something is in the way.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { asks, REQUESTS } from './asks.mjs';
import { asked, counts, findings, open, says, submitted } from './open.mjs';

const BODY = "```sh\nprintf 'hello\\n' > HELLO.md\noffice task done --summary \"one friendly line\"\n```\n";

test('a task is written, given, reviewed and accepted by keyboard alone', async () => {
  const page = await open();
  const { keyboard } = page;
  await keyboard.press('n');
  await keyboard.type('Say hello');
  await keyboard.press('Tab');
  await keyboard.press('Tab');
  await keyboard.insertText(BODY);
  await page.getByRole('textbox', { name: 'Title' }).press('Enter');
  await page.locator('[data-task="16"]').waitFor();
  await page.locator('[data-task="16"]').focus();
  await keyboard.press('b');
  for (let steps = 0; steps < 24 && !(await page.locator('[data-desk="4"]:focus').count()); steps++) await keyboard.press(['ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowUp'][steps % 4]);
  await says(page.locator('.carry span'), /^Ines: takes it/);
  await keyboard.press('Enter');
  await page.locator('[data-need="16"]').waitFor();
  for (let steps = 0; steps < 8 && !(await page.locator('[data-need="16"]:focus').count()); steps++) await keyboard.press('j');
  await keyboard.press('r');
  await page.locator('tr.added').getByText('hello').waitFor();
  await page.getByText('one friendly line').first().waitFor();
  await keyboard.press('a');
  await page.getByRole('region', { name: /^Task 16/ }).getByText('done', { exact: true }).first().waitFor();
  assert.deepEqual((await submitted(page)).map((body) => body.do), ['add', 'assign', 'accept']);
  await page.close();
});

/** A task asks to publish, and is held. */
async function held(page) {
  for (const body of await page.evaluate(() => window.replay.known().filter((body) => body.task === 17 || body.new?.title === 'Publish the notes'))) await page.evaluate((body) => window.replay.ask({ ask: 'submit', command_id: 'by-hand', body }), body);
  await page.locator('[data-approval]').waitFor();
  return page.locator('[data-approval]');
}

test('a held command is denied with words, which stay where the office does not take them', async () => {
  const page = await open();
  const card = await held(page);
  await card.focus();
  await card.getByRole('button', { name: 'Deny and say why' }).click();
  const why = card.getByRole('textbox', { name: 'Why not' });
  await why.fill('  Not on a Friday  ');
  // A letter in words is no answer.
  assert.equal((await submitted(page)).filter((body) => body.noun === 'approval').length, 0);
  await why.press('Enter');
  await page.getByText('nobody asked for that').first().waitFor();
  const terms = { seen: null, edit: null, for_task: false, rule: null, undo_secs: 5, stands: null };
  assert.deepEqual((await submitted(page)).at(-1), { noun: 'approval', do: 'deny', approval: 1, note: 'Not on a Friday', terms });
  assert.equal(await why.inputValue(), '  Not on a Friday  ');
  await page.close();
});

test('a held command is shown exactly, and A acts on it only while it has the focus', async () => {
  const page = await open();
  const card = await held(page);
  await card.getByLabel('Exactly what would run').getByText('echo published').waitFor();
  await card.getByText('publishing cannot be undone').waitFor();
  await page.locator('[data-task="11"]').focus();
  const before = (await submitted(page)).length;
  await page.keyboard.press('a');
  await page.keyboard.press('d');
  assert.equal((await submitted(page)).length, before);
  await card.focus();
  await page.keyboard.press('a');
  await card.waitFor({ state: 'detached' });
  const { terms, ...said } = (await submitted(page)).at(-1);
  assert.deepEqual(said, { noun: 'approval', do: 'approve', approval: 1, note: null });
  assert.equal(terms.undo_secs, 5, 'it may be taken back');
  await page.getByRole('button', { name: 'Undo' }).waitFor();
  await page.close();
});

test('a held command is changed before it is approved, and more than yes and no is a click away', async () => {
  const page = await open();
  const card = await held(page);
  await card.focus();
  await card.getByText('never runs by itself').or(card.getByText('Until you answer it waits')).waitFor();
  await card.getByRole('button', { name: 'More' }).click();
  for (const name of ['Approve for this task', 'Ask back', 'Always approve …', 'Always deny …']) await card.getByRole('button', { name }).waitFor();
  await card.getByRole('button', { name: 'Change it, then approve' }).click();
  const line = card.getByRole('textbox', { name: 'The command as it is to run' });
  assert.equal(await line.inputValue(), 'echo published');
  await line.fill('echo published --dry-run');
  await card.getByRole('button', { name: 'Approve this' }).click();
  await page.getByText('nobody asked for that').first().waitFor();
  assert.equal((await submitted(page)).at(-1).terms.edit, 'echo published --dry-run');
  assert.equal(await line.inputValue(), 'echo published --dry-run', 'what was typed stays where it was refused');
  await card.getByRole('button', { name: 'Back' }).click();
  // The rule that would settle it is the office's to propose.
  await card.getByRole('button', { name: 'More' }).click();
  await card.getByRole('button', { name: 'Always approve …' }).click();
  await page.getByText("no answer to 'propose_rule'").first().waitFor();
  await card.getByRole('button', { name: /^Approve/ }).waitFor();
  await page.close();
});

test('by keys alone one goes from request to request, reads all that matters of it, and answers exactly that', async () => {
  const page = await open();
  await asks(page, REQUESTS.PUSH, REQUESTS.UNKNOWN, REQUESTS.EDIT);
  const card = (id) => page.locator(`[data-approval="${id}"]`);
  const to = async (key, id) => {
    for (let steps = 0; steps < 8 && !(await card(id).and(page.locator(':focus')).count()); steps++) await page.keyboard.press(key);
    await counts(card(id).and(page.locator(':focus')), 1, `${key} comes to ${id}`);
  };
  await to('j', 101);
  const words = ['Mara', 'Wants to send something out', 'publish', 'Commits leave this machine.', 'git push origin release/2.4', 'Mara says: The checks pass', 'sends commits to another repository', '#11 Audit log', 'what is out cannot be called back', 'git.push', 'checkouts/11-audit-log', 'It never runs by itself'];
  await card(101).getByText('sends commits').waitFor();
  for (const text of words) assert.ok((await card(101).innerText()).replace(/[“”"]/g, '').includes(text), `${text} in:\n${await card(101).innerText()}`);
  assert.equal((await asked(page, 'touches')).at(-1).approval, 101);
  await to('k', 103);
  await card(103).getByText('if: false').waitFor();
  const both = await Promise.all(['.added', '.removed'].map((kind) => card(103).locator(kind).allInnerTexts()));
  assert.deepEqual(both.map((lines) => lines.map((line) => line.replace(/\s+/g, ' ').trim())), [['+ # nothing is checked at night', '+ if: false'], ['− if: always()']]);
  const answers = async () => (await submitted(page)).filter((body) => body.noun === 'approval').map(({ do: what, approval, terms }) => [what, approval, terms.seen]);
  await page.keyboard.press('d');
  await page.waitForFunction(() => window.replay.asked.some((ask) => ask.body?.do === 'deny'));
  await to('j', 102);
  await page.keyboard.press('a');
  await page.waitForFunction(() => window.replay.asked.some((ask) => ask.body?.do === 'approve'));
  assert.deepEqual(await answers(), [['deny', 103, 'hash-103'], ['approve', 102, 'hash-102']], 'what is answered is named by what was shown');
  await page.close();
});

test('what was typed is there again after a refusal, a closed sheet and a loaded page', async () => {
  const page = await open();
  await page.keyboard.press('n');
  await page.keyboard.type('Half a thought');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByText('nobody asked for that').waitFor();
  await page.keyboard.press('Escape');
  await page.reload();
  await page.waitForSelector('canvas[data-ready]');
  await page.keyboard.press('n');
  assert.equal(await page.getByRole('textbox', { name: 'Title' }).inputValue(), 'Half a thought');
  await page.getByText('Order, role, attempts, time').click();
  await page.getByRole('textbox', { name: 'Attempts' }).fill('many');
  await page.getByRole('button', { name: 'Write it down' }).click();
  await page.getByRole('dialog').getByText("'many' is no number").waitFor();
  assert.equal(await page.getByRole('textbox', { name: 'Attempts' }).evaluate((field) => field === document.activeElement), true);
  await page.close();
});

test('while the office is lost that is said, and typed words stay', async () => {
  const page = await open();
  await page.getByPlaceholder('Your answer').fill('It waits for 2.5');
  await page.evaluate(() => window.replay.link('lost'));
  await page.getByText('It is looked for again, without end').waitFor();
  await page.evaluate(() => window.replay.link('up'));
  await page.getByText('It is looked for again, without end').waitFor({ state: 'detached' });
  assert.equal(await page.getByPlaceholder('Your answer').inputValue(), 'It waits for 2.5');
  await page.close();
});

test('a question with answers to choose from is answered by a click, or in words', async () => {
  const page = await open();
  await page.getByPlaceholder('Your answer').waitFor();
  await page.evaluate(async () => {
    const { value } = await window.replay.ask({ ask: 'snapshot' });
    const asks = value.nouns.find((noun) => noun.noun === 'task' && noun.state === 'blocked');
    const last = window.replay.played.at(-1);
    window.replay.send([{ ...last, envelope: { ...last.envelope, seq: value.seq + 1 }, nouns: [{ ...asks, options: ['It waits for 2.5', 'Leave it'] }] }]);
  });
  const choices = page.getByRole('group', { name: 'Answers to choose from' });
  await page.getByPlaceholder('Or in your own words').waitFor();
  assert.deepEqual(await choices.getByRole('button').allTextContents(), ['It waits for 2.5', 'Leave it']);
  assert.deepEqual(await findings(page), []);
  await choices.getByRole('button', { name: 'Leave it' }).click();
  await page.getByText('nobody asked for that').first().waitFor();
  const { do: what, text } = (await submitted(page)).at(-1);
  assert.deepEqual([what, text], ['answer', 'Leave it']);
  await page.close();
});

test('Markdown of others runs nothing, loads nothing and leads nowhere by itself', async () => {
  const page = await open();
  await page.keyboard.press('n');
  await page.getByRole('textbox', { name: 'What is to be done' }).fill('# Hi\n<img src=x onerror="window.hit=1"><script>window.hit=1</script>\n\n[go](javascript:window.hit=1) ![p](https://example.org/p.png) [out](https://example.org/)\n\n<a href="https://example.org" onclick="window.hit=1">a</a><iframe src="https://example.org"></iframe><svg onload="window.hit=1">');
  await page.getByRole('button', { name: 'as it reads' }).click();
  const shown = page.locator('.md');
  await counts(shown.locator('img, script, iframe, a, svg, style, [onclick], [onerror]'), 0);
  await shown.getByText('pictures are not loaded').waitFor();
  await counts(shown.locator('[data-url]'), 1);
  await shown.locator('[data-url]').click();
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.match(page.url(), /replay\.html/);
  await page.close();
});

test('the night goes on while one looks, and a refusal is said with its way out', async () => {
  const page = await open({ query: '?from=60' });
  const before = await page.locator('footer[aria-label="Today"]').textContent();
  await page.evaluate(() => window.replay.play(1000));
  await page.waitForFunction(() => document.querySelector('[data-desk="5"]').dataset.state === 'paused');
  await page.waitForFunction((before) => document.querySelector('footer[aria-label="Today"]').textContent !== before, before);
  await page.locator('[data-need="8"]').focus();
  await page.keyboard.press('a');
  await page.getByText('and in it nobody asked for that').first().waitFor();
  await page.close();
});
