// The floor in a real browser: hovering, zooming, walking by keys, a hidden page, a lost graphics context, no WebGL at all,
// and its approved pictures. Not here: panels and cards (browser.mjs), the rules of the floor (floor.test.ts).

import { test, after, before } from 'node:test';
import assert from 'node:assert/strict';
import { openBrowser } from './page.mjs';
import { difference, draw, PICTURES, unlike } from './pictures.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

/** Where the picture's fineness is not the point, it is drawn quickly. */
const quick = (more = {}) => browser.open({ floor: 'thrifty', ...more });
const middle = async (page, selector) => {
  const { x, y, width, height } = await page.locator(selector).boundingBox();
  return [x + width / 2, y + height / 2];
};
const drawn = (page) => page.locator('canvas[data-drawn]').getAttribute('data-drawn');
/** Frames asked for while a described thing happens. */
const framesWhile = (page, ms) =>
  page.evaluate(async (ms) => {
    let calls = 0;
    const real = window.requestAnimationFrame;
    window.requestAnimationFrame = (each) => (calls++, real(each));
    // waits for: time itself; that nothing is drawn in it is what is tested
    await new Promise((done) => setTimeout(done, ms));
    window.requestAnimationFrame = real;
    return calls;
  }, ms);

test('a desk that is pointed at says who, what, why, since when and what comes next', async () => {
  const page = await quick();
  await page.mouse.move(...(await middle(page, '[data-desk="1"]')));
  const card = page.locator('[data-card="1"]');
  await card.waitFor();
  const words = await card.innerText();
  for (const part of [/Mara/, /engineer/, /working/, /\d+ (min|h)/, /process \d+ runs/, /#\d+\s+Add idempotency keys/, /then #\d+ Flaky/]) assert.match(words, part);
  await page.mouse.move(720, 800);
  await card.waitFor({ state: 'detached' });
  await page.close();
});

test('the list of desks lies over the picture at every zoom: each button is where its desk is', async () => {
  const page = await quick({ reducedMotion: 'reduce' });
  for (const key of [null, '+', '+', '-', '0']) {
    const before = await page.locator('[data-desk="2"]').boundingBox();
    if (key) {
      await page.keyboard.press(key);
      await page.waitForFunction((w) => document.querySelector('[data-desk="2"]').getBoundingClientRect().width !== w, before.width);
    }
    for (const id of [1, 4]) {
      await page.mouse.move(...(await middle(page, `[data-desk="${id}"]`)));
      await page.locator(`[data-card="${id}"]`).waitFor();
    }
  }
  await page.close();
});

test('arrow keys walk by the direction on the screen, and the desk with the focus shows its card', async () => {
  const page = await quick();
  await page.locator('[data-desk="1"]').focus();
  const [x] = await middle(page, '[data-desk="1"]');
  await page.keyboard.press('ArrowRight');
  const id = await page.evaluate(() => document.activeElement.dataset.desk);
  const [there] = await middle(page, `[data-desk="${id}"]`);
  assert.ok(there > x, `desk ${id} at ${there} is not right of ${x}`);
  await page.locator(`[data-card="${id}"]`).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: /desk/ }).first().waitFor();
  await page.close();
});

test('an opened desk is flown to, and the floor comes back whole', async () => {
  const page = await quick();
  const home = await page.locator('[data-desk="1"]').boundingBox();
  await page.locator('[data-desk="1"]').focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction((w) => document.querySelector('[data-desk="1"]').getBoundingClientRect().width > w * 1.5, home.width);
  await page.keyboard.press('Escape');
  await page.waitForFunction(({ x, width }) => {
    const now = document.querySelector('[data-desk="1"]').getBoundingClientRect();
    return Math.abs(now.x - x) < 1 && Math.abs(now.width - width) < 1;
  }, home);
  await page.close();
});

test('a click on the whiteboard leads to the backlog', async () => {
  const page = await quick();
  // Where it hangs in a window of this size; the pointer says that it can be touched.
  const [x, y] = [497, 285];
  await page.mouse.move(x, y);
  await page.waitForSelector('.floor.touch');
  await page.mouse.click(x, y);
  await page.waitForFunction(() => document.activeElement.closest('[data-backlog]'));
  await page.close();
});

test('a click on the cabinets leads to what the office knows', async () => {
  const page = await quick();
  const [x, y] = [1085, 445];
  await page.mouse.move(x, y);
  await page.waitForSelector('.floor.touch');
  await page.mouse.click(x, y);
  await page.getByRole('dialog', { name: 'Memory' }).waitFor();
  await page.close();
});

test('a hidden page draws nothing, and goes on when it is seen again', async () => {
  const page = await quick();
  const hide = (is) =>
    page.evaluate((is) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => is });
      document.dispatchEvent(new Event('visibilitychange'));
    }, is);
  await page.mouse.move(...(await middle(page, '[data-desk="1"]')));
  assert.ok((await framesWhile(page, 300)) > 0, 'it moves while it is seen');
  await hide(true);
  assert.equal(await framesWhile(page, 700), 0);
  await hide(false);
  assert.ok((await framesWhile(page, 300)) > 0, 'it goes on');
  await page.close();
});

test('who wants no motion gets a picture that stands still at once', async () => {
  const page = await quick({ reducedMotion: 'reduce' });
  await page.mouse.move(...(await middle(page, '[data-desk="1"]')));
  await page.locator('[data-card="1"]').waitFor();
  await page.waitForTimeout(600); // waits for: the one frame a pointer move is worth
  assert.equal(await framesWhile(page, 900), 0);
  await page.close();
});

