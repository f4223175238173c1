// Talking to whoever leads the desks, and answering what they plan as a whole. What may be planned is the office's to say.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { asked, counts, findings, open, says, submitted } from './open.mjs';
import { plans } from './plans.mjs';

test('a plan waits in the rail, is read in the talk with what it lacks, changed and accepted as a whole', async () => {
  const page = await open();
  await plans(page);
  const rail = page.getByRole('complementary', { name: 'Needs you' });
  await rail.getByRole('heading', { name: 'Refunds can be made in part' }).waitFor();
  await rail.getByRole('button', { name: 'Look at the plan' }).click();
  const talk = page.getByRole('dialog', { name: 'Talk' });
  await says(talk.getByRole('list', { name: 'What was said' }), /refund a part of a payment[^]*Three steps[^]*Refunds can be made in part/);
  const plan = talk.locator('[data-plan="1"]');
  const drafts = plan.locator('[data-draft]');
  await says(drafts.nth(1), /#17 POST \/refunds[^]*after #16[^]*engineer[^]*about 50 min[^]*\$ pytest tests\/test_refunds\.py/);
  await plan.getByRole('list', { name: 'What #18 lacks' }).getByText(/improve.*says a direction/).waitFor();
  await says(plan, /about 1 h 30 min in all/);
  for (const theme of ['night', 'morning']) {
    await page.evaluate((theme) => (document.body.dataset.theme = theme), theme);
    assert.deepEqual(await findings(page), [], theme);
  }
  await plan.getByRole('button', { name: 'Edit' }).click();
  await plan.getByRole('textbox', { name: 'Title of #18' }).fill('Say in docs/refunds.md how a part is refunded');
  await plan.getByRole('textbox', { name: 'Checks of #18, one to a line' }).fill('grep -q part docs/refunds.md');
  await plan.getByRole('button', { name: 'Keep #18' }).click();
  await plan.getByRole('button', { name: 'Drop #17' }).click();
  assert.deepEqual(await findings(page), []);
  await plan.getByRole('button', { name: 'Accept' }).click();
  await plan.getByText('accepted').waitFor();
  const [edit, drop, accept] = await submitted(page);
  assert.deepEqual([edit.task, edit.edit.title, edit.edit.checks.map(({ run }) => run)], [18, 'Say in docs/refunds.md how a part is refunded', ['grep -q part docs/refunds.md']]);
  assert.deepEqual([drop, accept], [{ noun: 'plan', do: 'edit', plan: 1, edit: { drop: [17] } }, { noun: 'plan', do: 'accept', plan: 1 }]);
  await counts(plan.getByRole('button', { name: 'Accept' }), 0, 'it is answered once');
  await page.close();
});

test('words go to whoever leads, a plan is rejected with a reason, and without a coordinator one can be hired', async () => {
  const page = await open();
  await page.getByRole('button', { name: 'Talk' }).click();
  const talk = page.getByRole('dialog', { name: 'Talk' });
  await talk.getByText('Nobody leads the desks here').waitFor();
  assert.deepEqual(await findings(page), []);
  await talk.getByRole('button', { name: 'Hire a coordinator' }).click();
  await page.getByRole('dialog', { name: 'Hire someone' }).waitFor();
  await page.keyboard.press('Escape');
  await plans(page);
  await page.getByRole('button', { name: 'Talk', exact: true }).click();
  await talk.getByRole('button', { name: 'Reject' }).click();
  await talk.getByRole('textbox', { name: 'What should be otherwise' }).fill('The docs first.');
  await talk.getByRole('button', { name: 'Reject it' }).click();
  await talk.locator('[data-plan="1"]').getByText('The docs first.').waitFor();
  assert.deepEqual(await submitted(page), [{ noun: 'plan', do: 'reject', plan: 1, note: 'The docs first.' }]);
  await talk.getByRole('textbox', { name: 'Your words to Iris' }).fill('And vouchers next month');
  await page.keyboard.press('Control+Enter');
  await talk.getByText('And vouchers next month').waitFor();
  assert.deepEqual((await asked(page, 'talk')).map(({ text, fresh, project }) => [text, fresh, project]), [['And vouchers next month', false, null]]);
  await page.close();
});
