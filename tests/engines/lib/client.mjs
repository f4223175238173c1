// The agent of rows/client.mjs: a program at a real desk that speaks with `office mcp` by the SDK of the protocol's own authors. It does
// what its task's title says, and leaves what it saw in its checkout. Nothing is judged here.

import { renameSync, writeFileSync } from 'node:fs';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const seen = { tools: [], bad: [], good: [] };
/** Whole when it is seen. */
const keep = () => {
  writeFileSync('seen.new', JSON.stringify(seen));
  renameSync('seen.new', 'seen.json');
};

const client = new Client({ name: 'not-ours', version: '1.0.0' });
const transport = new StdioClientTransport({ command: 'office', args: ['mcp'], env: process.env });
await client.connect(transport);
seen.server = client.getServerVersion();
seen.can = client.getServerCapabilities();
seen.told = client.getInstructions();

/** A call; what came of it, as the protocol says it. */
async function call(name, args) {
  try {
    const { isError = false, content } = await client.callTool({ name, arguments: args }, undefined, { timeout: 60_000 });
    return { name, args, isError, text: content.map(({ text }) => text).join('\n') };
  } catch (error) {
    // The protocol's own error: its code says whose fault it is.
    return { name, args, isError: true, code: error.code ?? null, text: String(error.message) };
  }
}
const good = async (name, args = {}) => {
  const said = await call(name, args);
  seen.good.push(said);
  keep();
  return said;
};

const { title } = JSON.parse((await call('task_current', {})).text.split('\n(')[0]);
const { tools } = await client.listTools();
seen.tools = tools;
seen.title = title;

/** Arguments that no schema lets through: too little, too much, of another kind. */
function spoiled({ inputSchema }) {
  const properties = Object.entries(inputSchema.properties ?? {});
  const wrong = { string: 7, integer: 'many', number: 'many', boolean: 'perhaps', array: 'one', object: 'one' };
  const of = (schema) => wrong[[schema.type].flat().find((type) => type !== 'null')] ?? 7;
  // What takes nothing looks at nothing.
  if (properties.length === 0) return [];
  const sets = [{ nonsense: 1 }];
  if ((inputSchema.required ?? []).length > 0) sets.push({});
  sets.push(Object.fromEntries(properties.map(([name, schema]) => [name, of(schema)])));
  return sets;
}

if (title === 'Everything') {
  for (const tool of tools) for (const args of spoiled(tool)) seen.bad.push(await call(tool.name, args));
  seen.bad.push(await call('no_such_tool', {}));
  keep();
  await good('task_current');
  await good('task_progress', { text: 'half way' });
  await good('desk_list');
  const sent = await good('mail_send', { to: 'owner', subject: 'Which port?', text: 'for the server', key: 'port' });
  seen.again = await call('mail_send', { to: 'owner', subject: 'Which port?', text: 'for the server', key: 'port' });
  seen.same = sent.text.split(' is ')[0] === seen.again.text.split(' is ')[0];
  seen.stranger = await call('mail_send', { to: 'nobody-here', subject: 'x', text: 'x' });
  await good('mail_inbox');
  seen.unknownMail = await call('mail_ack', { mails: [4711] });
  const { mail } = JSON.parse(seen.good.at(-1).text)[0] ?? {};
  await good('mail_ack', { mails: [mail] });
  const kept = await good('memory_add', { title: 'The port of the server', text: 'The server listens on 8080.', kind: 'fact', tags: ['ports'] });
  await good('memory_search', { query: 'which port does the server listen on' });
  seen.secret = await call('memory_add', { title: 'How to log in', text: `password = ${'hunter'}${'2-Xk9fQ7vLm3'}` });
  await good('memory_refute', { note: Number(/note (\d+)/.exec(kept.text)?.[1]), evidence: 'curl answers on 80' });
  seen.noReview = await call('task_verdict', { verdict: 'approve', words: 'mine' });
  seen.noVerdict = await call('task_verdict', { verdict: 'splendid', words: 'mine' });
  seen.noPlan = await call('plan_accept', { plan: 4711 });
  await good('ask_approval', { action: 'spend 3 Euro', why: 'a font' });
  await good('task_done', { summary: 'All tools were called.' });
  seen.late = await call('task_progress', { text: 'too late' });
} else if (title === 'Ask') {
  await good('ask_owner', { question: 'Which port?', options: ['80', '8080'], done_so_far: 'looked' });
} else if (title === 'Blocked') {
  await good('task_blocked', { needs: 'a printer', done_so_far: 'looked' });
} else if (title === 'Plan') {
  const drafts = [{ title: 'Say what there is', body: 'A report on what src holds.', finding: true, role: 'researcher' }];
  const { text } = await good('task_create', { title: 'Sweep the yard', body: 'Both halves of it.', finding: true, role: 'researcher', draft: true, key: 'yard' });
  const yard = Number(/#(\d+)/.exec(text)?.[1]);
  seen.yardAgain = await call('task_create', { title: 'Sweep the yard', finding: true, role: 'researcher', draft: true, key: 'yard' });
  await good('task_split', { task: yard, parts: [{ title: 'The left half', role: 'researcher' }, { title: 'The right half', role: 'researcher', after: [0] }] });
  seen.circle = await call('task_split', { task: yard, parts: [{ title: 'x', after: [1] }, { title: 'y', after: [0] }] });
  await good('task_assign', { task: yard });
  await good('hire_worker', { role: 'docs-writer', name: 'dora' });
  await good('lease_paths', { paths: ['docs/**'] });
  await good('hold_action', { action: 'make restart', until_task: yard, why: 'the yard is not swept' });
  const listed = JSON.parse((await good('task_list', { states: ['blocked'] })).text.split('\n(')[0]);
  await good('task_answer', { task: listed.find((it) => it.title === 'Ask').task, answer: '8080, as the docs say' });
  await good('plan_create', { title: 'All is known', drafts });
  await good('plan_withdraw', { plan: 1 });
  await good('plan_create', { title: 'All is known at last', drafts });
  // The shipped role may not: its reason is what it is told.
  seen.beyond = await call('plan_accept', { plan: 2 });
  keep();
  await good('task_done', { summary: 'Planned.', report: 'See the plan.' });
} else if (!title.startsWith('Review')) {
  // Woken by what is blocked.
  await good('task_done', { summary: 'Looked.', report: 'Its owner has it.' });
} else {
  await good('task_verdict', { verdict: 'approve', words: 'All of it is there.', evidence: 'seen.json' });
}
keep();
await client.close();
