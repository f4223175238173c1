// What every gated engine has to do alike, once: the rows of claude.mjs and codex.mjs that differ by a word or two. `it` says how
// this engine spells it. What only one of them can do stands in its own file.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../lib/desk.mjs';

export const approve = () => ({ state: 'approved', note: 'fine by me' });
export const deny = () => ({ state: 'denied', note: 'not tonight' });
/** Says `risk it`, is answered with a call that needs a yes, and tells what came of it. */
export const risking = (call, match = '^risk') => ({ scenes: [{ match, steps: [call, { text: 'after: {result}' }] }] });
/** The model was told what came of its call. */
export const answered = (desk) => desk.requests.some(({ result }) => result);
/** 20 KB with all that breaks a paste. */
export const LONG = Array.from({ length: 500 }, (_, line) => `${line}: Grüße, 世界 🌙 — naïve café`).join('\n');

/** Begins something that is awaited later; that it fails meanwhile is not lost. */
function begun(work) {
  const promise = Promise.resolve(work);
  promise.catch(() => {});
  return promise;
}

/** `it`: `risky` the call that needs a yes, `risk(desk)` says it and waits until the model knows what came of it, `reported(desk)` until
 *  that is written down, `edit(desk)` a call that writes hello into a.txt, `tool(name)` how the model sees a tool of the office,
 *  `progress` a call of one, `ready(desk)` waits for its prompt line, `recovered(desk)` and `refused(desk)` judge a run without a
 *  terminal, `fewTries` (variables) and `fewer` (a change of the plan) keep it from trying for long. */
