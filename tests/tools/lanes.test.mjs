// Suites side by side: what runs beside what, and in which order.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { sideBySide } from './lanes.mjs';

/** Runs suites that take some turns each; gives the starts and ends in order, and who ran beside whom. */
async function played(suites, atOnce) {
  const story = [];
  const now = new Set();
  const beside = [];
  const results = await sideBySide(
    suites,
    async (suite) => {
      story.push(`${suite.name} begins`);
      for (const other of now) beside.push([other.name, suite.name]);
      assert.ok(![...now].some((other) => other.lane === suite.lane), 'two of one lane');
      now.add(suite);
      for (let turn = 0; turn < suite.turns; turn++) await new Promise(setImmediate);
      now.delete(suite);
      story.push(`${suite.name} ends`);
      return suite.name.toUpperCase();
    },
    atOnce,
  );
  return { story, beside, results };
}

test('two lanes run side by side, one lane in its order, and results come in the order of the suites', async () => {
  const suites = [
    { name: 'build', turns: 4 },
    { name: 'unit', turns: 1 },
    { name: 'page', lane: 'page', turns: 2 },
  ];
  const { story, beside, results } = await played(suites);
  assert.deepEqual(story, ['build begins', 'page begins', 'page ends', 'build ends', 'unit begins', 'unit ends']);
  assert.deepEqual(beside, [['build', 'page']]);
  assert.deepEqual(results, ['BUILD', 'UNIT', 'PAGE']);
});

test('a suite waits for what it needs, and not for what is not run', async () => {
  const suites = [
    { name: 'build', turns: 3 },
    { name: 'window', lane: 'screen', needs: ['build', 'page'], turns: 1 },
  ];
  const { story } = await played(suites);
  assert.deepEqual(story, ['build begins', 'build ends', 'window begins', 'window ends']);
});

test('never more than two at once', async () => {
  let most = 0;
  let now = 0;
  const suites = ['a', 'b', 'c', 'd'].map((name) => ({ name, lane: name }));
  await sideBySide(suites, async () => {
    most = Math.max(most, ++now);
    await new Promise(setImmediate);
    now--;
  });
  assert.equal(most, 2);
});

test('suites that wait for each other are named', async () => {
  const suites = [{ name: 'a', needs: ['b'], turns: 0 }, { name: 'b', lane: 'other', needs: ['a'], turns: 0 }];
  await assert.rejects(() => played(suites), /wait for each other: a, b/);
});

test('what a suite throws is thrown', async () => {
  await assert.rejects(() => sideBySide([{ name: 'a' }], async () => Promise.reject(new Error('broken'))), /broken/);
});
