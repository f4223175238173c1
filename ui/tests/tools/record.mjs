// Records a real office at work into tests/fixtures/: what the door pushed (office.jsonl), what it answered when asked
// (answers.json), everything that was so at the end (office.end.json), and a few commands after it (deeds.json). Run by hand when the wire changes:
//   cargo build -p office-cli && node ui/tests/tools/record.mjs
// Not here: playing it back (src/host/replay.ts).

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { knock, pause, until } from './door.mjs';
import { BY_HAND, DEFAULTS, FILES, TEAM, WORK } from './shift.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '../../..');
const OFFICE = process.env.OFFICE_BIN ?? join(ROOT, 'target/debug/office');
const OUT = process.env.RECORD_INTO ?? resolve(HERE, '../fixtures');

const here = mkdtempSync(join(tmpdir(), 'shift-'));
const dir = join(here, 'office');
const env = { PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: here, OFFICE_DIR: dir };

function repository(name) {
  const path = join(here, name);
  for (const [file, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text, { mode: file.endsWith('.sh') ? 0o755 : 0o644 });
  }
  const git = (...args) => execFileSync('git', args, { cwd: path, env });
  git('init', '-q', '-b', 'main');
  git('config', 'user.name', 'Olive Owner');
  git('config', 'user.email', 'olive@example.org');
  git('add', '.');
  git('commit', '-q', '-m', 'A ledger with invoices');
  return path;
}

/** The night took seconds; on the strip it is to look like one. Every moment is moved alike, so nothing contradicts another. */
const DUSK = Date.parse('2026-03-01T22:40:00.000Z');
const STRETCH = 2700;
let began = Infinity;
function stretched(json) {
  const moment = /"(\d{4}-\d\d-\d\dT[\d:.]+Z)"/g;
  if (began === Infinity) for (const [, at] of json.matchAll(moment)) began = Math.min(began, Date.parse(at));
  return json.replace(moment, (_, at) => `"${new Date(DUSK + (Date.parse(at) - began) * STRETCH).toISOString()}"`);
}

async function main() {
  execFileSync(OFFICE, ['init'], { env });
  // The office's own facts come with every push: short briefs keep the recording small.
  mkdirSync(join(dir, 'roles'), { recursive: true });
  for (const role of ['docs-writer', 'engineer', 'refactorer', 'researcher', 'test-writer'])
    writeFileSync(join(dir, `roles/${role}.md`), `---\ntitle: ${role}\nengines: [shell]\n---\nBe brief.\n`);
  const runtime = spawn(OFFICE, ['run'], { env, stdio: 'ignore' });
  const socket = join(dir, 'door.sock');
  await until('the door opens', () => existsSync(socket));
  const door = await until('the office answers', () => knock(socket).catch(() => null));
  const { answer: lines, end } = await shift(door, repository('ledger-api'));
  await door.ask({ ask: 'stop_all' });
  await door.ask({ ask: 'quit' });
  door.close();
  await new Promise((gone) => (runtime.exitCode === null ? runtime.once('exit', gone) : gone()));
  mkdirSync(OUT, { recursive: true });
  const text = (value) => stretched(JSON.stringify(value).replaceAll(here, '/tmp/shift'));
  text(lines);
  writeFileSync(join(OUT, 'office.jsonl'), lines.map((line) => `${text(line)}\n`).join(''));
  writeFileSync(join(OUT, 'office.end.json'), `${text(end.snapshot)}\n`);
  writeFileSync(join(OUT, 'deeds.json'), `${text(end.deeds)}\n`);
  writeFileSync(join(OUT, 'answers.json'), `${text(end.answers)}\n`);
}

