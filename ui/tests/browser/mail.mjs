// Mail in the window: what lies with its owner, answering it, writing to somebody. What may be sent is the office's to say.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { letters, undelivered } from './letters.mjs';
import { asked, counts, findings, open, says } from './open.mjs';

test('a question to the owner comes first, is answered in its talk, and somebody is written to', async () => {
  const page = await open();
  await letters(page);
  await page.getByRole('button', { name: /Mail 1 for you/ }).click();
  const sheet = page.getByRole('dialog', { name: 'Mail' });
  const talks = sheet.getByRole('navigation', { name: 'Talks' }).getByRole('listitem');
  await says(talks.first(), /Half up, or half to even\?[^]*for you/);
  await says(talks.nth(1), /Are you there\?[^]*came back/);
  await sheet.getByText('the old code rounds up').waitFor();
  for (const theme of ['night', 'morning']) {
    await page.evaluate((theme) => (document.body.dataset.theme = theme), theme);
    assert.deepEqual(await findings(page), [], theme);
  }
  await sheet.getByRole('textbox', { name: /^Answer Mara/ }).fill('half to even');
  await sheet.getByRole('button', { name: 'Send' }).click();
  await page.waitForFunction(() => window.replay.asked.some((it) => it.ask === 'send_mail'));
  const sent = async () => (await asked(page, 'send_mail')).map(({ to, kind, answers, text }) => [to, kind, answers, text]);
  assert.deepEqual(await sent(), [[null, 'answer', 3, 'half to even']]);
  await talks.filter({ hasText: 'The rounding is yours' }).getByRole('button').click();
  await says(sheet.getByRole('list', { name: 'What was written' }), /tests\/rounding\.rs\s+kept in \/.*\/enclosed\/5f2a\/tests\/rounding\.rs/);
  await says(sheet.getByRole('list', { name: 'What was written' }), /table test[^]*Taken/);
  await sheet.getByRole('button', { name: 'Write to somebody' }).click();
  await sheet.getByRole('combobox', { name: 'To' }).selectOption('role:engineer');
  await sheet.getByRole('textbox', { name: 'About' }).fill('Freeze');
  await sheet.getByRole('textbox', { name: 'Words' }).fill('Nothing is merged till noon.');
  assert.deepEqual(await findings(page), []);
  await sheet.getByRole('button', { name: 'Send' }).click();
  await page.waitForFunction(() => window.replay.asked.filter((it) => it.ask === 'send_mail').length === 2);
  assert.deepEqual((await sent())[1], ['role:engineer', 'message', null, 'Nothing is merged till noon.']);
  await page.close();
});

test('mail of long ago is found by its words, and is read in its talk', async () => {
  const page = await open();
  await letters(page);
  await page.getByRole('button', { name: /Mail 1 for you/ }).click();
  const sheet = page.getByRole('dialog', { name: 'Mail' });
  const talks = sheet.getByRole('navigation', { name: 'Talks' }).getByRole('listitem');
  await counts(talks, 3);
  const find = sheet.getByRole('searchbox', { name: 'Find in all mail' });
  await find.fill('freeze spring');
  await counts(talks, 1);
  await says(talks.first(), /Freeze of last spring/);
  await talks.first().getByRole('button').click();
  await sheet.getByText('Nothing was merged for a week.').waitFor();
  assert.deepEqual(await findings(page), []);
  await find.fill('nobody wrote this');
  await sheet.getByText('No mail has these words.').waitFor();
  await find.fill('');
  await counts(talks, 3);
  await page.close();
});

test('what is not delivered is gauged, and alarming once it waits for longer than anybody should', async () => {
  const page = await open();
  await undelivered(page, 5);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('mail');
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: 'Mail' });
  await sheet.getByText('1 mail not delivered').waitFor();
  await counts(sheet.getByRole('alert'), 0);
  await undelivered(page, 200, 4);
  const alarm = sheet.getByRole('alert');
  await says(alarm, /2 mails not delivered; the oldest, to \w+, for 3\sh/);
  for (const theme of ['night', 'morning']) {
    await page.evaluate((theme) => (document.body.dataset.theme = theme), theme);
    assert.deepEqual(await findings(page), [], theme);
  }
  await alarm.getByRole('button', { name: 'Show' }).click();
  await sheet.getByRole('heading', { name: 'Take the audit log over' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Mail.late/ }).waitFor();
  await page.close();
});
