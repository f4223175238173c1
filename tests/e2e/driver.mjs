// Speaks WebDriver to WebKitWebDriver, which starts the real window and looks into it: so much of the protocol as the journeys
// need, over fetch. Not here: the machine around it (world.mjs) and what is tested.

import assert from 'node:assert/strict';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const EVERY_MS = 50;
/** For what a person would call at once, on a busy machine. */
export const SOON = 30_000;
/** Keys by their WebDriver letters. */
export const ENTER = '\uE007';
export const ESCAPE = '\uE00C';

/** Waits until `look` gives something, and gives that back; `what` says what was waited for. */
export async function until(what, look, limit = SOON) {
  const end = Date.now() + limit;
  let last;
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new assert.AssertionError({ message: `waited ${limit / 1000} s until ${what}; last seen: ${seen}` });
    }
    await new Promise((next) => setTimeout(next, EVERY_MS));
  }
}

async function call(base, method, path, body) {
  const asked = { method, signal: AbortSignal.timeout(60_000) };
  if (method === 'POST') Object.assign(asked, { body: JSON.stringify(body ?? {}), headers: { 'content-type': 'application/json' } });
  const answer = await fetch(`${base}${path}`, asked);
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${value?.error}: ${value?.message}`);
  return value;
}

/** Opens the program in a session of the driver that listens at `port`. */
export async function openSession(port, binary, args = []) {
  const base = `http://127.0.0.1:${port}`;
  await until('the driver is ready', async () => (await call(base, 'GET', '/status')).ready !== undefined);
  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args } } };
  const { sessionId } = await call(base, 'POST', '/session', { capabilities });
  return new Session(`${base}/session/${sessionId}`);
}

/** A window under the hand of a test. Places are CSS selectors. */
export class Session {
  constructor(at) {
    this.at = at;
  }
  #do(method, path, body) {
    return call(this.at, method, path, body);
  }
  async #find(css) {
    const found = await this.#do('POST', '/element', { using: 'css selector', value: css });
    return `/element/${found[ELEMENT]}`;
  }

  /** Runs a function in the page; what it is given and gives back must be plain data. */
  run(what, ...given) {
    return this.#do('POST', '/execute/sync', { script: `return (${what}).apply(null, arguments)`, args: given });
  }
  async has(css) {
    return (await this.#do('POST', '/elements', { using: 'css selector', value: css })).length > 0;
  }
  async text(css) {
    return this.#do('GET', `${await this.#find(css)}/text`);
  }
  async attribute(css, name) {
    return this.#do('GET', `${await this.#find(css)}/attribute/${name}`);
  }
  /** Clicks, as soon as it is there and nothing covers it. */
  async click(css) {
    await until(`${css} can be clicked`, async () => {
      await this.#do('POST', `${await this.#find(css)}/click`);
      return true;
    });
  }
  /** Clicks the button with these words. */
  async clickButton(words) {
    await until(`there is a button "${words}"`, async () => {
      const found = await this.#do('POST', '/element', { using: 'xpath', value: `//button[contains(., ${JSON.stringify(words)})]` });
      await this.#do('POST', `/element/${found[ELEMENT]}/click`);
      return true;
    });
  }
  /** Presses and lets go of the pointer at the middle of a place, whatever lies there: as a person clicks a picture. */
  async point(css) {
    const at = await this.still(css);
    await this.#pointer([{ type: 'pointerMove', duration: 0, ...at }, { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }]);
  }
  async type(css, text) {
    await this.#do('POST', `${await this.#find(css)}/value`, { text });
  }
  /** Presses keys wherever the focus is; special ones by their WebDriver letters. */
  async keys(...keys) {
    const actions = keys.flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]);
    await this.#do('POST', '/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
  }
  /** The middle of a place, in pixels of the page. */
  async middle(css) {
    const { x, y, width, height } = await this.#do('GET', `${await this.#find(css)}/rect`);
    return { x: Math.round(x + width / 2), y: Math.round(y + height / 2) };
  }
  /** The middle of a place once it stands still: what is flown to is not there yet. */
  async still(css) {
    let before = null;
    return until(`${css} stands still`, async () => {
      const now = await this.middle(css);
      const stands = before !== null && now.x === before.x && now.y === before.y;
      before = now;
      return stands && now;
    });
  }
  #pointer(actions) {
    return this.#do('POST', '/actions', { actions: [{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }] });
  }
  /** Drags what lies at one place onto another with the pointer, and lets go once `says` shows that it is over it. */
  async drag(from, onto, says) {
    const start = await this.still(from);
    await this.#pointer([{ type: 'pointerMove', duration: 0, ...start }, { type: 'pointerDown', button: 0 }]);
    await until(`${from} is held over ${onto}`, async () => {
      const to = await this.middle(onto);
      const at = (part) => ({ x: Math.round(start.x + (to.x - start.x) * part), y: Math.round(start.y + (to.y - start.y) * part) });
      await this.#pointer([0.3, 0.6, 0.9, 1].map((part) => ({ type: 'pointerMove', duration: 16, ...at(part) })));
      return this.has(says);
    });
    await this.#pointer([{ type: 'pointerUp', button: 0 }]);
  }
  /** The page as a PNG. */
  async screenshot() {
    return Buffer.from(await this.#do('GET', '/screenshot'), 'base64');
  }
  /** Waits until the page holds what `css` names. */
  sees(css, limit) {
    return until(`the page has ${css}`, () => this.has(css), limit);
  }
  /** Waits until the text of `css` fits. */
  reads(css, wanted, limit) {
    return until(`${css} reads ${wanted}`, async () => {
      const text = await this.text(css);
      if (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)) return true;
      throw new Error(`it reads ${JSON.stringify(text)}`);
    }, limit);
  }
  /** Ends the session, and with it the window. */
  async end() {
    await this.#do('DELETE', '');
  }
}
