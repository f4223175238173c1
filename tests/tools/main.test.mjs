// Shows that npm test ends with its result, whatever happens, and that every suite can be asked for.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const FOLDER = dirname(fileURLToPath(import.meta.url));

function tool(name, args, env = {}) {
  const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } };
  const ended = spawnSync(process.execPath, [join(FOLDER, name), ...args], options);
  return { code: ended.status, lines: ended.stdout.trimEnd().split('\n'), said: ended.stderr };
}

test('a suite that is not there is a failure, and the result is the last line', () => {
  const { code, lines } = tool('test.mjs', ['--only', 'nothing']);
  assert.equal(code, 1);
  assert.match(lines[0], /no suite is called nothing/);
  assert.equal(lines.at(-1), '0 passed, 1 failed');
});

test('a machine without Rust is told how to get it', { skip: process.platform !== 'linux' }, () => {
  // Nothing is on this PATH, so nothing can be installed either.
  const { code, lines } = tool('test.mjs', ['--only', 'tools'], { PATH: FOLDER, CARGO_HOME: FOLDER });
  assert.equal(code, 1);
  assert.ok(lines.some((line) => /Rust is missing .* https:\/\/rustup\.rs/.test(line)), lines.join('\n'));
  assert.equal(lines.at(-1), '0 passed, 1 failed');
});

test('a green run says so, and exits 0', () => {
  const { code, lines } = tool('test.mjs', ['--only', 'format'], { PATH: process.env.PATH });
  assert.match(lines.at(-1), /^\d+ passed, \d+ failed$/);
  assert.equal(code, lines.at(-1).endsWith(', 0 failed') ? 0 : 1);
});

test('suites and benches are listed', () => {
  assert.ok(tool('test.mjs', ['--list']).lines.some((line) => line.startsWith('house ')));
  assert.ok(tool('bench.mjs', ['--list']).lines.length > 0);
  assert.match(tool('bench.mjs', ['nothing']).said, /no bench is called nothing/);
});
