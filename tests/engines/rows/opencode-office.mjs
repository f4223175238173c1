// A real office with a real OpenCode at a desk: it takes a task, is killed in the middle, goes on with the very conversation, edits a
// file, is held at what is risky, and says that it is done. Only the model is a script.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT, until } from '../lib/desk.mjs';
import { Office, approval } from './office.mjs';
import { LONG_TIME, provider } from './opencode.mjs';

const script = {
  scenes: [
    {
      match: 'You were interrupted',
      steps: [
        { tool: 'write', input: { filePath: 'a.txt', content: 'rounded\n' } },
        { tool: 'bash', input: { command: 'git push nowhere main || true', description: 'ship it' } },
        { tool: 'office_task_done', input: { summary: 'Rounded half up.' } },
        { text: 'It is done.' },
      ],
    },
    { match: 'Round prices', steps: [{ tool: 'office_task_progress', input: { text: 'rounding' } }, { silent: true }] },
  ],
};

/** The shipped engine file, with the scripted model as the owner's own provider. */
function pointed(office) {
  office.env.PATH = [join(ROOT, 'tests/engines/long/node_modules/.bin'), office.env.PATH].join(delimiter);
  const shipped = readFileSync(join(ROOT, 'src-tauri/crates/engines/engines/opencode.toml'), 'utf8');
  Object.assign(office.env, { OPENCODE_CONFIG_CONTENT: JSON.stringify(provider(office.model.url)), OPENCODE_DISABLE_MODELS_FETCH: '1', MODEL_URL: office.model.url });
  mkdirSync(join(office.dir, 'engines'), { recursive: true });
  writeFileSync(join(office.dir, 'engines/opencode.toml'), shipped.replace('environment = ["OPENAI', 'environment = ["MODEL_URL", "OPENCODE_CONFIG_CONTENT", "OPENCODE_DISABLE_MODELS_FETCH", "OPENAI'));
}

export const rows = [
  {
    name: 'in a real office: takes a task, is killed, goes on with the very conversation, edits, is held and approved, is done, is merged',
    async run() {
      const office = await Office.open('opencode', script, () => {}, pointed);
      try {
        await office.say('project', 'add', office.shop);
        await office.say('desk', 'add', '--name', 'ada', '--role', 'engineer', '--engine', 'opencode');
        const [task] = await office.ask('task', 'add', 'Round prices', '--check', 'test "$(cat a.txt)" = rounded');
        const desk = async () => (await office.ask('desk', 'show', 'ada'))[0];
        const show = async () => (await office.ask('task', 'show', String(task.id)))[0];
        if ((await show()).state === 'ready') await office.say('task', 'assign', String(task.id), 'ada');
        await until('it says how far it is', async () => JSON.stringify((await show()).progress ?? null).includes('rounding'), LONG_TIME);
        const events = async () => (await office.ask('events')).map(({ event }) => event).filter((event) => event?.noun === 'run');
        const { session } = await until('its conversation is known', async () => (await events()).findLast(({ type }) => type === 'talks'), 30);
        await until('it is seen to think', async () => (await desk()).state === 'thinking', 30);
        process.kill((await events()).findLast(({ type }) => type === 'launched').pid, 'SIGKILL');
        const held = await until('its push is held', () => approval(office), LONG_TIME);
        assert.equal(held.ruling.rule, 'git.push', JSON.stringify(held));
        assert.equal((await desk()).state, 'waiting for you');
        const again = office.model.state.requests.find(({ conversation, tools }) => tools.length > 0 && conversation.includes('You were interrupted'));
        assert.equal(again.conversation.split('# Task #1: Round prices').length, 3, 'what was said before the kill is not in its conversation');
        assert.ok(again.tools.includes('office_task_done'), String(again.tools));
        assert.equal((await events()).findLast(({ type }) => type === 'talks').session, session);
        await office.say('approval', 'approve', String(held.id));
        await until('it waits for review', async () => (await show()).state === 'in review', 90);
        await office.say('task', 'accept', String(task.id));
        assert.equal(office.git('show', 'main:a.txt').toString(), 'rounded\n');
      } finally {
        await office.close();
      }
    },
  },
];
