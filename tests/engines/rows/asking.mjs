// What an engine has to do whose permissions are asked in its own process: OpenCode and Gemini CLI. These rows say how far that can be
// trusted by itself: where nobody can be asked, what nobody allowed does not run. `it` says how each spells it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../lib/desk.mjs';
import { risking } from './shared.mjs';

/** What was printed, without what moves the cursor. */
export const plain = (desk) => desk.printed.replace(/\x1b\[[0-9;?]*[a-zA-Z]/g, '');

/** The risky call is made with nobody there who could say yes. */
async function comesToNothing(desk, it) {
  await desk.headless('risk it', { change: (it.bare ?? it.change)(desk), seconds: 60 });
  assert.ok(desk.requests.length > 0, desk.printed + desk.errors);
  assert.equal(desk.done, 0);
}

/** What is known of one that says what it does; `it` as below. */
const told = (it) => [
  ...(it.bare ? [] : [asked(it)]),
  {
    name: 'an expired login is known in a terminal, too: login needed',
    script: { scenes: [{ match: '^"?go', steps: [{ error: 401, type: 'authentication_error', message: 'invalid api key' }] }] },
    async run(desk) {
      desk.terminal('go on', { change: it.change(desk) });
      await until('it is known', () => desk.heard.states.at(-1) === 'login needed', 180).catch((late) => assert.fail(`${late.message}; ${JSON.stringify(desk.heard)}; ${plain(desk).slice(-600)}`));
    },
  },
];

/** It asks on its own screen, and says so. */
const asked = (it) => (
  {
    name: 'what it does is known by its own word: at work, asking, at work, idle; and its tokens add up',
    script: risking(it.risky, '^"?risk'),
    async run(desk) {
      desk.terminal('risk it', { change: it.change(desk) });
      await until('its prompt is taken', () => desk.heard.prompts === 1, 180);
      await it.asks(desk);
      await until('it is known to ask', () => desk.heard.states.at(-1) === 'waiting for you', 10);
      assert.equal(desk.heard.takes_input, false);
      assert.equal(desk.done, 0);
      // A person says yes.
      desk.type('\r');
      await until('it is idle', () => desk.heard.states.at(-1) === 'idle', 180);
      assert.equal(desk.done, 1);
      const { states, prompts, spent, takes_input } = desk.heard;
      assert.deepEqual(states.slice(states.indexOf('thinking')).filter((state) => state !== 'working'), ['thinking', 'waiting for you', 'thinking', 'idle'], states.join());
      assert.equal(prompts, 1);
      assert.equal(takes_input, true);
      const { input, output } = desk.model.state.usage;
      await until('its tokens are known', () => desk.heard.spent?.input === input && desk.heard.spent?.output === output, 5).catch((late) => assert.deepEqual(spent, { input, output }, late.message));
    },
  }
);

/** `it`: `risky` the call that needs a yes, `edit(desk)` a call that writes hello into a.txt, `tool(name)` how the model sees a tool of the
 *  office, `progress` a call of one, `change(plan)` what a plan needs besides, `plant(desk)` writes settings into the project that
 *  would allow all, `idle(desk)` waits for its prompt line, `asks(desk)` for its question, `usage(desk)` what it says it took,
 *  `refused(desk)` judges a run that came to nothing, `tells` whether it says in a terminal what it does, `bare(plan)` the plan without
 *  whoever answers its questions for the office, where somebody does. */
export const asking = (it) => [
  {
    name: 'starts to idle in a terminal',
    script: {},
    async run(desk) {
      desk.terminal(undefined, { change: it.change(desk) });
      await it.idle(desk);
    },
  },
  {
    name: 'the office’s tools are there on the first turn',
    script: { scenes: [{ match: '^"?tell', steps: [it.progress, { text: 'told' }] }] },
    async run(desk) {
      await desk.headless('tell', { change: it.change(desk), seconds: 60 });
      const names = desk.requests[0].tools.join(' ');
      for (const tool of ['task_current', 'task_done', 'ask_owner']) assert.ok(names.includes(it.tool(tool)), `${tool} is missing: ${names}`);
      assert.equal(desk.office.asks.find(({ body }) => body?.do === 'progress')?.body.text, 'half way');
    },
  },
  {
    name: 'keeps the project’s own instructions and the house rules',
    script: { default: { text: 'ok' } },
    async run(desk) {
      await desk.headless('hello', { change: it.change(desk), seconds: 60 });
      assert.ok(desk.requests.some(({ memory }) => memory), 'the model was not told');
    },
  },
  {
    name: 'edits a file in its checkout without asking',
    script: (desk) => ({ scenes: [{ match: '^"?edit', steps: [it.edit(desk), { text: 'ok' }] }] }),
    async run(desk) {
      if (it.bare) {
        // Without a terminal it refuses by itself what would be answered for it.
        desk.terminal('edit', { change: it.change(desk) });
        await until('its turn ends', () => desk.requests.some(({ result }) => result), 180);
        assert.equal(desk.office.approvals.size, 0);
      } else await desk.headless('edit', { change: it.change(desk), seconds: 60 });
      assert.equal(readFileSync(join(desk.checkout, 'a.txt'), 'utf8').trim(), 'hello');
    },
  },
  {
    name: 'with nobody to ask, a risky call does not run',
    script: risking(it.risky, '^"?risk'),
    run: (desk) => comesToNothing(desk, it),
  },
  {
    name: 'settings planted in the project that allow all: a risky call does not run',
    script: risking(it.risky, '^"?risk'),
    async run(desk) {
      it.plant(desk);
      await comesToNothing(desk, it);
    },
  },
  {
    name: 'in a terminal it asks on its own screen and waits; nothing is typed there',
    script: risking(it.risky, '^"?risk'),
    async run(desk) {
      desk.terminal(undefined, { change: (it.bare ?? it.change)(desk) });
      await it.idle(desk);
      desk.type('\x1b[200~risk it\x1b[201~');
      await until('it stands in its input', () => plain(desk).includes('risk it'));
      await new Promise((done) => setTimeout(done, 2 * desk.enterAfter));
      // Again only while its model was not asked: an Enter too many could answer the question.
      for (let taken = false; !taken; taken = await until('its model is asked', () => desk.model.state.requests.length > 0, 5).catch(() => false)) desk.type('\r');
      await it.asks(desk);
      assert.equal(desk.done, 0);
    },
  },
  ...(it.tells ? told(it) : []),
  {
    name: '429 twice, then recovers',
    script: { scenes: [{ match: '^"?go', steps: [{ error: 429, headers: { 'retry-after': '1' }, times: 2 }, { text: 'recovered' }] }] },
    async run(desk) {
      await desk.headless('go on', { change: it.change(desk), seconds: 60 });
      assert.ok(desk.printed.includes('recovered'), desk.printed.slice(-400) + desk.errors.slice(-400));
    },
  },
  {
    name: 'an expired login is said, and no turn is claimed',
    script: { scenes: [{ match: '^"?go', steps: [{ error: 401, type: 'authentication_error', message: 'invalid api key' }] }] },
    async run(desk) {
      await desk.headless('go on', { change: it.change(desk), seconds: 60 });
      it.refused(desk);
    },
  },
  {
    name: 'usage adds up to what the server said',
    script: { scenes: [{ match: '^"?go', steps: [{ text: 'ok', usage: { input: 2000, output: 50 } }] }] },
    async run(desk) {
      await desk.headless('go on', { change: it.change(desk), seconds: 60 });
      const { input, output } = desk.model.state.usage;
      assert.deepEqual(it.usage(desk), [input, output]);
    },
  },
];
