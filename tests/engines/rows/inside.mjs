// A real Codex at a desk of a real office, in the office's own sandbox, where its own is switched off: what is routine goes on, what is
// risky is held by its rule, and what lies outside is not there. Only the model is a script.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, until } from '../lib/desk.mjs';
import { Office, approval } from './office.mjs';

const run = (cmd) => ({ tool: 'exec_command', input: { cmd } });

const steps = (top) => [
  run(`test -e '${join(top, 'shop/CLAUDE.md')}' && echo in-sight || echo out-of-sight; hostname; git status --short`),
  run('mkdir build && rm -rf build'),
  run('echo one > a.txt && git add a.txt && git commit -qm "Add one"'),
  run("mkdir -p .github/workflows && echo 'on: push' >> .github/workflows/ci.yml"),
  run('cargo publish'),
  run(`cat '${join(top, 'home')}/.ssh/id_rsa'`),
  { tool: 'task_done', namespace: 'mcp__office', input: { summary: 'Shipped.' } },
  { text: 'It is done.' },
];

/** The shipped engine file, with a model whose tools a script can call; its calls go where the owner's variable says. */
export function pointed(office) {
  Object.assign(office.env, { OPENAI_BASE_URL: `${office.model.url}/v1`, OPENAI_API_KEY: 'token-nobody-writes-down' });
  const shipped = readFileSync(join(ROOT, 'src-tauri/crates/engines/engines/codex.toml'), 'utf8');
  const scripted = '[[model]]\nname = "scripted"\ncontext = 100000\nprices = { input = 2.0, output = 10.0, cache_read = 0.2, cache_write = 2.0 }\n';
  const text = shipped.replace("text = '''\napproval_policy", `text = '''\nmodel = "scripted"\napproval_policy`).replace('[[model]]', `${scripted}\n[[model]]`);
  mkdirSync(join(office.dir, 'engines'), { recursive: true });
  writeFileSync(join(office.dir, 'engines/codex.toml'), text);
}

export const rows = [
  {
    name: 'in a real office, in its sandbox: routine goes on; what is risky is held by its rule, killed over, and done once; denied, not at all',
    async run() {
      const script = { scenes: [{ match: 'Ship it', steps: [{ text: 'placed later' }] }] };
      const office = await Office.open('inside', script, (top) => (script.scenes[0].steps = steps(top)), pointed);
      try {
        const told = () => office.model.state.requests.map(({ result }) => result ?? '').join('\n');
        mkdirSync(join(office.top, 'home/.ssh'), { recursive: true });
        writeFileSync(join(office.top, 'home/.ssh/id_rsa'), 'marzipan key');
        await office.say('project', 'add', office.shop);
        await office.say('project', 'set', 'shop', '--sandbox', 'required');
        await office.say('desk', 'add', '--name', 'ada', '--role', 'engineer', '--engine', 'codex');
        const [task] = await office.ask('task', 'add', 'Ship it');
        const held = await until('the change of what runs elsewhere is held', () => approval(office), 60);
        assert.equal(held.ruling.rule, 'write.ci', JSON.stringify(held));
        // All before it was routine, and nobody was asked.
        assert.equal(held.id, 1);
        assert.match(told(), /out-of-sight\ndesk\n/);
        await office.die();
        await office.start();
        assert.equal((await approval(office)).id, held.id, 'it outlives kill -9');
        await office.say('approval', 'approve', String(held.id));
        const next = await until('the release is held', () => approval(office), 60);
        assert.equal(next.ruling.rule, 'publish', JSON.stringify(next));
        assert.match(next.ruling.why, /releases something to the world/);
        assert.equal(next.deed?.does?.kind, 'owner', JSON.stringify(next));
        await office.say('approval', 'deny', String(next.id), '--note', 'not tonight');
        await until('it waits for review', async () => (await office.ask('task', 'show', String(task.id)))[0].state === 'in review', 60);
        assert.match(told(), /not tonight/);
        assert.match(told(), /keys, tokens or passwords/);
        assert.doesNotMatch(readFileSync(join(office.top, 'model.jsonl'), 'utf8'), /marzipan key/);
        assert.equal((await office.ask('approval', 'list', '--all')).flat().length, 2, 'nobody was asked besides');
        await office.say('task', 'accept', String(task.id));
        assert.equal(office.git('show', 'main:.github/workflows/ci.yml').toString(), 'on: push\n');
        assert.equal(office.git('show', 'main:a.txt').toString(), 'one\n');
      } finally {
        await office.close();
      }
    },
  },
];
