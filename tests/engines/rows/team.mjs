// Agents of a real office that write to one another: a real Claude Code that rests is woken by a mail, reads it with its tools
// and answers. Only the model is a script.

import assert from 'node:assert/strict';
import { until } from '../lib/desk.mjs';
import { Office } from './office.mjs';

const answers = {
  scenes: [
    {
      match: 'You have mail in the office',
      steps: [
        { tool: 'mcp__office__mail_inbox', input: {} },
        { tool: 'mcp__office__mail_send', input: { text: 'port 8080', answers: 1 } },
        { text: 'Answered.' },
      ],
    },
  ],
  default: { text: 'ok' },
};

export const rows = [
  {
    name: 'in a real office: an agent that rests is woken by a mail, reads it with its tools and answers',
    async run() {
      const office = await Office.open('mail', answers);
      try {
        await office.say('project', 'add', office.shop);
        await office.say('desk', 'add', '--name', 'ada', '--role', 'engineer', '--engine', 'claude');
        await office.say('mail', 'send', 'ada', 'Which port?', '--kind', 'question', '--text', 'for the marzipan server');
        await office.say('desk', 'open', 'ada');
        const answered = await until('it answers', async () => (await office.ask('mail', 'thread', '1')).flat().find(({ kind }) => kind === 'answer'), 60);
        assert.deepEqual([answered.text, answered.to.kind, answered.from.kind], ['port 8080', 'owner', 'agent']);
        const [asked] = await office.ask('mail', 'show', '1');
        assert.equal(asked.state, 'acted');
        const heard = office.model.state.requests.filter(({ conversation }) => conversation.includes('for the marzipan server'));
        assert.ok(heard.length > 0, 'the words of the mail did not reach the model');
        const woken = office.model.state.requests.findLast(({ conversation }) => conversation.includes('You have mail'));
        assert.equal(woken.conversation.split('You have mail in the office').length, 2, 'it was woken once');
      } finally {
        await office.close();
      }
    },
  },
];
