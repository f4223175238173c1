// What the office remembers, in the window: the cabinets open it, tonight's notes are shown, it is searched as one types, a note is read with
// its history and its use, refuted with evidence, written and offered a merge. The office's answers are told by the test.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { asked, counts, findings, open, says, submitted } from './open.mjs';

/** Three notes: one of tonight that was written anew, one of long ago, one that was refuted. */
async function withNotes(page) {
  await page.evaluate(() => {
    const { replay } = window;
    const ask = replay.ask.bind(replay);
    const last = replay.played.at(-1).envelope;
    const at = (minutes) => new Date(Date.parse(last.at) - minutes * 60_000).toISOString();
    const agent = { kind: 'agent', desk: 1, run: 1 };
    const note = (id, change) => ({ id, kind: 'fact', title: '', text: '', tags: [], project: null, supersedes: [], contradicts: [], author: agent, task: 11, created: at(60), changed: at(60), shown: 0, used: 0, shown_in: [], used_in: [], past: [], ...change });
    const words = ({ kind, title, text, tags, project, supersedes, contradicts }) => ({ kind, title, text, tags, project, supersedes, contradicts });
    const first = note(1, { kind: 'gotcha', title: 'Where tests write', text: 'Use `tmp_path`, never **/tmp**.', tags: ['tests'], shown: 3, used: 1, shown_in: [{ run: 2, task: 11, at: at(30) }], used_in: [{ run: 2, task: 11, at: at(20) }] });
    first.past = [{ words: { ...words(first), text: 'Use tmp_path.' }, by: agent, until: at(60) }];
    const notes = [
      note(3, { title: 'The port is 80', text: 'It is not.', created: at(90), changed: at(90), refuted: { by: { kind: 'owner' }, evidence: 'curl says 8080', at: at(80) } }),
      note(2, { kind: 'decision', title: 'Half to even', text: 'As finance wants it.', author: { kind: 'owner' }, task: null, created: at(30_000), changed: at(30_000) }),
      first,
    ];
    replay.ask = async (it) => {
      const body = it.ask === 'submit' && it.body.noun === 'note' ? it.body : null;
      if (it.ask !== 'memory' && !body) return ask(it);
      replay.asked.push(it);
      if (body) {
        const found = notes.find((one) => one.id === (body.note ?? body.keep));
        if (body.do === 'refute') found.refuted = { by: { kind: 'owner' }, evidence: body.evidence, at: at(0) };
        const seq = replay.played.at(-1).envelope.seq + 1;
        replay.send([{ kind: 'event', envelope: { ...last, seq, event: { noun: 'note', type: 'refuted', note: found.id, by: { kind: 'owner' }, evidence: '' } }, nouns: [{ noun: 'note', ...found }] }]);
        return { kind: 'changed', value: { noun: 'note', ...found } };
      }
      const { what } = it;
      if (what.do === 'show') return { kind: 'notes', value: notes.filter((one) => one.id === what.note).map((one) => ({ ...one })) };
      if (what.do === 'list') return { kind: 'notes', value: notes.filter((one) => what.wanted.kinds.length === 0 || what.wanted.kinds.includes(one.kind)) };
      if (what.do === 'add') {
        const added = note(4, { ...what.words, author: { kind: 'owner' }, task: null, created: at(0), changed: at(0) });
        notes.unshift(added);
        return { kind: 'noted', value: { ...added, alike: [{ note: 1, title: 'Where tests write', share: 0.91 }] } };
      }
      if (what.wanted.among[0] === 'task') return { kind: 'hits', value: [{ kind: 'task', id: 11, title: 'Round prices', text: 'half up', score: 1, source: 'task #11' }] };
      const found = notes.filter((one) => `${one.title} ${one.text}`.toLowerCase().includes(what.query.toLowerCase()) && !one.refuted);
      return { kind: 'hits', value: found.map((one) => ({ kind: one.kind, id: one.id, title: one.title, text: one.text, score: 1, source: `note #${one.id} by Mara, task #11` })) };
    };
  });
}
const sound = async (page, where) => {
  for (const theme of ['night', 'morning']) {
    await page.evaluate((theme) => (document.body.dataset.theme = theme), theme);
    assert.deepEqual(await findings(page), [], `${where}, ${theme}`);
  }
};
async function memory(page) {
  await withNotes(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('memory');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Memory' });
  await dialog.waitFor();
  return dialog;
}

test("tonight's notes come first, one is read with its history and where it was of use, and is refuted with evidence", async () => {
  const page = await open();
  const dialog = await memory(page);
  const tonight = dialog.getByRole('list', { name: 'New tonight' });
  await counts(tonight.getByRole('listitem'), 2, 'the notes of tonight');
  await says(dialog.getByRole('list', { name: 'Before' }), /Half to even/);
  await says(tonight.getByRole('listitem').first(), /The port is 80[^]*refuted/);
  await tonight.getByRole('button', { name: /Where tests write/ }).click();
  const page1 = dialog.getByRole('region', { name: 'The note' });
  await says(page1, /note 1 · gotcha by Mara, on #11[^]*Use tmp_path, never \/tmp[^]*Shown 3 times: #11[^]*Used once: #11/);
  await page1.getByText('How it was before (1)').click();
  await says(page1.getByRole('group'), /until[^]*Use tmp_path\./);
  await sound(page, 'a note');
  const wrong = page1.getByRole('button', { name: 'Refute it' });
  assert.equal(await wrong.isDisabled(), true, 'not without evidence');
  await page1.getByRole('textbox', { name: /^Not so/ }).fill('pytest clears it');
  await wrong.click();
  await says(page1, /Refuted by you[^]*pytest clears it|Refuted by [^]*pytest clears it/);
  assert.deepEqual((await submitted(page)).filter((body) => body.noun === 'note'), [{ noun: 'note', do: 'refute', note: 1, evidence: 'pytest clears it' }]);
  await page.close();
});

test('it is searched as one types, among notes of a kind or elsewhere, and a note that is written is offered a merge', async () => {
  const page = await open();
  const dialog = await memory(page);
  const box = dialog.getByRole('searchbox', { name: 'Search what the office knows' });
  await box.fill('finance');
  const found = dialog.getByRole('list', { name: 'Found' });
  await says(found, /Half to even[^]*decision · note #2 by Mara/);
  await box.fill('nowhere');
  await dialog.getByText('Nothing like that is known').waitFor();
  await dialog.getByRole('radio', { name: 'tasks' }).check();
  await says(found, /Round prices[^]*task #11/);
  const last = (await asked(page, 'memory')).at(-1).what;
  assert.deepEqual([last.do, last.query, last.wanted.among], ['search', 'nowhere', ['task']]);
  await sound(page, 'hits');
  await dialog.getByRole('button', { name: 'Write a note' }).click();
  const form = dialog.getByRole('region', { name: 'A new note' });
  await form.getByRole('textbox', { name: 'In one line' }).fill('Where tests write');
  await form.getByRole('textbox', { name: 'What was learned' }).fill('Use `tmp_path`.');
  await form.getByRole('combobox', { name: 'Kind' }).selectOption('convention');
  await form.getByRole('textbox', { name: 'Tags' }).fill('tests, pytest');
  await sound(page, 'a form');
  await form.getByRole('button', { name: 'Keep it' }).click();
  await dialog.getByText('Note 1 says almost the same').first().waitFor();
  const added = (await asked(page, 'memory')).map(({ what }) => what).find((what) => what.do === 'add');
  assert.deepEqual(added.words, { kind: 'convention', title: 'Where tests write', text: 'Use `tmp_path`.', tags: ['tests', 'pytest'], project: null, supersedes: [], contradicts: [] });
  await dialog.getByRole('button', { name: 'Let this take the place' }).click();
  await page.waitForFunction(() => window.replay.asked.some((it) => it.body?.do === 'merge'));
  assert.deepEqual((await submitted(page)).at(-1), { noun: 'note', do: 'merge', keep: 4, gone: [1] });
  await page.close();
});
