// A real office whose Claude Code or Codex reaches its model through the meter: what it took to the token, a budget that holds before
// the next call, and a stream that goes on while the runtime is dead.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { until } from '../lib/desk.mjs';
import { pointed } from './inside.mjs';
import { Office } from './office.mjs';

const WORDS = Array.from({ length: 40 }, (_, word) => `word${word}`).join(' ');
const TOKEN = 'token-nobody-writes-down';
const little = { input: 10, output: 1 };

/** What each calls its tools, how it counts (for OpenAI what came from memory is within what was read), and what that comes to. */
const kinds = {
  claude: {
    look: { tool: 'Bash', input: { command: 'ls', description: 'look' } },
    done: { tool: 'mcp__office__task_done', input: { summary: 'Rounded.' } },
    first: { input: 1000, output: 100, cache_read: 5000, cache_write: 300 },
    spent: [6000, 400, 5000, 300],
    made: (office) => Object.assign(office.env, { ANTHROPIC_AUTH_TOKEN: TOKEN }),
  },
  codex: {
    look: { tool: 'exec_command', input: { cmd: 'ls' } },
    done: { tool: 'task_done', namespace: 'mcp__office', input: { summary: 'Rounded.' } },
    first: { input: 6000, output: 100, cache_read: 5000 },
    spent: [6000, 400, 5000, 0],
    made: pointed,
  },
};

/** Three calls of about 6000, 2200 and 3100 tokens; a fourth would be denied at 10,000. The second takes four seconds to be said. Who
 *  goes on looks first, as it was told: Claude Code makes the first call of a resumed conversation before its tools have come back. */
const costly = ({ look, done, first }) => ({
  scenes: [
    { match: 'You were interrupted', steps: [{ ...look, usage: little }, { ...done, usage: little }, { text: 'Done.', usage: little }] },
    {
      match: 'Round prices',
      steps: [
        { ...look, usage: first },
        { ...look, text: WORDS, gap: 0.1, usage: { input: 2000, output: 200 } },
        { ...look, usage: { input: 3000, output: 100 } },
        { text: 'Never said.', usage: { input: 1000, output: 1000 } },
      ],
    },
  ],
  aux: { text: 'aux', usage: { input: 0, output: 0 } },
});

const own = (office) => office.model.state.requests.filter(({ tools }) => tools.length > 0);
const tokens = (spent) => spent && spent.input + spent.output + spent.cache_read + spent.cache_write;

