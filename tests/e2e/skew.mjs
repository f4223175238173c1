// An office of another version behind the window's door: the window says so in words, with the way out, and goes on by itself
// once the right one is there. Not here: how an office judges its callers (crate door).

import assert from 'node:assert/strict';
import { standIn } from './door.mjs';
import { until } from './driver.mjs';
import { journey, OPEN } from './journey.mjs';

const DOWN = '[data-standing="down"]';

journey('an office of another version is said in words, is left alone, and the right one is found without a click', async (world) => {
  // It turns us away in its own words: a newer one does.
  const refusal = { code: 'version', message: 'this client speaks protocol 1, the office that runs here speaks 7', detail: 'the client is the older one' };
  let leave = await standIn(world.office, { kind: 'refused', refusal });
  const { page } = await world.open();
  await page.reads(`${DOWN} h1`, 'another version of Afterhours');
  await page.reads(`${DOWN} h1`, 'speaks 7');
  await page.reads(`${DOWN} p`, 'install the newer Afterhours');
  await page.reads(`${DOWN} p`, 'try again');
  assert.deepEqual(world.runtimes(), [], 'no second office is started beside it');
  await leave();

  // It lets us in and would speak what we do not: an older one that never heard of us might.
  leave = await standIn(world.office, { kind: 'welcome', protocol: 9, version: '9.0.0', office: 'night', dir: world.office, actor: { kind: 'owner' } });
  await page.reads(`${DOWN} h1`, 'protocol 9');
  await leave();

  await world.cli('init');
  world.start('office', world.env.OFFICE_BIN, ['run']);
  await page.sees(OPEN);
  await until('the words are gone', async () => !(await page.has('[data-standing]')));
});
