// An office of a few lines: it speaks the door's frames, keeps what it is asked, and answers approvals as a row says. The real
// one is tested elsewhere; here it is the agent CLI that is on trial.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const frame = (value) => {
  const body = Buffer.from(JSON.stringify(value));
  const head = Buffer.alloc(5);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
};

/** As much of the rules as rows need: reads, notes, edits that give no program orders. Everything else is asked. */
function plain({ held, argv: [name, input, line], cwd }) {
  if (held !== 'tool') return ['ls', 'cat', 'pwd', 'head'].includes(name) || (name === 'sh' && line === 'echo hello > a.txt');
  if (name.startsWith('mcp__office__')) return true;
  // OpenCode spells its tools in small letters, and the path of a file in its own way.
  const reads = ['read', 'glob', 'grep', 'agent', 'task', 'todowrite', 'toolsearch', 'spawn_agent'];
  if (!['write', 'edit'].includes(name.toLowerCase())) return reads.includes(name.toLowerCase());
  const { file_path, filePath } = JSON.parse(input);
  const file = file_path ?? filePath ?? '';
  return file.startsWith(`${cwd}/`) && !file.includes('/.');
}

/** Opens the door of an office in `dir`. `answers(approval)` says approved, denied, or nothing yet (held). */
export async function openOffice(dir, answers = () => undefined) {
  mkdirSync(dir, { recursive: true });
  // A socket's path must be short; the office says where it is in a file.
  const short = mkdtempSync(join(tmpdir(), 'office-'));
  writeFileSync(join(dir, 'door'), `${join(short, 'door.sock')}\n`);
  const office = { dir, asks: [], approvals: new Map(), held: new Set(), answers, tokens: [], says: {} };
  const seen = new Map();
  const sockets = new Set();
  const task = {
    id: 12, project: 1, title: 'Round prices', body: 'Round them.', deliverable: 'change', checks: [], priority: 'normal', depends_on: [],
    waiting_for: [], role: null, attempts_max: 3, attempts_used: 0, time_limit_secs: null, state: 'blocked', desk: 1, lease: null,
    last_run: null, workplace: null, claim: null, work: null, results: [], marks: [], hold: null, why: null, notes: [], progress: null,
    accepted: null, merged: null, added: '2026-11-21T22:00:00.000Z', since: '2026-11-21T22:00:00.000Z',
  };
  const changedTask = (more) => ({ kind: 'changed', value: { noun: 'task', ...Object.assign(task, more) } });

  function submit({ command_id: id, body }) {
    if (seen.has(id)) return seen.get(id);
    let answer = changedTask({});
    if (body.noun === 'approval') {
      let it = office.approvals.get(body.approval);
      if (body.do === 'ask') {
        const number = office.approvals.size + 1;
        const at = '2026-11-21T22:00:00.000Z';
        it = { id: number, run: 1, desk: 1, task: 12, argv: body.argv, shown: body.argv.join(' '), cwd: body.cwd, reason: body.reason ?? null,
          state: 'waiting', asked: at, answered: null, note: null, exit: null, since: at };
        office.approvals.set(number, it);
      } else if (body.do === 'claim') {
        if (it?.state !== 'approved') return { refusal: { code: 'wrong_state', message: 'it cannot be begun', detail: '' } };
        it.state = 'running';
      } else if (body.do === 'report') Object.assign(it, { state: 'ran', exit: body.exit });
      answer = { kind: 'changed', value: { noun: 'approval', ...it } };
    }
    seen.set(id, answer);
    return answer;
  }

  async function answer(ask) {
    office.asks.push(ask);
    if (ask.ask === 'submit') return submit(ask);
    if (ask.ask === 'judge') return { kind: 'ruled', value: { said: plain(ask) ? 'allow' : 'ask', category: null, rule: 'fence', why: 'it is no plain read or edit' } };
    if (ask.ask === 'task') return { kind: 'task', value: { ...task, ...office.says } };
    if (ask.ask === 'done') return changedTask({ state: 'in review' });
    if (ask.ask !== 'await_approval') return { refusal: { code: 'not_found', message: `no ${ask.ask} here`, detail: '' } };
    const it = office.approvals.get(ask.approval);
    office.held.add(it.id);
    while (it.state === 'waiting') {
      const verdict = office.answers(it);
      if (verdict) Object.assign(it, verdict);
      else await new Promise((done) => setTimeout(done, 20));
      if (!office.server) return undefined;
    }
    return { kind: 'approval', value: it };
  }

  function serve(socket) {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    let buffer = Buffer.alloc(0);
    let greeted = false;
    socket.on('data', (data) => {
      buffer = Buffer.concat([buffer, data]);
      while (buffer.length >= 5 && buffer.length >= 5 + buffer.readUInt32LE()) {
        const end = 5 + buffer.readUInt32LE();
        const said = JSON.parse(buffer.subarray(5, end));
        buffer = buffer.subarray(end);
        if (!greeted) {
          greeted = true;
          office.tokens.push(said.token);
          socket.write(frame({ kind: 'welcome', protocol: 1, version: '0.1.0', office: 'attic', dir, actor: { kind: 'agent', desk: 1, run: 1 } }));
          continue;
        }
        answer(said.ask).then((value) => {
          if (!value || socket.destroyed) return;
          if (value.refusal) socket.write(frame({ kind: 'refusal', id: said.id, refusal: value.refusal }));
          else socket.write(frame({ kind: 'answer', id: said.id, answer: value }));
        });
      }
    });
  }

  /** Nobody is there any more, as after kill -9. */
  office.die = () =>
    new Promise((done) => {
      const { server } = office;
      office.server = undefined;
      if (!server) return done();
      server.close(done);
      for (const socket of sockets) socket.destroy();
    });
  /** There again, knowing what it knew. */
  office.start = async () => {
    rmSync(join(short, 'door.sock'), { force: true });
    office.server = createServer(serve);
    await new Promise((ready, broken) => office.server.once('error', broken).listen(join(short, 'door.sock'), ready));
  };
  office.end = async () => {
    await office.die();
    rmSync(short, { recursive: true, force: true });
  };
  await office.start();
  return office;
}