export const shared = (it) => [
  {
    name: 'takes a task given as an argument',
    script: { default: { text: 'hello' } },
    async run(desk) {
      desk.terminal('take this task');
      await until('its prompt arrives', () => desk.requests.some(({ user }) => user.includes('take this task')));
      await until('its turn ends', () => desk.signal('Stop').length > 0);
      assert.equal(desk.signal('UserPromptSubmit').length, 1);
    },
  },
  {
    name: 'the office’s tools are there on the first turn',
    script: { scenes: [{ match: '^tell', steps: [it.progress, { text: 'told' }] }] },
    async run(desk) {
      await desk.headless('tell');
      const names = desk.requests[0].tools.join(' ');
      for (const tool of ['task_current', 'task_done', 'task_blocked', 'task_progress', 'ask_owner', 'ask_approval']) {
        assert.ok(names.includes(it.tool(tool)), `${tool} is missing: ${names}`);
      }
      assert.equal(desk.office.asks.find(({ body }) => body?.do === 'progress')?.body.text, 'half way');
      assert.ok(desk.office.tokens.every((token) => token === 'desk-token'));
    },
  },
  {
    name: 'edits a file in its checkout without asking',
    script: (desk) => ({ scenes: [{ match: '^edit', steps: [it.edit(desk), { text: 'ok' }] }] }),
    async run(desk) {
      await desk.headless('edit');
      assert.equal(readFileSync(join(desk.checkout, 'a.txt'), 'utf8').trim(), 'hello');
      assert.equal(desk.office.approvals.size, 0);
    },
  },
  {
    name: 'a risky call is held, approved, and runs once',
    script: risking(it.risky),
    fixture: 'approved',
    async run(desk) {
      const ended = begun(it.risk(desk));
      await until('it is held', () => desk.office.held.size > 0);
      assert.equal(desk.done, 0);
      desk.office.answers = approve;
      await ended;
      assert.equal(desk.done, 1);
      await it.reported(desk);
    },
  },
  {
    name: 'held while the office is killed and restarted, then approved: runs once',
    script: risking(it.risky),
    async run(desk) {
      const ended = begun(it.risk(desk));
      await until('it is held', () => desk.office.held.size > 0);
      await desk.office.die();
      await new Promise((done) => setTimeout(done, 500));
      assert.equal(desk.done, 0);
      desk.office.answers = approve;
      await desk.office.start();
      await ended;
      assert.equal(desk.done, 1);
      assert.equal(desk.office.approvals.size, 1);
    },
  },
  {
    name: 'denied: does not run, and the reason reaches the model',
    script: risking(it.risky),
    answers: deny,
    fixture: 'denied',
    async run(desk) {
      await it.risk(desk);
      assert.equal(desk.done, 0);
      assert.ok(desk.requests.some(({ result }) => result.includes('not tonight')));
    },
  },
  {
    name: 'typed into while a call is held: nothing is approved',
    script: risking(it.risky),
    async run(desk) {
      desk.terminal('risk it');
      await until('it is held', () => desk.office.held.size > 0);
      for (const keys of ['\r', '1\r', 'y\r', '\x1b[B\r']) {
        desk.type(keys);
        await new Promise((done) => setTimeout(done, 150));
      }
      assert.equal(desk.done, 0);
      desk.office.answers = deny;
      await until('the reason reaches the model', () => desk.requests.some(({ result }) => result.includes('not tonight')));
      assert.equal(desk.done, 0);
    },
  },
  {
    name: '429 twice, then recovers',
    script: { scenes: [{ match: '^go', steps: [{ error: 429, headers: { 'retry-after': '1' }, times: 2 }, { text: 'recovered' }] }] },
    fixture: 'retried',
    async run(desk) {
      await desk.headless('go on', { seconds: 30 });
      it.recovered(desk);
    },
  },
  {
    name: 'an expired login is said, and no turn is claimed',
    script: { scenes: [{ match: '^go', steps: [{ error: 401, type: 'authentication_error', message: 'invalid x-api-key' }] }] },
    fixture: 'login',
    async run(desk) {
      await desk.headless('go on', { seconds: 30, env: it.fewTries, change: it.fewer });
      it.refused(desk);
      assert.equal(desk.signal('Stop').length, 0);
    },
  },
  {
    name: 'an expired login is known in a terminal, too: login needed',
    script: { scenes: [{ match: '^go', steps: [{ error: 401, type: 'authentication_error', message: 'invalid x-api-key' }] }] },
    async run(desk) {
      desk.terminal('go on', { env: it.fewTries, change: it.fewer });
      await until('it is known', () => desk.heard.states.at(-1) === 'login needed', 20).catch((late) => assert.fail(`${late.message}; ${JSON.stringify(desk.heard)}; ${desk.printed.slice(-400)}`));
    },
  },
  {
    name: 'a model that does not exist is said, and no turn is claimed',
    script: { scenes: [{ match: '^go', steps: [{ error: 404, type: 'not_found_error', message: 'model: scripted-9 does not exist' }] }] },
    fixture: 'no-model',
    async run(desk) {
      await desk.headless('go on', { seconds: 30, env: it.fewTries, change: it.fewer });
      it.refused(desk);
      assert.equal(desk.signal('Stop').length, 0);
    },
  },
  {
    name: 'a stop before done is answered with what is missing, three times at most',
    script: { default: { text: 'I am finished, I think.' } },
    async run(desk) {
      desk.office.says = { state: 'running', results: [{ verdict: 'unmet', run: 'test -f done' }] };
      desk.terminal('stop early');
      await until('it is told three times', () => desk.signals.filter(({ payload }) => payload?.office_goes_on).length === 3);
      await until('its turn ends for good', () => desk.signal('Stop').some(({ payload }) => !payload.office_goes_on));
      const told = desk.requests.filter(({ conversation }) => conversation.includes('Task #12 is not done yet'));
      assert.equal(told.length, 3, `${desk.requests.length} requests`);
      assert.ok(told[0].conversation.includes('test -f done'));
    },
  },
  {
    name: '20 KB with unicode, pasted, arrive whole and are confirmed',
    script: { default: { text: 'got it' } },
    async run(desk) {
      desk.terminal();
      await it.ready(desk);
      await desk.submit(LONG, () => desk.signal('UserPromptSubmit').length > 0);
      assert.equal(desk.signal('UserPromptSubmit')[0].payload.prompt, LONG);
      const asked = await until('it arrives', () => desk.requests.find(({ user_length }) => user_length >= LONG.length - 10));
      assert.ok(asked.user.endsWith(LONG.slice(-100)));
    },
  },
];
