// A journey of the real window: a test in a world of its own; when it fails, the screen is kept in target/window-shots.
// Not here: the world (world.mjs) and what is tested.

import { test } from 'node:test';
import { openWorld } from './world.mjs';

/** The window shows an office, and its picture is painted. */
export const OPEN = 'canvas[data-ready]';

export function journey(name, what) {
  test(name, { timeout: 120_000 }, async () => {
    const world = await openWorld();
    try {
      await what(world);
    } catch (error) {
      await world.shot(name).catch(() => undefined);
      await world.end().catch(() => undefined);
      throw error;
    }
    await world.end();
  });
}
