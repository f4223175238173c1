// The tray: what it says of the office, that it follows what happens there, what its menu does; and a window where the library
// behind it is missing. Not here: closing the window into it (desktop.mjs).

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './driver.mjs';
import { journey } from './journey.mjs';
import { openTrayHost } from './trayhost.mjs';

journey('the tray says how many work and what needs you, shows another mark then, and stops all desks', async (world) => {
  const tray = await openTrayHost(world);
  await world.open();
  await until('it asks to be shown', () => tray.item);
  const line = async () => (await tray.menu())[0].label;
  const reads = (words) => until(`the tray says ${words}`, async () => (await line()) === words);
  await reads('nobody works');
  const calm = await tray.says('IconName');

  const asked = world.start('ask', world.env.OFFICE_BIN, ['ask-approval', '--', 'true']);
  await reads('nobody works, 1 needs you');
  await until('it shows another mark', async () => (await tray.says('IconName')) !== calm);
  await world.cli('approval', 'approve', '1');
  assert.equal(await asked.ended, 0);
  await reads('nobody works');

  await world.cli('demo');
  const at = join(world.folder, 'wait.md');
  writeFileSync(at, 'Wait.\n\n```sh\nsleep 600\n```\n');
  const { id } = await world.json('task', 'add', 'Wait', '--body-file', at, '--role', 'engineer');
  const desk = (await world.json('desk', 'list')).find(({ role }) => role === 'engineer');
  await world.cli('task', 'assign', String(id), desk.name);
  await reads('1 works');
  await tray.click('Stop all desks');
  await until('it says that all is stopped', async () => (await line()).startsWith('all stopped, nobody works'));
});

journey('without the library behind a tray the window opens, and health says that there is none', async (world) => {
  // What cannot be loaded stands before what could.
  const masks = join(world.folder, 'masks');
  mkdirSync(masks);
  for (const name of ['libayatana-appindicator3.so.1', 'libappindicator3.so.1']) writeFileSync(join(masks, name), '');
  const { page } = await world.open({ env: { LD_LIBRARY_PATH: masks } });
  await page.reads('h1', 'Afterhours');
  const { value } = await until('health answers', () => page.run(() => window.__TAURI_INTERNALS__.invoke('ask', { ask: { ask: 'doctor' } })));
  const tray = value.find(({ name }) => name === 'window: tray');
  assert.equal(tray.ok, false);
  assert.match(tray.found, /is missing/);
  assert.match(tray.way_out, /install libayatana-appindicator3-1/);
});
