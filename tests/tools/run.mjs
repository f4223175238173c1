// Runs one program with a time limit, its output in a log file, and says how far it is. A program that holds its
// output open after its end, or leaves children behind, can not hold this up: the log is a file, not a pipe.

import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { spawn, spawnSync } from 'node:child_process';

const running = new Set();

function end(child, signal) {
  if (process.platform === 'win32') spawnSync('taskkill', ['/pid', String(child.pid), '/T', '/F']);
  else {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // Its whole group is gone already.
    }
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const child of running) end(child, 'SIGTERM');
    process.exit(130);
  });
}

/** The last line that is not empty, of what stands in the file so far. */
function lastLine(fd) {
  const size = fstatSync(fd).size;
  const buffer = Buffer.alloc(Math.min(size, 2000));
  readSync(fd, buffer, 0, buffer.length, size - buffer.length);
  const lines = buffer.toString('utf8').replace(/\x1b\[[0-9;]*[a-zA-Z]/g, '').split(/[\r\n]+/);
  return lines.filter((line) => line.trim() !== '').at(-1)?.trim() ?? '';
}

const seconds = (since) => (Date.now() - since) / 1000;

/** On a terminal one line that changes; elsewhere a new line now and then, so that a log does not look dead. */
function progress(since, fd, everySeconds, name) {
  const terminal = process.stdout.isTTY;
  let shown = 0;
  const tick = setInterval(() => {
    const line = `  ${name}${Math.round(seconds(since))} s  ${lastLine(fd)}`.slice(0, (process.stdout.columns ?? 120) - 1);
    if (terminal) process.stdout.write(`\r\x1b[K${line}`);
    else if (seconds(since) - shown >= everySeconds) {
      shown = seconds(since);
      process.stdout.write(`${line}\n`);
    }
  }, terminal ? 500 : 1000);
  return () => {
    clearInterval(tick);
    if (terminal) process.stdout.write('\r\x1b[K');
  };
}

/**
 * Resolves to { code, timedOut, seconds }. At the limit the process group is asked to end, so that a test runner can end
 * its tests, and is killed `grace` seconds later.
 */
export function run([program, ...args], { cwd, env, log, limit, everySeconds = 30, grace = 12, name = '' }) {
  mkdirSync(dirname(log), { recursive: true });
  const fd = openSync(log, 'w+');
  const since = Date.now();
  const windows = process.platform === 'win32';
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', fd, fd], detached: !windows });
  running.add(child);
  let timedOut = false;
  const timers = [];
  const stop = progress(since, fd, everySeconds, name && `${name} `);
  timers.push(
    setTimeout(() => {
      timedOut = true;
      end(child, 'SIGTERM');
      timers.push(setTimeout(() => end(child, 'SIGKILL'), grace * 1000));
    }, limit * 1000),
  );
  return new Promise((resolve) => {
    const done = (code, error) => {
      stop();
      timers.forEach(clearTimeout);
      running.delete(child);
      // What it left in its group would disturb what comes next.
      if (child.pid) end(child, 'SIGKILL');
      closeSync(fd);
      resolve({ code, timedOut, seconds: seconds(since), error });
    };
    child.once('error', (error) => done(null, error));
    child.once('exit', (code) => done(code));
  });
}