/** One night at the office: hired, written, worked, checked, merged, failed, blocked and sent back. */
async function shift(door, path) {
  let sent = 0;
  const command = async (body) => (await door.ask({ ask: 'submit', command_id: `shift-${++sent}`, body })).value;
  const task = (doing, more) => command({ noun: 'task', do: doing, ...more });
  const reach = (id, ...states) =>
    until(`task ${id} is ${states}`, async () => states.includes((await door.ask({ ask: 'task', task: id })).value.state));
  const lines = [{ greeting: door.greeting }];
  const first = await door.ask({ ask: 'snapshot' });
  lines.push({ snapshot: { seq: first.seq ?? first.value.seq, nouns: first.nouns ?? first.value.nouns } });
  door.listen((push) => lines.push({ push }));
  await door.ask({ ask: 'subscribe', since: lines[1].snapshot.seq });

  const project = (await door.ask({ ask: 'add_project', path, name: 'ledger-api', base: null })).value.id;
  const desks = {};
  for (const { name, role, auto } of TEAM)
    desks[name] = (await command({ noun: 'desk', do: 'add', name, role, project: null, engine: null, command: null, auto })).id;
  const ids = {};
  const add = async (key) => {
    const { after = [], checks = [], ...rest } = WORK[key];
    const made = { project, depends_on: after.map((dep) => ids[dep]), checks: checks.map((run) => ({ name: run, run })), ...rest };
    ids[key] = (await task('add', { new: made })).id;
    return ids[key];
  };
  const give = async (key, name) => task('assign', { task: await add(key), desk: desks[name] });

  // Three that are merged, one after being sent back.
  for (const [key, name] of [['errors', 'Mara'], ['totals', 'Otto'], ['matrix', 'Tomas']]) await give(key, name);
  for (const key of ['errors', 'totals', 'matrix']) await reach(ids[key], 'in review');
  await task('reject', { task: ids.totals, note: 'Say in the comment why the cache is emptied.' });
  await task('assign', { task: ids.totals, desk: desks.Otto });
  for (const key of ['errors', 'matrix']) await door.ask({ ask: 'accept', task: ids[key] });
  await reach(ids.totals, 'in review');
  await door.ask({ ask: 'accept', task: ids.totals });

  // The night as it stands: one works, one is checked, one failed, one asks, one is paused, two wait for review.
  await give('idempotency', 'Mara');
  await give('rounding', 'Kofi');
  await give('release', 'Ines');
  await give('headers', 'Tomas');
  await give('receipts', 'Lena');
  await reach(ids.rounding, 'failed');
  await reach(ids.release, 'blocked');
  await reach(ids.headers, 'in review');
  await reach(ids.receipts, 'in review');
  await command({ noun: 'desk', do: 'pause', desk: desks.Lena });
  await give('migration', 'Otto');
  await reach(ids.migration, 'checking');
  for (const key of ['pagination', 'audit', 'webhook', 'driver', 'tokens', 'limits']) await add(key);
  await task('assign', { task: ids.webhook, desk: desks.Mara });
  await reach(ids.idempotency, 'running');
  await until('Mara says how far it is', async () => (await door.ask({ ask: 'task', task: ids.idempotency })).value.progress);

  const answers = [];
  const keep = async (ask) => answers.push({ ask, answer: await door.ask(ask) });
  for (const id of Object.values(ids)) {
    const { state } = (await door.ask({ ask: 'task', task: id })).value;
    if (['in review', 'done', 'failed', 'blocked', 'checking'].includes(state)) await keep({ ask: 'diff', task: id, stat: false }).catch(() => {});
    if (state !== 'ready' && state !== 'queued' && state !== 'draft') await keep({ ask: 'log', task: id, run: null }).catch(() => {});
  }
  await keep({ ask: 'status' });
  await keep({ ask: 'search', query: 'invoices', limit: 20 });
  await keep({ ask: 'doctor' });
  await pause(300);
  const last = await door.ask({ ask: 'snapshot' });
  const heard = lines.at(-1).push.envelope.seq;
  const seq = last.seq ?? last.value.seq;
  if (heard !== seq) throw new Error(`heard up to ${heard}, the office is at ${seq}`);
  // What a test does by hand, each with what came of it; played back in any order.
  const recorded = lines.length;
  const deeds = [];
  const deed = async (body, settled) => {
    const from = lines.length;
    const answer = await door.ask({ ask: 'submit', command_id: `deed-${deeds.length}`, body });
    await settled(answer.value);
    await pause(200);
    deeds.push({ body, answer, pushes: lines.slice(from).map((line) => line.push) });
    return answer.value;
  };
  const at = (state) => (noun) => reach(noun.id, state);
  const asked = async () => until('a command is held', async () => (await door.ask({ ask: 'approvals', all: false })).value[0]);
  await deed({ noun: 'task', do: 'assign', task: ids.audit, desk: desks.Juno }, at('running'));
  await deed({ noun: 'task', do: 'move', task: ids.pagination, other: ids.tokens, after: true }, at('ready'));
  await deed({ noun: 'task', do: 'accept', task: ids.headers }, at('done'));
  await deed({ noun: 'task', do: 'unassign', task: ids.webhook }, at('ready'));
  await deed({ noun: 'task', do: 'edit', task: ids.driver, edit: { priority: 'normal' } }, at('ready'));
  await deed({ noun: 'task', do: 'release', task: ids.limits }, at('ready'));
  await deed({ noun: 'task', do: 'reject', task: ids.receipts, note: 'Name the tokens in the README.' }, at('ready'));
  await deed({ noun: 'desk', do: 'add', name: 'Nell', role: 'test-writer', project: null, engine: null, command: null, auto: false }, () => {});
  const { id: hello } = await deed({ noun: 'task', do: 'add', new: { ...DEFAULTS, project, ...BY_HAND.hello } }, at('ready'));
  await deed({ noun: 'task', do: 'assign', task: hello, desk: desks.Ines }, at('in review'));
  await keep({ ask: 'diff', task: hello, stat: false });
  await deed({ noun: 'task', do: 'accept', task: hello }, at('done'));
  const { id: publish } = await deed({ noun: 'task', do: 'add', new: { ...DEFAULTS, project, ...BY_HAND.publish } }, at('ready'));
  await deed({ noun: 'task', do: 'assign', task: publish, desk: desks.Ines }, asked);
  const held = await asked();
  await deed({ noun: 'approval', do: 'approve', approval: held.id, note: null }, () => reach(publish, 'in review'));
  return { answer: lines.slice(0, recorded), end: { deeds, snapshot: { seq, nouns: last.nouns ?? last.value.nouns }, answers } };
}

try {
  await main();
} finally {
  rmSync(here, { recursive: true, force: true });
}
