// Shows what a machine is asked for. Nothing is installed here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PACKAGES, atLeast, missing, version } from './needs.mjs';

test('any one of the programs will do', () => {
  const present = (program) => ['clang', 'git', 'setpriv', 'bwrap', 'ps'].includes(program);
  assert.deepEqual(missing(present, 'linux'), []);
});

test('what is missing is named with its package and why', () => {
  const [entry] = missing((program) => program !== 'git', 'linux');
  assert.equal(entry.apt, 'git');
  assert.ok(PACKAGES.every((each) => each.why.length > 20));
});

test('what only Linux has is asked for only there', () => {
  assert.deepEqual(missing((program) => ['cc', 'git'].includes(program), 'darwin'), []);
});

test('versions are compared by number', () => {
  assert.deepEqual(version('rustc 1.95.0 (f2d3ce0bd 2026-03-21)'), [1, 95, 0]);
  assert.ok(atLeast([1, 100, 0], [1, 95, 0]));
  assert.ok(!atLeast([1, 94, 9], [1, 95, 0]));
  assert.ok(atLeast([1, 95, 0], [1, 95, 0]));
});
