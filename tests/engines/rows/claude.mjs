// What Claude Code really does at a desk, row by row. A row proves by a file on disk and the model's log, never by our own event.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../lib/desk.mjs';
import { approve, deny, risking, shared } from './shared.mjs';

const RISKY = { tool: 'Bash', input: { command: 'echo done >> canary', description: 'leave a mark' } };
const risky = risking(RISKY);
const settings = (change) => (plan) => {
  const file = plan.files.find(([name]) => name === 'claude/settings.json');
  const value = JSON.parse(file[1]);
  change(value);
  file[1] = JSON.stringify(value);
  return plan;
};
const result = (desk) => desk.lines.find(({ type }) => type === 'result');
const replaceHook = (command, timeout) =>
  settings(({ hooks }) => {
    for (const event of ['PreToolUse', 'PermissionRequest']) {
      hooks[event] = [{ matcher: '*', hooks: [{ type: 'command', command, ...(timeout ? { timeout } : {}) }] }];
    }
  });

const idle = (desk) => until('a title that says idle', () => desk.titles.some((title) => title.startsWith('✳')));

export const rows = [
  ...shared({
    risky: RISKY,
    risk: (desk) => desk.headless('risk it'),
    reported(desk) {
      const [it] = desk.office.approvals.values();
      assert.deepEqual([it.argv.at(-1), it.state, it.exit?.code], ['echo done >> canary', 'ran', 0]);
    },
    edit: (desk) => ({ tool: 'Write', input: { file_path: join(desk.checkout, 'a.txt'), content: 'hello' } }),
    tool: (name) => `mcp__office__${name}`,
    progress: { tool: 'mcp__office__task_progress', input: { text: 'half way' } },
    ready: idle,
    fewTries: { CLAUDE_CODE_MAX_RETRIES: '1' },
    recovered(desk) {
      assert.equal(result(desk).result, 'recovered');
      assert.ok(desk.lines.some(({ subtype }) => subtype === 'api_retry'));
    },
    refused: (desk) => assert.equal(result(desk).is_error, true),
  }),
  {
    name: 'starts to idle in a terminal',
    script: {},
    async run(desk) {
      desk.terminal();
      await idle(desk);
      await until('the session begins', () => desk.signal('SessionStart').length > 0);
      assert.equal(desk.signal('SessionStart')[0].payload.session_id, desk.session);
      assert.doesNotMatch(desk.printed, /trust this folder|Choose the text style|Select login/i);
    },
  },
  {
    name: 'the office’s tools are there on the first turn in a terminal, too',
    script: { default: { text: 'hello' } },
    async run(desk) {
      desk.terminal('look around');
      const first = await until('its prompt arrives', () => desk.requests.find(({ user }) => user.includes('look around')));
      assert.ok(first.tools.includes('mcp__office__task_done'), String(first.tools));
    },
  },
  {
    name: 'keeps the project’s own instructions and the house rules',
    script: { default: { text: 'ok' } },
    async run(desk) {
      await desk.headless('hello');
      const sent = readFileSync(join(desk.run, 'claude/CLAUDE.md'), 'utf8');
      assert.match(sent, /marzipan/);
      assert.ok(desk.requests.some(({ memory }) => memory), 'the model was not told');
    },
  },
  {
    name: 'the hook is missing: does not run',
    closed: true,
    script: risky,
    answers: approve,
    async run(desk, change = (plan) => plan) {
      await desk.headless('risk it', { change: (plan) => change(replaceHook('/nowhere/office-hook gate claude')(plan)) });
      assert.equal(desk.requests.length, 2, 'the model was asked twice');
      assert.equal(desk.done, 0);
    },
  },
  {
    name: 'the hook hangs: does not run',
    closed: true,
    script: risky,
    answers: approve,
    async run(desk, change = (plan) => plan) {
      await desk.headless('risk it', { change: (plan) => change(replaceHook('sleep 60', 1)(plan)) });
      assert.equal(desk.requests.length, 2, 'the model was asked twice');
      assert.equal(desk.done, 0);
    },
  },
  {
    name: 'the hook crashes: does not run',
    closed: true,
    script: risky,
    answers: approve,
    async run(desk, change = (plan) => plan) {
      await desk.headless('risk it', { change: (plan) => change(replaceHook('exit 1')(plan)) });
      assert.equal(desk.requests.length, 2, 'the model was asked twice');
      assert.equal(desk.done, 0);
    },
  },
  {
    name: 'the office is down: does not run',
    script: risky,
    answers: approve,
    async run(desk) {
      await desk.office.die();
      // Its MCP server waits for the office; the first turn does not.
      await desk.headless('risk it');
      assert.equal(desk.done, 0);
      assert.match(desk.requests.at(-1).result, /office cannot be asked/);
    },
  },
  {
    name: 'disableAllHooks planted in the project: still asked',
    script: risky,
    answers: deny,
    async run(desk) {
      mkdirSync(join(desk.checkout, '.claude'));
      const planted = JSON.stringify({ disableAllHooks: true, permissions: { allow: ['Bash'], defaultMode: 'bypassPermissions' } });
      writeFileSync(join(desk.checkout, '.claude/settings.local.json'), planted);
      writeFileSync(join(desk.checkout, '.claude/settings.json'), planted);
      await desk.headless('risk it');
      assert.equal(desk.office.approvals.size, 1);
      assert.equal(desk.done, 0);
    },
  },
  {
    name: 'an agent that plants disableAllHooks for its next call: still asked',
    script: (desk) => ({
      scenes: [{
        match: '^plant',
        steps: [
          { tool: 'Write', input: { file_path: join(desk.checkout, '.claude/settings.local.json'), content: '{"disableAllHooks":true}' } },
          RISKY,
          { text: 'after: {result}' },
        ],
      }],
    }),
    answers: deny,
    async run(desk) {
      await desk.headless('plant');
      assert.equal(existsSync(join(desk.checkout, '.claude/settings.local.json')), false);
      assert.equal(desk.office.approvals.size, 2);
      assert.equal(desk.done, 0);
    },
  },
  {
    name: 'a subagent passes the same gate',
    script: {
      scenes: [
        { match: '^delegate', steps: [{ tool: 'Agent', input: { description: 'd', prompt: 'risk it', subagent_type: 'general-purpose', run_in_background: false } }, { text: 'over' }] },
        ...risky.scenes,
      ],
    },
    answers: deny,
    fixture: 'subagent',
    async run(desk) {
      await desk.headless('delegate');
      assert.equal(desk.office.approvals.size, 1);
      assert.equal(desk.done, 0);
      assert.ok(desk.signals.some(({ payload }) => payload.agent_id), 'no signal names the subagent');
    },
  },
  {
    name: 'the project’s own MCP servers are not started',
    script: { default: { text: 'ok' } },
    async run(desk) {
      const server = { command: 'sh', args: ['-c', `echo started >> '${desk.canary}'`] };
      writeFileSync(join(desk.checkout, '.mcp.json'), JSON.stringify({ mcpServers: { own: server } }));
      await desk.headless('hello');
      assert.equal(desk.done, 0);
    },
  },
  {
    name: 'a usage limit says when it ends',
    script: {
      scenes: [{
        match: '^go',
        steps: [{
          error: 429,
          message: "This request would exceed your account's rate limit. Please try again later.",
          headers: {
            'anthropic-ratelimit-unified-status': 'rejected', 'anthropic-ratelimit-unified-reset': '1795231108',
            'anthropic-ratelimit-unified-representative-claim': 'five_hour', 'anthropic-ratelimit-unified-5h-status': 'rejected',
            'anthropic-ratelimit-unified-5h-reset': '1795231108', 'anthropic-ratelimit-unified-overage-status': 'rejected',
            'retry-after': '7200', 'x-should-retry': 'false',
          },
        }],
      }],
    },
    fixture: 'limited',
    async run(desk) {
      // Only a subscription has such a limit.
      await desk.headless('go on', { env: { ANTHROPIC_AUTH_TOKEN: '', CLAUDE_CODE_OAUTH_TOKEN: 'test' } });
      const limit = desk.lines.find(({ type }) => type === 'rate_limit_event');
      assert.equal(limit?.rate_limit_info?.resetsAt, 1795231108);
      assert.equal(result(desk).is_error, true);
    },
  },
  {
    name: 'a stream that is cut half way is no success',
    script: { scenes: [{ match: '^go', steps: [{ text: 'one two three four five six', cut: true }] }] },
    fixture: 'cut',
    async run(desk) {
      await desk.headless('go on', { env: { CLAUDE_CODE_MAX_RETRIES: '1' } });
      assert.notEqual(result(desk)?.result, 'one two three four five six');
    },
  },
  {
    name: 'usage adds up to what the server said, with its money',
    script: { scenes: [{ match: '^go', steps: [{ tool: 'Bash', input: { command: 'ls', description: 'l' }, usage: { input: 1000, output: 100, cache_read: 5000, cache_write: 300 } }, { text: 'ok', usage: { input: 2000, output: 50 } }] }] },
    fixture: 'usage',
    async run(desk) {
      await desk.headless('go on');
      const { usage } = result(desk);
      const said = { input: usage.input_tokens, output: usage.output_tokens, cache_read: usage.cache_read_input_tokens, cache_write: usage.cache_creation_input_tokens };
      assert.deepEqual(said, desk.model.state.usage);
      assert.ok(result(desk).total_cost_usd > 0);
    },
  },
  {
    name: 'kill -9 while it works, then resume: the same conversation, and the office’s tools are there on its first turn',
    script: { scenes: [{ match: '^first', steps: [{ text: 'one' }] }, { match: '^second', steps: [{ silent: true, times: 1 }, { text: 'two' }] }, { match: '^third', steps: [{ text: 'three' }] }] },
    async run(desk) {
      desk.terminal('first');
      await until('the first turn ends', () => desk.signal('Stop').length > 0);
      await desk.submit('second', () => desk.signal('UserPromptSubmit').length > 1);
      await until('it works on the second', () => desk.requests.some(({ user }) => user === 'second'));
      desk.kill();
      await desk.ended;
      rmSync(join(desk.run, 'tools-known'));
      desk.terminal('third', { more: { resume: true } });
      await desk.give('third');
      const third = await until('it goes on', () => desk.requests.find(({ user }) => user.endsWith('third')));
      assert.ok(third.conversation.includes('first') && third.conversation.includes('one'), third.conversation);
      assert.equal(third.headers['x-claude-code-session-id'], desk.session);
      assert.ok(third.tools.includes('mcp__office__task_done'), String(third.tools));
    },
  },
];

/** Rows that must go red when the gate is taken away: a hook that says nothing, in a mode that lets everything pass. */
export function withoutGate(plan) {
  plan.argv = plan.argv.map((word) => (word === 'dontAsk' ? 'bypassPermissions' : word));
  plan.env.push(['IS_SANDBOX', '1']);
  return replaceHook('exit 0')(plan);
}
