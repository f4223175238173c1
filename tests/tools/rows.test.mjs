// Shows that a bench program can not smuggle in a figure that means nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRows, table, wrongRow } from './rows.mjs';

const ROW = { name: 'pty.1', value: 812.5, unit: 'MB/s', limit: 900, ratio: 0.9028, goal: '>= 0.8', met: true };

test('rows are told from words', () => {
  const read = readRows(`warming up\n${JSON.stringify(ROW)}\n\n`);
  assert.deepEqual(read, { rows: [ROW], lines: ['warming up'], wrong: [] });
});

test('a row that is broken or lacks a field is a complaint', () => {
  const { met, ...rest } = ROW;
  assert.equal(met, true);
  assert.match(readRows(JSON.stringify(rest)).wrong[0], /met has to be a boolean/);
  assert.equal(readRows('{"name": ').wrong.length, 1);
  assert.match(wrongRow({ ...ROW, value: 'fast' }), /value has to be a number/);
});

test('a figure may stand without a limit, and a goal may be a number', () => {
  assert.equal(wrongRow({ ...ROW, limit: null, ratio: null, goal: 3 }), undefined);
});

test('the table says yes and NO', () => {
  const drawn = table([ROW, { ...ROW, name: 'pty.8', met: false }]);
  assert.match(drawn, /pty\.1 \| 812\.5 \| MB\/s \| {3}900 \| 0\.9028 \| >= 0\.8 \| yes/);
  assert.match(drawn, /pty\.8 .* NO$/m);
});
