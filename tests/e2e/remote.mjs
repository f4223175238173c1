// The real window on an office of another machine, through a real OpenSSH server on a loopback port with throwaway keys: a task
// is run to acceptance over a line that is cut twice, and what ssh says no to is said with the way out.
// Not here: the command line's `--host` (tests/tests/scenario_remote.rs), the window on this machine (journeys.mjs).

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from './driver.mjs';
import { openWorld } from './world.mjs';

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path));
const LIMIT = { timeout: 150_000 };

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
const listens = (port) =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => done(socket.destroy() && true)).on('error', () => done(false));
  });
const children = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

/** A server that is called `vm`, and an `ssh` that knows it, in a world where an office runs that the window does not start. */
async function far(world) {
  assert.ok(SSHD, 'sshd is there: `apt-get install openssh-server`');
  const at = (name) => join(world.folder, 'ssh', name);
  mkdirSync(at('bin'), { recursive: true });
  for (const key of ['host_key', 'user_key', 'stranger']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)]);
  copyFileSync(at('user_key.pub'), at('authorized'));
  if (process.geteuid() === 0) mkdirSync('/run/sshd', { recursive: true });
  const port = await freePort();
  const known = `[127.0.0.1]:${port} ${readFileSync(at('host_key.pub'), 'utf8')}`;
  writeFileSync(at('known'), known);
  writeFileSync(at('nobody'), '');
  writeFileSync(at('server.conf'), [`ListenAddress 127.0.0.1`, `Port ${port}`, `HostKey ${at('host_key')}`, `AuthorizedKeysFile ${at('authorized')}`, 'PidFile none', 'UsePAM no', 'StrictModes no',
    'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'PermitRootLogin yes', 'MaxStartups 100', ''].join('\n'));
  const host = (name, key, hosts) => `Host ${name}\n  HostName 127.0.0.1\n  Port ${port}\n  IdentityFile ${at(key)}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${at(hosts)}\n  StrictHostKeyChecking yes\n`;
  writeFileSync(at('client.conf'), host('vm', 'user_key', 'known') + host('closed', 'stranger', 'known') + host('unknown', 'user_key', 'nobody'));
  writeFileSync(at('bin/ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F '${at('client.conf')}' "$@"\n`);
  chmodSync(at('bin/ssh'), 0o755);
  world.env.PATH = `${at('bin')}:${world.env.PATH}`;
  world.env.OFFICE_REMOTE_PROGRAM = world.env.OFFICE_BIN;
  // Newer servers shut out whoever is cut too often; older ones do not know the word.
  const lenient = ['-o', 'PerSourcePenalties=no'];
  let more = lenient;
  try {
    execFileSync(SSHD, ['-t', '-f', at('server.conf'), ...lenient], { stdio: 'ignore' });
  } catch {
    more = [];
  }
  const server = world.start('sshd', SSHD, ['-D', '-e', '-f', at('server.conf'), ...more]);
  await until('sshd listens', () => listens(port));
  const lines = () => children(server.child.pid);
  return {
    lines,
    /** As a network that fails: nobody says goodbye. Comes back when as many lines are there again. */
    async cut() {
      const before = lines();
      for (const pid of before.flatMap((line) => [...children(line), line])) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It went with the other.
        }
      }
      await until('the lines are there again', () => lines().length === before.length && lines().every((pid) => !before.includes(pid)));
      return before.length;
    },
  };
}

function journey(name, what) {
  test(name, LIMIT, async () => {
    const world = await openWorld();
    try {
      await what(world, await far(world));
    } catch (error) {
      await world.shot(name).catch(() => undefined);
      await world.end().catch(() => undefined);
      throw error;
    }
    await world.end();
  });
}

journey('a window on another machine runs a task to acceptance while the line is cut twice', async (world, ssh) => {
  await world.cli('init');
  world.start('office', world.env.OFFICE_BIN, ['run']);
  await until('the office answers', () => world.cli('status'));
  const repo = join(world.folder, 'greeter');
  const git = (...args) => execFileSync('git', args, { cwd: repo, env: world.env, encoding: 'utf8' });
  mkdirSync(repo);
  writeFileSync(join(repo, 'README.md'), 'A greeter.\n');
  for (const args of [['init', '--quiet'], ['add', '.'], ['commit', '--quiet', '--message', 'Greet']]) git(...args);
  await world.takeOn(repo);
  await world.cli('desk', 'add', '--name', 'ada', '--role', 'engineer');
  const gate = join(world.signs, 'gate');
  const body = join(world.folder, 'body.md');
  writeFileSync(body, `\`\`\`sh\nwhile ! test -e ${gate}; do sleep 0.05; done\necho far > FAR.md\noffice task done --summary "from afar"\n\`\`\`\n`);

  // Only through ssh: on this side there is no office, and none is made.
  const here = join(world.folder, 'here');
  const window = await world.open({ args: ['--host', 'vm', '--office', world.office], env: { OFFICE_DIR: here } });
  await window.page.sees('canvas[data-ready]');
  await window.page.sees('header .machine[aria-label^="On vm."]');
  await world.cli('task', 'add', 'Greet from afar', '--body-file', body);
  await window.page.sees('[data-desk="1"][data-state="working"]');
  assert.ok((await ssh.cut()) >= 1, 'there was a line to cut');
  await until('it is connected again', async () => !(await window.page.has('.lost')) && !(await window.page.has('[data-standing]')));
  await ssh.cut();
  writeFileSync(gate, '');
  await window.page.sees('[data-need="1"]');
  await window.page.click('[data-need="1"] .btn.ok');
  await until('it is merged', async () => (await world.json('task', 'show', '1')).state === 'done');
  assert.equal(git('show', 'main:FAR.md'), 'far\n');
  await until('the window shows it', async () => !(await window.page.has('[data-need="1"]')));
  assert.equal(existsSync(here), false, 'no office was made on this side');
  await window.end();
  await until('no line is left', () => ssh.lines().length === 0);
});

journey('what ssh says no to is said with the way out, and this machine is a click away', async (world) => {
  const window = await world.open({ args: ['--host', 'unknown'] });
  await window.page.reads('[data-standing] h1', 'The key of unknown is not known here');
  await window.page.reads('[data-standing] p', 'ssh unknown');
  await window.page.click('[data-standing] .here');
  await window.page.sees('canvas[data-ready]');
  assert.equal(await window.page.has('header .machine'), false);
  for (const [machine, said] of [['closed', 'does not let you in']]) {
    await window.page.click('.foot .linkish');
    await window.page.type('#machine', machine);
    await window.page.click('dialog form .btn.ok');
    await window.page.reads('[data-standing] h1', said);
    await window.page.click('[data-standing] .here');
    await window.page.sees('canvas[data-ready]');
  }
});
