// The owner says one sentence to a coordinator of a real office, a real Claude Code: it plans four linked drafts with its tools, they
// are accepted as a whole, worked at a desk and merged. Only the model is a script.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../lib/desk.mjs';
import { Office } from './office.mjs';

const step = (n, after, kind = 'build') => ({
  title: `Write step ${n} of rounding into step-${n}.txt`,
  body: 'Half up, as the law says.',
  checks: [`test -s step-${n}.txt${after.map((it) => ` && test -s step-${it + 1}.txt`).join('')}`],
  role: 'engineer',
  kind,
  after,
  estimate_mins: 5 * n,
});

const plans = {
  scenes: [
    {
      match: 'You have mail in the office: a message from the owner',
      steps: [
        { tool: 'mcp__office__mail_inbox', input: {} },
        { tool: 'mcp__office__plan_create', input: { title: 'Prices are rounded as the law says', words: 'German first.', drafts: [step(1, []), step(2, [0]), step(3, [0]), step(4, [1, 2], 'test')] } },
        { tool: 'mcp__office__mail_send', input: { text: 'Four steps; the French shop is left out.', answers: 1 } },
        { text: 'Planned.' },
      ],
    },
  ],
  default: { text: 'ok' },
};

/** What a worker of few words does at each task. */
const WORK = 'echo rounded > step-$OFFICE_TASK.txt\noffice task done --summary rounded\n';

export const rows = [
  {
    name: 'in a real office: one sentence to a coordinator becomes four linked drafts, which are accepted, worked and merged',
    async run() {
      const office = await Office.open('talk', plans);
      try {
        await office.say('project', 'add', office.shop);
        await office.say('project', 'set', 'shop', '--accept', 'green');
        await office.say('desk', 'add', '--name', 'lee', '--role', 'coordinator', '--engine', 'claude');
        writeFileSync(join(office.shop, 'work.sh'), WORK);
        office.git('add', '.');
        office.git('commit', '--quiet', '-m', 'Say how work is done');
        await office.say('desk', 'add', '--name', 'hand', '--role', 'engineer', '--engine', 'custom', '--command', 'sh work.sh');
        await office.say('talk', 'Round prices as the law says, in the marzipan shop');
        const plan = await until('it plans', async () => (await office.ask('plan', 'list')).flat()[0], 90);
        assert.deepEqual([plan.state, plan.by.kind, plan.thread, plan.drafts.map(({ estimate_mins }) => estimate_mins)], ['proposed', 'agent', 1, [5, 10, 15, 20]]);
        const tasks = async () => (await office.ask('task', 'list')).flat();
        const drafts = await tasks();
        assert.deepEqual(drafts.map(({ state, depends_on, role }) => [state, depends_on, role]), [['draft', [], 'engineer'], ['draft', [1], 'engineer'], ['draft', [1], 'engineer'], ['draft', [2, 3], 'engineer']]);
        const linted = (await office.ask('task', 'lint')).flat();
        assert.deepEqual(linted.flatMap(({ flaws }) => flaws), [], 'they can be worked on as they are written');
        const answered = await until('it answers', async () => (await office.ask('talk')).flat().find(({ from }) => from.kind === 'agent'), 60);
        assert.match(answered.text, /French shop is left out/);
        await office.say('plan', 'accept', String(plan.id));
        await until('all of it is merged', async () => (await tasks()).every(({ state }) => state === 'done'), 120);
        for (const n of [1, 2, 3, 4]) assert.equal(office.git('show', `main:step-${n}.txt`).toString(), 'rounded\n');
        const events = (await office.ask('events')).filter(({ event }) => event);
        const accepted = events.filter(({ event }) => event.noun === 'plan' && event.type === 'accepted');
        assert.equal(accepted.length, 1);
        assert.equal(events.filter(({ event, cause }) => event.type === 'released' && cause === accepted[0].cause).length, 4);
        const begun = events.findIndex(({ event }) => event.noun === 'task' && event.type === 'started');
        assert.ok(begun > events.indexOf(accepted[0]), 'something of it ran before it was accepted');
        const heard = office.model.state.requests.filter(({ conversation }) => conversation.includes('Plan 1 waits for the owner'));
        assert.ok(heard.length > 0, 'what came of its tool did not reach the model');
      } finally {
        await office.close();
      }
    },
  },
];
