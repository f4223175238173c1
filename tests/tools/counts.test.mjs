// Shows that a red run can not be read as a green one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countCargo, countNextest, countNode, settle, worthShowing } from './counts.mjs';

test('nextest, all green', () => {
  const line = '     Summary [   2.011s] 12 tests run: 12 passed (1 slow), 3 skipped\n';
  assert.deepEqual(countNextest(line), { passed: 12, failed: 0, skipped: 3, ran: true });
});

test('nextest, in colour, failed and timed out', () => {
  const bold = (text) => `\x1b[1m${text}\x1b[0m`;
  const counts = `${bold(5)} tests run: ${bold(2)} passed, ${bold(2)} failed, ${bold(1)} timed out, ${bold(0)} skipped`;
  const text = `\x1b[31;1m     Summary\x1b[0m [   2.011s] ${counts}\n`;
  assert.deepEqual(countNextest(text), { passed: 2, failed: 3, skipped: 0, ran: true });
});

test('nextest, cut off before the end', () => {
  const line = '     Summary [   0.4s] 3/5 tests run: 2 passed, 1 failed, 0 skipped\n';
  assert.deepEqual(countNextest(line), { passed: 2, failed: 3, skipped: 0, ran: true });
});

test('cargo test adds its binaries up', () => {
  const text = [
    'test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s',
    'test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s',
  ].join('\n');
  assert.deepEqual(countCargo(text), { passed: 4, failed: 2, skipped: 1, ran: true });
});

test('node counts what was cancelled as failed', () => {
  const text = '# tests 4\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 0\n';
  assert.deepEqual(countNode(text), { passed: 2, failed: 2, skipped: 0, ran: true });
});

test('a suite that ends badly without a failed test has failed', () => {
  const counts = { passed: 3, failed: 0, skipped: 0, ran: true };
  assert.equal(settle(counts, { code: 101, timedOut: false }).failed, 1);
  assert.equal(settle(counts, { code: null, timedOut: true }).failed, 1);
  assert.equal(settle(counts, { code: 0, timedOut: false }).failed, 0);
});

test('a suite that ran nothing has failed', () => {
  assert.equal(settle({ passed: 0, failed: 0, skipped: 9, ran: true }, { code: 0, timedOut: false }).failed, 1);
});

test('a suite of one check holds or does not', () => {
  const nothing = { passed: 0, failed: 0, skipped: 0, ran: false };
  assert.deepEqual(settle(nothing, { code: 0, timedOut: false, kind: 'one' }).passed, 1);
  assert.deepEqual(settle(nothing, { code: 1, timedOut: false, kind: 'one' }).failed, 1);
});

test('a failure is shown in full and success is not', () => {
  const text = 'test a ... ok\ntest b ... FAILED\n---- b stdout ----\nassertion failed\n   Compiling x v1\n';
  assert.equal(worthShowing(text), 'test b ... FAILED\n---- b stdout ----\nassertion failed');
  assert.match(worthShowing('x'.repeat(50), 10), /40 characters left out/);
});
