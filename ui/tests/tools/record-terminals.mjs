// Records the terminals of a real office into tests/fixtures/terminals.json: every byte that real programs on real
// pseudo-terminals printed, as it came through the door. By hand, when screens.mjs changes:
//   cargo build -p office-cli && node ui/tests/tools/record-terminals.mjs
// Not here: the night they belong to (record.mjs), and playing them back (src/host/replay-terminal.ts).

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { knock, until } from './door.mjs';
import { SCREENS } from './screens.mjs';
import { FILES } from './shift.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const OFFICE = process.env.OFFICE_BIN ?? resolve(HERE, '../../../target/debug/office');
const OUT = resolve(HERE, '../fixtures/terminals.json');
const END = 'the recording of this terminal ends here';

const here = mkdtempSync(join(tmpdir(), 'screens-'));
const dir = join(here, 'office');
const env = { PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: here, OFFICE_DIR: dir };

function repository() {
  const path = join(here, 'ledger-api');
  for (const [file, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
  }
  const git = (...args) => execFileSync('git', args, { cwd: path, env });
  git('init', '-q', '-b', 'main');
  git('config', 'user.name', 'Olive Owner');
  git('config', 'user.email', 'olive@example.org');
  git('add', '.');
  git('commit', '-q', '-m', 'A ledger with invoices');
  return path;
}

let sent = 0;
async function screen(door, project, name, script) {
  const command = async (body) => (await door.ask({ ask: 'submit', command_id: `screens-${++sent}`, body })).value;
  const desk = await command({ noun: 'desk', do: 'add', name, role: 'engineer', project: null, engine: 'shell', command: null, auto: false });
  const body = ['```sh', script, `printf '${END}'`, 'sleep 600', '```', ''].join('\n');
  const task = await command({ noun: 'task', do: 'add', new: { project, title: `Screen of ${name}`, body, checks: [], depends_on: [] } });
  await command({ noun: 'task', do: 'assign', task: task.id, desk: desk.id });
  let bytes = Buffer.alloc(0);
  await door.attach(name, (more) => (bytes = Buffer.concat([bytes, more])));
  await until(`${name} has printed`, () => bytes.includes(END));
  return bytes.subarray(0, bytes.indexOf(END)).toString('base64');
}

async function main() {
  execFileSync(OFFICE, ['init'], { env });
  const runtime = spawn(OFFICE, ['run'], { env, stdio: 'ignore' });
  const socket = join(dir, 'door.sock');
  await until('the door opens', () => existsSync(socket));
  const door = await until('the office answers', () => knock(socket).catch(() => null));
  const project = (await door.ask({ ask: 'add_project', path: repository(), name: 'ledger-api', base: null })).value.id;
  const screens = {};
  for (const [name, script] of Object.entries(SCREENS)) screens[name] = await screen(door, project, name, script);
  await door.ask({ ask: 'stop_all' });
  await door.ask({ ask: 'quit' });
  door.close();
  await new Promise((gone) => (runtime.exitCode === null ? runtime.once('exit', gone) : gone()));
  writeFileSync(OUT, `${JSON.stringify(screens, null, 1)}\n`);
}

try {
  await main();
} finally {
  rmSync(here, { recursive: true, force: true });
}
