// Shows that no program can outstay its limit, or hold the run up by what it leaves behind.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from './run.mjs';

const posix = { skip: process.platform === 'win32' };

async function inFolder(body) {
  const folder = mkdtempSync(join(tmpdir(), 'office-run-'));
  try {
    await body(join(folder, 'deep', 'log'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    // A zombie that nobody has waited for yet is not alive.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

test('what it prints is in the log, and its exit code is told', posix, () =>
  inFolder(async (log) => {
    const ended = await run(['sh', '-c', 'echo out; echo err >&2; exit 3'], { log, limit: 10, everySeconds: 60 });
    assert.deepEqual([ended.code, ended.timedOut, readFileSync(log, 'utf8')], [3, false, 'out\nerr\n']);
  }));

test('a program that is not there is an error', posix, () =>
  inFolder(async (log) => {
    const ended = await run(['no-such-program-here'], { log, limit: 10, everySeconds: 60 });
    assert.equal(ended.code, null);
    assert.match(String(ended.error), /ENOENT/);
  }));

test('at its limit its whole group is ended, even what ignores TERM', posix, () =>
  inFolder(async (log) => {
    const script = 'trap "" TERM; sleep 60 & echo $!; wait; sleep 60';
    const ended = await run(['sh', '-c', script], { log, limit: 0.3, everySeconds: 60, grace: 0.3 });
    assert.equal(ended.timedOut, true);
    assert.ok(ended.seconds < 5, `it took ${ended.seconds} s`);
    await new Promise((done) => setTimeout(done, 100));
    assert.equal(alive(Number(readFileSync(log, 'utf8').trim())), false);
  }));

test('a child that holds the output open does not hold the run up', posix, () =>
  inFolder(async (log) => {
    const ended = await run(['sh', '-c', 'sleep 60 & echo done'], { log, limit: 30, everySeconds: 60 });
    assert.equal(ended.code, 0);
    assert.ok(ended.seconds < 5, `it took ${ended.seconds} s`);
  }));
