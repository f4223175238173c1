// What OpenCode does at a desk. Its permissions ask for everything, and a plugin of ours answers for what the office allowed: so these rows
// take away the hook, the plugin and the office in turn, and look at the file that a risky call would leave.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { program, until } from '../lib/desk.mjs';
import { asking, plain } from './asking.mjs';
import { approve, deny, risking } from './shared.mjs';

/** The scripted model as a provider: in the office it is the owner's login that says which. */
export const provider = (url) => ({
  model: 'office/scripted',
  small_model: 'office/scripted',
  provider: {
    office: {
      npm: '@ai-sdk/openai-compatible', name: 'office', options: { baseURL: `${url}/v1`, apiKey: 'test' },
      models: { scripted: { name: 'scripted', tool_call: true, limit: { context: 100000, output: 4000 }, cost: { input: 3, output: 15 } } },
    },
  },
});

const RISKY = { tool: 'bash', input: { command: 'echo done >> canary', description: 'leave a mark' } };
/** It starts in 8 s on a quiet machine of two cores, and is no fault of ours where it is a minute on a busy one. */
export const LONG_TIME = 180;
const PLUGIN = 'config/opencode/plugins/office.js';

/** What a plan needs besides: the model, and no list of all models from the network. */
const change = (desk) => (plan) => {
  plan.env.push(['OPENCODE_CONFIG_CONTENT', JSON.stringify(provider(desk.model.url))], ['OPENCODE_DISABLE_MODELS_FETCH', '1']);
  return plan;
};
/** The same with another hook: a program of the shell. */
const hooked = (desk, lines) => (plan) => {
  const hook = join(desk.dir, 'hook.sh');
  if (lines !== undefined) writeFileSync(hook, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  const file = plan.files.find(([name]) => name === PLUGIN);
  file[1] = file[1].replaceAll(JSON.stringify(program('office-hook')), JSON.stringify(hook));
  return change(desk)(plan);
};
/** Without the plugin: its permissions alone. */
const bare = (desk) => (plan) => {
  plan.files = plan.files.filter(([name]) => name !== PLUGIN);
  return change(desk)(plan);
};

const asks = (desk) => until('its question', () => /Permission required|Allow once|allow always/i.test(plain(desk)), LONG_TIME);
const toldOf = (words) => (desk) => until('the reason reaches the model', () => desk.requests.some(({ result }) => words.test(result)), LONG_TIME);
const refusedIt = toldOf(/could not be asked|not done/);

/** The risky call of a terminal, with something of its gate taken away; it comes to nothing, and the model hears why. */
const closed = (name, gate, heard = refusedIt) => ({
  name,
  closed: true,
  script: risking(RISKY),
  answers: approve,
  open: (desk) => (plan) => open(desk)(plan),
  async run(desk, spoil) {
    desk.terminal('risk it', { change: spoil ? open(desk) : gate(desk) });
    if (spoil) await until('the model hears what came of it', () => desk.requests.some(({ result }) => result), LONG_TIME);
    else await heard(desk);
    assert.equal(desk.done, 0);
  },
});

/** No gate at all: permissions that allow, and no plugin. */
const open = (desk) => (plan) => {
  plan.env = plan.env.filter(([name]) => name !== 'OPENCODE_PERMISSION');
  plan.env.push(['OPENCODE_PERMISSION', '{"*": "allow"}']);
  return bare(desk)(plan);
};
export const withoutGate = open;

const common = asking({
  tells: true,
  risky: RISKY,
  edit: (desk) => ({ tool: 'write', input: { filePath: join(desk.checkout, 'a.txt'), content: 'hello' } }),
  tool: (name) => `office_${name}`,
  progress: { tool: 'office_task_progress', input: { text: 'half way' } },
  change,
  bare,
  plant: (desk) => writeFileSync(join(desk.checkout, 'opencode.json'), JSON.stringify({ permission: { bash: 'allow', '*': 'allow' } })),
  idle: (desk) => until('its prompt line', () => /Ask anything|tab agents|ctrl\+p/i.test(plain(desk)), LONG_TIME),
  asks,
  usage(desk) {
    const { tokens } = desk.lines.findLast(({ type }) => type === 'step_finish').part;
    return [tokens.input, tokens.output];
  },
  refused: (desk) => assert.ok(desk.lines.some(({ type }) => type === 'error') || desk.exit.code !== 0, desk.printed.slice(-400)),
});

export const rows = [
  ...common,
  {
    name: 'what it does is known by its own word: thinking, at work, idle; and its tokens, money and context add up',
    script: { scenes: [{ match: '^"?go', steps: [{ tool: 'bash', input: { command: 'ls', description: 'look' }, usage: { input: 1000, output: 40 } }, { text: 'ok', usage: { input: 2000, output: 50 } }] }] },
    async run(desk) {
      desk.terminal('go on', { change: change(desk) });
      // It is idle before it begins, too.
      const over = (states) => states.includes('working') && states.at(-1) === 'idle';
      await until('its turn ends', () => over(desk.heard.states), LONG_TIME);
      await until('all is counted', () => desk.heard.spent?.output === desk.model.state.usage.output, 10);
      const { states, spent, takes_input } = desk.heard;
      assert.deepEqual(states.slice(states.indexOf('thinking')), ['thinking', 'working', 'thinking', 'idle']);
      assert.equal(takes_input, true);
      const { input, output } = desk.model.state.usage;
      assert.deepEqual([spent.input, spent.output], [input, output]);
      assert.equal(spent.micro_dollars, input * 3 + output * 15);
      assert.deepEqual(spent.context, { used: 2050, size: 100000 });
    },
  },
  {
    name: 'a risky call is held, approved, and runs once',
    script: risking(RISKY),
    async run(desk) {
      desk.terminal('risk it', { change: change(desk) });
      await until('it is held', () => desk.office.held.size > 0, LONG_TIME);
      // Nothing stands on its screen meanwhile that a key could approve.
      for (const keys of ['\r', '\x1b[B\r']) {
        desk.type(keys);
        await new Promise((done) => setTimeout(done, 150));
      }
      assert.equal(desk.done, 0);
      desk.office.answers = approve;
      await until('the model hears what came of it', () => desk.requests.some(({ result }) => result), LONG_TIME);
      assert.equal(desk.done, 1);
      const [it] = desk.office.approvals.values();
      await until('that is reported', () => it.state === 'ran');
      assert.deepEqual([it.argv.at(-1), it.exit?.code], ['echo done >> canary', 0]);
    },
  },
  {
    name: 'held while the office is killed and restarted, then approved: runs once',
    script: risking(RISKY),
    async run(desk) {
      desk.terminal('risk it', { change: change(desk) });
      await until('it is held', () => desk.office.held.size > 0, LONG_TIME);
      await desk.office.die();
      await new Promise((done) => setTimeout(done, 500));
      desk.office.answers = approve;
      assert.equal(desk.done, 0);
      await desk.office.start();
      await until('the model hears what came of it', () => desk.requests.some(({ result }) => result), LONG_TIME);
      assert.equal(desk.done, 1);
      assert.equal(desk.office.approvals.size, 1);
    },
  },
  {
    name: 'denied: does not run, and the reason reaches the model',
    script: risking(RISKY),
    answers: deny,
    async run(desk) {
      desk.terminal('risk it', { change: change(desk) });
      await toldOf(/not tonight/)(desk);
      assert.equal(desk.done, 0);
    },
  },
  closed('the hook is missing: does not run', (desk) => hooked(desk)),
  closed('the hook crashes: does not run', (desk) => hooked(desk, 'exit 1')),
  closed('the hook says nothing it understands: does not run', (desk) => hooked(desk, 'echo yes')),
  {
    ...closed('the plugin is missing: it asks on its own screen, and nothing is typed there', bare, asks),
    answers: approve,
  },
  {
    name: 'the office is down: does not run',
    script: risking(RISKY),
    answers: approve,
    async run(desk) {
      await desk.office.die();
      desk.terminal('risk it', { change: change(desk) });
      await toldOf(/cannot be asked/)(desk);
      assert.equal(desk.done, 0);
    },
  },
  {
    name: 'a subagent passes the same gate',
    script: {
      scenes: [
        { match: '^"?delegate', steps: [{ tool: 'task', input: { description: 'd', prompt: 'risk it', subagent_type: 'general' } }, { text: 'over' }] },
        ...risking(RISKY, '^"?risk').scenes,
      ],
    },
    answers: deny,
    async run(desk) {
      desk.terminal('delegate', { change: change(desk) });
      await until('its turn ends', () => desk.heard.states.at(-1) === 'idle' && desk.requests.length > 3, LONG_TIME);
      assert.equal(desk.office.approvals.size, 1);
      assert.equal(desk.done, 0);
      assert.ok(desk.signals.some(({ payload }) => payload.agent), 'no signal names the subagent');
      assert.equal(desk.heard.prompts, 1, 'what a subagent is told is no prompt of the desk’s own agent');
    },
  },
  {
    name: 'a stop before done is answered with what is missing, three times at most',
    script: { default: { text: 'I am finished, I think.' } },
    async run(desk) {
      desk.office.says = { state: 'running', results: [{ verdict: 'unmet', run: 'test -f done' }] };
      desk.terminal('stop early', { change: change(desk) });
      await until('its turn ends for good', () => desk.heard.states.at(-1) === 'idle' && desk.heard.prompts === 1, LONG_TIME);
      const told = desk.requests.filter(({ user }) => user.includes('Task #12 is not done yet'));
      assert.equal(told.length, 3, `${desk.requests.length} requests`);
      assert.ok(told[0].user.includes('test -f done'));
    },
  },
  {
    name: 'kill -9 while it works, then resume: the same conversation, and 20 KB with unicode, pasted, arrive whole',
    script: { scenes: [{ match: '^"?first', steps: [{ silent: true, times: 1 }, { text: 'one' }] }], default: { text: 'on' } },
    async run(desk) {
      desk.terminal('first', { change: change(desk) });
      await until('it works', () => desk.requests.some(({ user }) => /first/.test(user)), LONG_TIME);
      const { session } = await until('its conversation is known', () => (desk.heard.session ? desk.heard : undefined));
      assert.ok(existsSync(join(desk.run, 'talks', session)), 'nothing says that there is a conversation');
      await desk.die();
      rmSync(join(desk.run, 'tools-known'));
      const { LONG } = await import('./shared.mjs');
      desk.terminal('again', { more: { resume: true, session }, change: change(desk) });
      await desk.give(`again ${LONG}`, LONG_TIME);
      const again = await until('it goes on', () => desk.requests.find(({ user_length }) => user_length >= LONG.length), LONG_TIME);
      assert.ok(again.conversation.includes('first'), again.conversation.slice(0, 400));
      assert.ok(again.user.endsWith(LONG.slice(-100)), again.user.slice(-200));
      assert.ok(again.tools.includes('office_task_done'), String(again.tools));
    },
  },
  {
    name: 'starts without fetching anything: its plugin needs no package',
    script: { default: { text: 'hello' } },
    async run(desk) {
      desk.terminal('take this task', { change: change(desk) });
      await until('its prompt arrives', () => desk.requests.some(({ user }) => user.includes('take this task')), LONG_TIME);
      assert.equal(existsSync(join(desk.run, 'config/opencode/node_modules/@opencode-ai')), false);
      assert.match(readFileSync(join(desk.run, 'config/opencode/package.json'), 'utf8'), /"\*"/);
    },
  },
];