test('a lost graphics context is said, and the picture comes back as it was', async () => {
  const page = await browser.open({ reducedMotion: 'reduce' });
  await page.mouse.move(720, 800);
  await page.waitForTimeout(500); // waits for: the last frame; a picture at rest is what is compared
  const before = await page.screenshot();
  await page.evaluate(() => {
    window.taken = document.querySelector('canvas[data-drawn]').getContext('webgl2').getExtension('WEBGL_lose_context');
    window.taken.loseContext();
  });
  await page.getByText('The graphics card took the picture').waitFor();
  await page.evaluate(() => window.taken.restoreContext());
  await page.getByText('The graphics card took the picture').waitFor({ state: 'detached' });
  await page.waitForTimeout(500); // waits for: the frame that draws it anew
  assert.equal(await drawn(page), 'full');
  const share = await difference(browser, before, await page.screenshot());
  assert.ok(share < 0.004, `${share} of the picture differs`);
  await page.close();
});

test('a context that does not come back leads to a canvas, and says so', async () => {
  const page = await browser.open();
  await page.evaluate(() => document.querySelector('canvas[data-drawn]').getContext('webgl2').getExtension('WEBGL_lose_context').loseContext());
  await page.waitForSelector('canvas[data-drawn="canvas"][data-ready]', { timeout: 15_000 });
  await page.getByText('drawn without the graphics card').waitFor();
  await page.mouse.move(...(await middle(page, '[data-desk="1"]')));
  await page.locator('[data-card="1"]').waitFor();
  await page.close();
});

test('where graphics are computed in software it is drawn thriftily', async () => {
  const page = await browser.open({ floor: '' });
  assert.equal(await drawn(page), 'thrifty');
  await page.mouse.move(...(await middle(page, '[data-desk="1"]')));
  const seen = await framesWhile(page, 1000);
  assert.ok(seen > 3 && seen < 40, `${seen} frame callbacks in a second`);
  await page.close();
});

test('without WebGL the same office is there, drawn on a plain canvas', async () => {
  const plain = await openBrowser({ args: ['--disable-3d-apis'] });
  try {
    const page = await plain.open({ floor: '' });
    assert.equal(await drawn(page), 'canvas');
    await page.mouse.move(...(await middle(page, '[data-desk="1"]')));
    await page.locator('[data-card="1"]').waitFor();
    assert.deepEqual(plain.troubles, []);
    await page.close();
    const still = PICTURES.find((it) => it.name === 'morning');
    const here = await draw(plain, { ...still, query: `${still.query}&canvas` });
    const share = await difference(browser, here, await draw(browser, still));
    assert.ok(share > 0 && share < 0.25, `${share} of the picture differs from the one by WebGL`);
  } finally {
    await plain.close();
  }
});

for (const picture of PICTURES)
  test(`the approved picture: ${picture.name}`, async () => {
    assert.equal(await unlike(browser, picture), null);
  });
test('a picture with something else in it is not taken for the approved one', async () => {
  const other = { ...PICTURES[0], query: PICTURES[0].query.replace('states=mixed', 'states=crashed') };
  assert.ok((await difference(browser, await draw(browser, PICTURES[0]), await draw(browser, other))) > 0.02);
});

test('what is painted anew goes into the atlas, whatever was drawn from last', async () => {
  const page = await browser.lab({ query: '?desks=8&states=idle&hour=9&still' });
  const right = await page.evaluate(() => {
    const { renderer, atlas, screens } = window.floor.stage;
    // The atlas is bound already, and gl looks elsewhere: as after a frame in which no screen was written.
    renderer.texture.bindSource(atlas.albedo, 0);
    renderer.texture.bindSource(screens.source, 3);
    const { gl } = renderer;
    const into = [];
    const real = gl.texSubImage2D;
    gl.texSubImage2D = function (...given) {
      into.push(gl.getParameter(gl.TEXTURE_BINDING_2D));
      return real.apply(gl, given);
    };
    atlas.flush();
    atlas.get('bulb');
    return into[0] === renderer.texture.getGlSource(atlas.albedo).texture;
  });
  assert.ok(right, 'the picture of a bulb was written into another texture');
  await page.close();
});

test('a crowded floor from near: pictures that have no room together are coarser, and each is still its own', async () => {
  const page = await browser.lab({ query: '?desks=60&states=mixed&hour=9&still&rails=0' });
  const seen = await page.evaluate(() => {
    const { floor } = window;
    const { stage } = floor;
    const real = stage.fill.bind(stage);
    // What the buffers hold is what was printed last: in that print no place may be given away anew.
    let lost = 0;
    stage.fill = (view) => {
      const before = stage.atlas.generation;
      real(view);
      lost = stage.atlas.generation - before;
    };
    const out = [];
    for (const zoom of [0.5, 1, 3, 1.4, 2.6]) {
      floor.camera.zoomAt(innerWidth / 2, innerHeight / 2, zoom / floor.camera.view.zoom);
      for (let frame = 0; frame < 2; frame++) {
        floor.o.world.clock += 0.3;
        stage.draw(floor.camera.view);
        out.push({ zoom, lost, scale: stage.atlas.zoomScale });
      }
    }
    return out;
  });
  assert.deepEqual(seen.filter(({ lost }) => lost > 0), []);
  assert.ok(seen.some(({ zoom, scale }) => scale < zoom), 'there was not room for all at this size');
  assert.deepEqual(seen.filter(({ zoom }) => zoom === 1).map(({ scale }) => scale), [1, 1], 'from far to near it is fine at once');
  assert.equal(seen.findLast(({ zoom }) => zoom === 1.4).scale, 1.4);
  await page.close();
});
