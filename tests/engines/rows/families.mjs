// Each family of risk at a sandboxed desk, with a real engine: held by its rule, approved or denied, and what came of it is looked for
// on the disk, in a bare remote and in a registry. What one engine's row approves the other's denies. A push and a package are brought
// there by the office itself, with keys that no desk has, over kill -9. Only the model is a script.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from '../lib/desk.mjs';
import { pointed } from './inside.mjs';
import { Office, approval } from './office.mjs';

/** Family, what is done, the rule that holds it, and who approves it: `c` Claude Code's row, `x` Codex's. */
const FAMILIES = [
  ['destructive', 'rm -rf old', 'delete.folder', 'c'],
  ['spend', 'stripe charges create --amount 5', 'spend', 'x'],
  ['scope', "mkdir -p .github/workflows && echo 'on: push' >> .github/workflows/ci.yml", 'write.ci', 'c'],
  ['network', 'curl -s -m 3 https://example.org', 'reach.public', 'x'],
  ['system', 'crontab -l', 'services', 'x'],
  ['git-history', 'git update-ref -d refs/heads/side', 'git.history', 'c'],
  ['dependency', 'cargo add left-pad', 'dependency.add', 'x'],
  ['secrets', 'kubectl get -f x.yaml -o yaml', 'cluster.file', 'x'],
  ['human-facing', 'gh pr create -t x -b y', 'gh', 'c'],
];

/** How each engine is spoken to. */
const ENGINES = {
  claude: { key: 'c', run: (command) => ({ tool: 'Bash', input: { command, description: 'go on' } }), done: { tool: 'mcp__office__task_done', input: { summary: 'Shipped.' } } },
  codex: { key: 'x', run: (cmd) => ({ tool: 'exec_command', input: { cmd } }), done: { tool: 'task_done', namespace: 'mcp__office', input: { summary: 'Shipped.' } } },
};

const script = ({ run, done }) => [
  run('mkdir old && echo 1 > old/a.txt && echo \'{"name":"shop","version":"1.0.0","files":["old"]}\' > package.json && git add -A && git commit -qm "Add old" && git branch side'),
  run('cat .env'),
  run('git commit -qm x --allow-empty && git push origin HEAD:shipped'),
  run('git push origin HEAD:shipped'),
  ...FAMILIES.map(([family, command]) => run(`${command}; echo ran >> ran-${family}.log`)),
  run('npm publish'),
  run('git push origin HEAD:never'),
  done,
  { text: 'It is done.' },
];

/** A remote that is reached with the owner's key alone, by way of a program that stands in for ssh. */
function remote(office) {
  const bare = join(office.top, 'bare.git');
  const git = (...words) => execFileSync('git', words, { env: office.env }).toString().trim();
  git('init', '--quiet', '--bare', bare);
  git('-C', bare, 'config', 'core.logAllRefUpdates', 'always');
  mkdirSync(join(office.top, 'keys'));
  writeFileSync(join(office.top, 'keys/key'), 'marzipan key');
  const ssh = join(office.top, 'ssh.sh');
  writeFileSync(ssh, `#!/bin/sh\ncat '${join(office.top, 'keys/key')}' > '${join(office.top, 'used')}' || exit 255\nshift\nexec sh -c "$1"\n`);
  chmodSync(ssh, 0o755);
  office.git('remote', 'add', 'origin', `git@far.example:${bare}`);
  office.git('config', 'core.sshCommand', `'${ssh}'`);
  office.git('config', 'ssh.variant', 'simple');
  const log = (name) => join(bare, 'logs/refs/heads', name);
  return { git, bare, arrivals: (name) => (existsSync(log(name)) ? readFileSync(log(name), 'utf8').trim().split('\n').length : 0) };
}

