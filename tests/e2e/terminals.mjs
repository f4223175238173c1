// Terminals through the real shell into the real page: every byte once and in order, also where the page is slow, and what it
// missed is said. The page asks its shell itself here, as ui/src/host/tauri.ts does; what it makes of the bytes is tested in ui.

import assert from 'node:assert/strict';
import { until } from './driver.mjs';
import { journey, OPEN } from './journey.mjs';
import { listen, printers } from './printers.mjs';

const LINES = 400_000;

journey('every byte of a terminal reaches the page once and in order', async (world) => {
  const { page } = await world.open();
  await page.sees(OPEN);
  const desks = await printers(world, page, { desks: 2, lines: LINES });
  await listen(page, desks, { slowMs: [0, 25] });
  await desks.go();
  const over = await until('both have printed all', async () => {
    const seen = await page.run(() => window.heard);
    return seen.every(({ done }) => done) && seen;
  }, 90_000);
  for (const seen of over) {
    assert.equal(seen.wrong, null, 'what came is what was printed');
    assert.equal(seen.doubled, 0, 'nothing came twice');
    assert.equal(seen.bytes + seen.missed, seen.end - seen.begin, 'what did not come was said');
  }
  const [quick, slow] = over;
  assert.ok(quick.bytes > 1_000_000, `the quick one saw ${quick.bytes} bytes`);
  desks.end();
  assert.ok(slow.most <= 1024 * 1024, `no more than was allowed waited for the slow one: ${slow.most} bytes`);
});
