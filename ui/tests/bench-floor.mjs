// What the floor costs, in the Chromium of the machine: prints one row of figures to a line, as `npm run bench -- floor` reads
// them. Times are of the page's own thread; what the picture costs a graphics card is not in them (software GL here).
// Not here: whether it looks right (floor-browser.mjs).

import { openBrowser } from './page.mjs';

const row = (name, value, unit, limit, goal, met) =>
  console.log(JSON.stringify({ name, value: round(value), unit, limit: limit === null ? null : round(limit), ratio: limit ? round(value / limit) : null, goal, met }));
const round = (n) => Math.round(n * 1000) / 1000;
const FRAMES = 150;
const WARM = 200;
const CALLS_MAX = 20;
/** The goal is 4 ms on a machine left alone, where the fixed work takes half a millisecond. Both slow down together. */
const TIMES = 8;
const GOAL = `<= ${TIMES} x the fixed work (4 ms where it takes 0.5)`;
const TEXTURES_MAX_MB = 160;

/** Counts what a page asks of WebGL: draw calls, and the bytes of textures it holds. Put in before anything runs. */
const watch = () => {
  const P = WebGL2RenderingContext.prototype;
  const seen = (window.gl = { calls: 0, bytes: new Map() });
  for (const name of ['drawArrays', 'drawElements', 'drawArraysInstanced', 'drawElementsInstanced']) {
    const real = P[name];
    P[name] = function (...args) {
      seen.calls++;
      return real.apply(this, args);
    };
  }
  let bound = null;
  const bind = P.bindTexture;
  P.bindTexture = function (target, texture) {
    bound = texture;
    return bind.call(this, target, texture);
  };
  const drop = P.deleteTexture;
  P.deleteTexture = function (texture) {
    seen.bytes.delete(texture);
    return drop.call(this, texture);
  };
  const real = P.texImage2D;
  P.texImage2D = function (...args) {
    const from = args.length < 9 ? args[5] : null;
    const [w, h] = from ? [from.width ?? from.videoWidth ?? 0, from.height ?? 0] : [args[3], args[4]];
    if (args[1] === 0) seen.bytes.set(bound, w * h * 4);
    return real.apply(this, args);
  };
  const storage = P.texStorage2D;
  P.texStorage2D = function (target, levels, format, w, h) {
    seen.bytes.set(bound, w * h * 4);
    return storage.call(this, target, levels, format, w, h);
  };
};

/**
 * Draws frames one after another, each as a moving floor with printing terminals needs it, and times our part of each. Beside
 * each a fixed piece of work is timed: how fast this machine is just then, and how often somebody else has the processor.
 */
const drawMany = async ([frames, WARM]) => {
  const { floor, lab } = window;
  floor.ticker.stop();
  const out = new Float32Array(24 * 2048);
  const work = () => {
    const began = performance.now();
    for (let i = 0; i < out.length; i++) out[i] = Math.sin(i * 0.01) * 0.5 + out[(i * 7) % out.length] * 0.25;
    return performance.now() - began;
  };
  // One frame, finished: what was queued before does not count.
  const gl = floor.o.canvas.getContext('webgl2');
  const settle = () => gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  // Every posture's frames are painted once; that is start-up, and is not what a frame costs.
  for (let i = 0; i < WARM; i++) {
    floor.o.world.wake();
    floor.tick(0.034);
    work();
    if (i % 8 === 0) await new Promise((next) => setTimeout(next, 0));
  }
  settle();
  floor.costs.length = 0;
  const seen = [];
  for (let i = 0; i < frames; i++) {
    if (i % 4 === 0) lab.print(i + 1);
    floor.o.world.wake();
    const calls = window.gl.calls;
    floor.tick(0.034);
    const { step, draw } = floor.costs.at(-1);
    seen.push({ ms: step + draw, calls: window.gl.calls - calls, work: work() });
    settle();
    await new Promise((next) => setTimeout(next, 0));
  }
  const at = (list, q) => list.sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * q))];
  const ms = seen.map((it) => it.ms);
  return {
    p50: at(ms, 0.5),
    p95: at(ms, 0.95),
    work50: at(seen.map((it) => it.work), 0.5),
    work95: at(seen.map((it) => it.work), 0.95),
    calls: seen.reduce((sum, it) => sum + it.calls, 0) / seen.length,
    most: Math.max(...seen.map((it) => it.calls)),
  };
};

const browser = await openBrowser();
try {
  for (const desks of [8, 60]) {
    const page = await browser.lab({ query: `?desks=${desks}&quiet`, before: (it) => it.addInitScript(watch) });
    const it = await page.evaluate(drawMany, [FRAMES, WARM]);
    row(`floor, ${desks} desks: draw calls a frame, the most`, it.most, 'calls', null, `<= ${CALLS_MAX}`, it.most <= CALLS_MAX);
    row(`floor, ${desks} desks: draw calls a frame, mean`, it.calls, 'calls', null, `<= ${CALLS_MAX}`, it.calls <= CALLS_MAX);
    row(`floor, ${desks} desks: main thread a frame, p50`, it.p50, 'ms', it.work50, GOAL, it.p50 <= it.work50 * TIMES);
    row(`floor, ${desks} desks: main thread a frame, p95`, it.p95, 'ms', it.work95, GOAL, it.p95 <= it.work95 * TIMES);
    const bytes = await page.evaluate(() => [...window.gl.bytes.values()].reduce((a, b) => a + b, 0));
    row(`floor, ${desks} desks: textures`, bytes / 1e6, 'MB', TEXTURES_MAX_MB, `< ${TEXTURES_MAX_MB} MB`, bytes / 1e6 < TEXTURES_MAX_MB);
    row(`floor, ${desks} desks: from fonts to the first picture`, await page.evaluate(() => window.lab.firstPaint), 'ms', null, 'shown', true);
    const heap = await page.evaluate(() => performance.memory?.usedJSHeapSize ?? 0);
    row(`floor, ${desks} desks: JavaScript memory`, heap / 1e6, 'MB', null, 'shown', true);
    await page.close();
  }
  const page = await browser.lab({ query: '?desks=60&quiet', before: (it) => it.addInitScript(watch) });
  // waits for: time itself; ten seconds after the last event nothing may be drawn any more
  await page.waitForTimeout(11_500);
  const rest = await page.evaluate(async () => {
    const frames = window.floor.ticker.frames;
    const { calls } = window.gl;
    await new Promise((done) => setTimeout(done, 30_000));
    return { frames: window.floor.ticker.frames - frames, calls: window.gl.calls - calls };
  });
  row('floor, 60 desks: frames in 30 s of nothing', rest.frames, 'frames', null, '0', rest.frames === 0);
  row('floor, 60 desks: draw calls in 30 s of nothing', rest.calls, 'calls', null, '0', rest.calls === 0);
  await page.close();
} finally {
  await browser.close();
}