/** The owner's registry, and what was brought there. */
async function registry(office) {
  const brought = [];
  const server = createServer((request, answer) => {
    const parts = [];
    request.on('data', (part) => parts.push(part)).on('end', () => {
      const is = request.method === 'PUT';
      if (is) brought.push({ path: request.url, key: request.headers.authorization, said: JSON.parse(Buffer.concat(parts)) });
      answer.writeHead(is ? 201 : 404, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  writeFileSync(join(office.env.HOME, '.npmrc'), `registry=http://127.0.0.1:${port}/\n//127.0.0.1:${port}/:_authToken=nutmeg-key\n`);
  return { brought, end: () => server.close() };
}

async function families(engine, made) {
  const speaks = ENGINES[engine];
  const office = await Office.open(`families-${engine}`, { scenes: [{ match: 'Ship it', steps: script(speaks) }] }, () => {}, made);
  const shelf = await registry(office);
  try {
    const far = remote(office);
    await office.say('project', 'add', office.shop);
    await office.say('project', 'set', 'shop', '--sandbox', 'required');
    await office.say('desk', 'add', '--name', 'ada', '--role', 'engineer', '--engine', engine);
    const [task] = await office.ask('task', 'add', 'Ship it');
    const place = async () => (await office.ask('task', 'show', String(task.id)))[0].workplace.path;
    const held = async (rule) => {
      const it = await until(`something is held by ${rule}`, () => approval(office), 60);
      assert.equal(it.ruling.rule, rule, JSON.stringify(it));
      return it;
    };
    // A push among other things was sent back at once, with the advice to push alone; nobody was asked.
    const push = await held('git.push');
    assert.equal(push.id, 1);
    assert.match(push.deed.says, /commit [0-9a-f]{10} “Add old” \(1 commit since/);
    const checkout = await place();
    await office.die();
    await office.start();
    assert.equal(far.arrivals('shipped'), 0);
    await office.say('approval', 'approve', '1', '--seen', push.hash);
    for (const [family, , rule, key] of FAMILIES) {
      const it = await held(rule);
      assert.equal(it.ruling.category, family);
      const approves = key === speaks.key;
      await office.say('approval', approves ? 'approve' : 'deny', String(it.id), '--note', `${family} tonight`);
    }
    const release = await held('publish');
    assert.deepEqual(release.deed.does.files.map(({ path }) => path), ['old/a.txt', 'package.json'].filter((path) => path !== 'old/a.txt' || speaks.key !== 'c'), JSON.stringify(release));
    await office.die();
    await office.start();
    assert.equal(shelf.brought.length, 0, 'nothing is published before it is approved');
    if (speaks.key === 'c') await office.say('approval', 'approve', String(release.id), '--seen', release.hash);
    else await office.say('approval', 'deny', String(release.id), '--note', 'not this week');
    const last = await held('git.push');
    await office.say('approval', 'deny', String(last.id), '--note', 'once is enough');
    await until('it waits for review', async () => (await office.ask('task', 'show', String(task.id)))[0].state === 'in review', 60);
    assert.deepEqual([far.arrivals('shipped'), far.arrivals('never')], [1, 0]);
    assert.equal(far.git('-C', far.bare, 'rev-parse', 'shipped'), push.deed.does.commit);
    assert.equal(readFileSync(join(office.top, 'used'), 'utf8'), 'marzipan key');
    const [published] = shelf.brought;
    assert.equal(shelf.brought.length, speaks.key === 'c' ? 1 : 0);
    if (published) assert.deepEqual([published.path, published.key, Object.keys(published.said.versions)], ['/shop', 'Bearer nutmeg-key', ['1.0.0']]);
    for (const [family, , , key] of FAMILIES) {
      const ran = existsSync(join(checkout, `ran-${family}.log`)) ? readFileSync(join(checkout, `ran-${family}.log`), 'utf8') : '';
      assert.equal(ran, key === speaks.key ? 'ran\n' : '', family);
    }
    assert.equal(existsSync(join(checkout, 'old')), speaks.key !== 'c');
    assert.equal(existsSync(join(checkout, '.git/refs/heads/side')), speaks.key !== 'c');
    const told = office.model.state.requests.map(({ result }) => result ?? '').join('\n');
    for (const words of [/the office did it itself, once/, /exit code 0/, /\[new branch\]/, /command of its own/, /keys, tokens or passwords/, /once is enough/]) assert.match(told, words);
    assert.match(told, speaks.key === 'c' ? /\+ shop@1\.0\.0/ : /not this week/);
    assert.doesNotMatch(readFileSync(join(office.top, 'model.jsonl'), 'utf8'), /marzipan key|nutmeg-key/);
  } finally {
    shelf.end();
    await office.close();
  }
}

/** Nobody answers: its task is parked, the runtime is killed, and the morning's yes is made once, by the office. */
async function overnight(engine, made) {
  const speaks = ENGINES[engine];
  const commit = speaks.run('echo late > late.txt && git add late.txt && git commit -qm x');
  const ask = speaks.run('git push origin HEAD:late');
  const scenes = [
    { match: 'do exactly that again', steps: [ask, speaks.done, { text: 'It is done.' }] },
    { match: 'Ship it', steps: [commit, ask, { text: 'Until tomorrow.' }] },
  ];
  const office = await Office.open(`overnight-${engine}`, { scenes }, () => {}, made);
  try {
    const far = remote(office);
    await office.say('unattended', '--park-after', '1');
    await office.say('project', 'add', office.shop);
    await office.say('project', 'set', 'shop', '--sandbox', 'required');
    await office.say('desk', 'add', '--name', 'ada', '--role', 'engineer', '--engine', engine);
    const [task] = await office.ask('task', 'add', 'Ship it');
    const state = async () => (await office.ask('task', 'show', String(task.id)))[0].state;
    await until('its task is parked', async () => (await state()) === 'parked', 120);
    await office.die();
    await office.start();
    const held = await approval(office);
    assert.equal(held.deed.does.branch, 'late', JSON.stringify(held));
    assert.equal(far.arrivals('late'), 0, 'time never approves');
    await office.say('approval', 'approve', String(held.id));
    await until('it waits for review', async () => (await state()) === 'in review', 60);
    assert.equal(far.arrivals('late'), 1);
    assert.equal(far.git('-C', far.bare, 'rev-parse', 'late'), held.deed.does.commit);
    assert.equal((await office.ask('approval', 'list', '--all')).flat().length, 1, 'it was looked up, not asked a second time');
  } finally {
    await office.close();
  }
}

const MADE = { claude: undefined, codex: pointed };

export const rows = Object.entries(MADE).flatMap(([engine, made]) => [
  { engine, name: 'in a real office, in its sandbox: each family of risk is held by its rule, approved and done once, or denied and not done', run: () => families(engine, made) },
  { engine, name: 'in a real office, in its sandbox: a push that nobody answers is parked, and made once in the morning', long: true, run: () => overnight(engine, made) },
]);
