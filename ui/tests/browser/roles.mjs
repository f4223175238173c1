// The roles in the window: what each is for and may, whose file it is, and its file changed while it is read as one types. The office's
// answers are told by the test; reading a role's file is the office's.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { asked, counts, findings, open, says } from './open.mjs';
import { withRoles } from './rolefiles.mjs';

const sound = async (page, where) => {
  for (const theme of ['night', 'morning']) {
    await page.evaluate((theme) => (document.body.dataset.theme = theme), theme);
    assert.deepEqual(await findings(page), [], `${where}, ${theme}`);
  }
};
const opened = async (page) => {
  await withRoles(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('roles');
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: 'Roles' });
  await sheet.waitFor();
  return sheet;
};

test('a role says what it may and whose it is; a fault is marked by its line, and only what reads is kept', async () => {
  const page = await open();
  const sheet = await opened(page);
  await sheet.getByRole('button', { name: 'ops' }).press('Enter');
  await says(sheet.getByLabel('What it is'), /May\s+create tasks, hold[^]*Changes\s+deploy\/\*\*[^]*Woken by\s+task failed, kind ops[^]*Budget\s+\$20/);
  await sheet.getByText('yours; it is read again whenever it changes').waitFor();
  const file = sheet.getByRole('textbox', { name: "The role's file" });
  await sound(page, 'a role');
  await file.fill('---\ntitle: Operations\nmya: [hold]\n---\nHold.\n');
  await sheet.getByText('did you mean `may`?').waitFor();
  assert.equal(await sheet.getByRole('button', { name: 'Put in force' }).isDisabled(), true);
  await says(sheet.locator('.wrong'), '3');
  await sound(page, 'a role with a fault');
  await sheet.getByRole('button', { name: 'Line 3' }).press('Enter');
  assert.equal(await file.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd)), 'mya: [hold]');
  await file.fill('---\ntitle: Operations\nmay: [hold]\n---\nHold.\n');
  await sheet.getByText('It reads').waitFor();
  await file.press('Control+s');
  await page.getByText('ops is in force').first().waitFor();
  const [kept] = await asked(page, 'keep_role');
  assert.deepEqual([kept.file, kept.was.includes('deploy/**'), kept.text.includes('[hold]')], ['roles/ops.md', true, true]);
  // A shipped one has no file of the owner's yet.
  await sheet.getByRole('button', { name: 'engineer' }).press('Enter');
  await sheet.getByText('kept here, it is yours from then on').waitFor();
  await file.fill('---\ntitle: Engineer\n---\nMind the tests.\n');
  await sheet.getByText('It reads').waitFor();
  await file.press('Control+s');
  await page.getByText('engineer is in force').first().waitFor();
  assert.equal((await asked(page, 'keep_role'))[1].was, null);
  await page.close();
});

test('a file that was changed elsewhere meanwhile is never written over without a word', async () => {
  const page = await open();
  const sheet = await opened(page);
  await sheet.getByRole('button', { name: 'ops' }).press('Enter');
  const file = sheet.getByRole('textbox', { name: "The role's file" });
  await file.fill('---\ntitle: Mine\n---\nHold.\n');
  await sheet.getByText('It reads').waitFor();
  await page.evaluate(() => window.changeRole('ops', '---\ntitle: Theirs\n---\nGo.\n'));
  const over = sheet.getByRole('alert');
  await says(over, /The file was changed since this was begun/);
  await file.press('Control+s');
  assert.equal((await asked(page, 'keep_role')).length, 0);
  await sound(page, 'a role that was changed meanwhile');
  await over.getByRole('button', { name: 'Go on with mine' }).press('Enter');
  await counts(over, 0);
  await sheet.getByText('It reads').waitFor();
  await file.press('Control+s');
  await page.getByText('ops is in force').first().waitFor();
  assert.ok((await asked(page, 'keep_role'))[0].was.includes('Theirs'), 'over what was seen');
  await page.close();
});

test('a new role begins with an example under a name that a file can have', async () => {
  const page = await open();
  const sheet = await opened(page);
  await sheet.getByRole('button', { name: 'A new role' }).press('Enter');
  const name = sheet.getByRole('textbox', { name: 'Name of the new role' });
  await name.fill('../x');
  assert.equal(await sheet.getByRole('button', { name: 'Begin' }).isDisabled(), true);
  await name.fill('night-watch');
  await name.press('Enter');
  await sheet.getByText('It reads').waitFor();
  await sheet.getByRole('button', { name: 'Put in force' }).press('Enter');
  await sheet.getByRole('navigation').getByRole('button', { name: 'night-watch' }).waitFor();
  const [kept] = await asked(page, 'keep_role');
  assert.deepEqual([kept.file, kept.was], ['roles/night-watch.md', null]);
  await page.close();
});