async function journey(office, engine) {
  await office.say('project', 'add', office.shop);
  await office.say('desk', 'add', '--name', 'ada', '--role', 'engineer', '--engine', engine);
  await office.say('budget', 'set', '--desk', 'ada', '--tokens', '10k');
  const [task] = await office.ask('task', 'add', 'Round prices', '--deliverable', 'finding');
  const shown = async () => (await office.ask('task', 'show', String(task.id)))[0];
  await until('the second answer is being said', () => own(office).length === 2, 60);
  await new Promise((done) => setTimeout(done, 500));
  await office.die();
  const third = await until('it goes on without a runtime', () => own(office)[2], 30);
  // Not asked a second time, and heard to its end.
  assert.ok(third.conversation.includes(WORDS), 'the stream broke off with the runtime');
  // The host has started another runtime meanwhile.
  await until('the office is there again', () => office.say('status').then(() => true, () => false), 60);
  const parked = await until('it is parked', async () => {
    const now = await shown();
    return now.state === 'parked' && now;
  }, 60);
  assert.deepEqual([parked.hold.reason, parked.hold.release], ['budget_spent', 'office budget raise --desk ada --tokens 5M']);
  assert.equal(own(office).length, 3, 'the fourth call never left');
  const { spent, enforcement, evidence } = await until('its program has ended', async () => {
    const [now] = await office.ask('desk', 'show', 'ada');
    return now.state === 'paused' && now;
  }, 30);
  assert.equal(enforcement.metering.on, true, enforcement.metering.words);
  assert.deepEqual([spent.input, spent.output, spent.cache_read, spent.cache_write], kinds[engine].spent);
  const money = engine === 'codex' ? 6000 * 2 + 400 * 10 + 5000 * 0.2 : spent.micro_dollars;
  assert.equal(spent.micro_dollars, money);
  assert.equal(evidence, 'the budget of desk ada is spent: `office budget raise --desk ada --tokens 5M`');
  const [[budget]] = await office.ask('budget');
  assert.deepEqual([budget.name, budget.spent.tokens, budget.reached], ['desk ada', tokens(spent), true]);
  const { denied } = JSON.parse(readFileSync(join(office.dir, 'runs/1/meter.json'), 'utf8'));
  assert.match(denied.why, new RegExp(`the budget of desk ada is spent: ${tokens(spent)} of 10000 tokens. \`office budget raise --desk ada --tokens 5M\` raises it`));
  await office.say('budget', 'raise', '--desk', 'ada', '--tokens', '100k');
  await until('it goes on where it was, and is done', async () => ['in review', 'done'].includes((await shown()).state), 60);
  assert.ok(own(office)[3].conversation.includes(WORDS), 'it is the same conversation');
  // All that the office left on the disk: the key is nowhere; what was said, in the agent's own files and its screen's alone.
  // Read once it has ended: while it runs, its index makes files and takes them away.
  await office.end();
  const left = readdirSync(office.dir, { recursive: true, withFileTypes: true }).filter((it) => it.isFile()).map((it) => join(it.parentPath, it.name));
  const holding = (text) => left.filter((file) => readFileSync(file).includes(text)).map((file) => relative(office.dir, file));
  assert.ok(left.length > 20 && holding('Round prices').length > 0, 'something is looked at');
  assert.deepEqual(holding(TOKEN), []);
  assert.deepEqual(holding(WORDS).filter((file) => !/^runs\/\d+\/(claude|codex)\/|^recordings\//.test(file)), []);
}

/** One prompt and its answer, and whatever the program asks in the background. */
const short = { default: { text: 'Hello, Ana.' }, aux: { text: 'aux', usage: { input: 50, output: 5 } } };

async function without(office) {
  await office.say('project', 'add', office.shop);
  await office.say('desk', 'add', '--name', 'ada', '--role', 'engineer', '--engine', 'claude');
  await office.say('budget', 'set', '--money', '1000');
  await office.say('desk', 'open', 'ada');
  await office.say('desk', 'tell', 'ada', 'hello');
  let spent;
  await until('every call is counted, those in the background too', async () => {
    ({ spent } = (await office.ask('desk', 'show', 'ada'))[0]);
    return spent && own(office).length > 0 && Object.entries(office.model.state.all).every(([kind, count]) => spent[kind] === count);
  }, 60).catch((late) => assert.deepEqual(office.model.state.all, spent, late.message));
  const [[budget]] = await office.ask('budget');
  assert.equal(budget.spent.micro_dollars, spent.micro_dollars);
  assert.ok(spent.micro_dollars > 0);
}

const DENIED = 'in a real office: every call is metered, the runtime killed in the middle of one, the call after the budget denied';

const row = ([name, engine, play, script, more]) => ({
  name,
  engine,
  async run() {
    const made = (office) => (kinds[engine].made(office), Object.assign(office.env, more));
    const office = await Office.open(`meter-${engine}-${play.name}`, script, undefined, made);
    try {
      await play(office, engine);
    } finally {
      await office.close();
    }
  },
});

export const rows = [
  [DENIED, 'claude', journey, costly(kinds.claude), {}],
  [DENIED, 'codex', journey, costly(kinds.codex), {}],
  ['in a real office without a sandbox: every call is metered, its money in a budget', 'claude', without, short, { OFFICE_SANDBOX: 'off' }],
].map(row);
