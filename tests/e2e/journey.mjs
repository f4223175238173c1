// A journey of the real window: a test in a world of its own; when it fails, the screen is kept in target/window-shots.
// Not here: the world (world.mjs) and what is tested.

import { test } from 'node:test';
import { openWorld } from './world.mjs';

/** One journey may take so long; then its world is ended, like after any other failure. */
const LIMIT = 110_000;

/** The window shows an office, and its picture is painted. */
export const OPEN = 'canvas[data-ready]';

/** Comes to nothing but an error, when the time is over. */
function late(name) {
  let timer;
  const over = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error(`${name}: not through after ${LIMIT / 1000} s`)), LIMIT);
  });
  return { over, stop: () => clearTimeout(timer) };
}

export function journey(name, what) {
  // The limit of the runner leaves time to end the world, which it would not wait for.
  test(name, { timeout: 2 * LIMIT }, async () => {
    const world = await openWorld();
    const { over, stop } = late(name);
    try {
      await Promise.race([what(world), over]);
    } catch (error) {
      await world.shot(name).catch(() => undefined);
      await world.end().catch(() => undefined);
      throw error;
    } finally {
      stop();
    }
    await world.end();
  });
}
