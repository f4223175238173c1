// A browser on the pages that tests open: they are built here, once for all suites as long as nothing they are made of
// changes, served, and opened in the Chromium of the machine. Nothing is downloaded. Not here: what is tested (browser.mjs).

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';

const UI = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const TARGET = resolve(UI, '../target');
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds in what is shown now, serious and worse, one line each; by all its rules, or by those named. */
export async function findings(page, ...rules) {
  await page.evaluate(AXE);
  const how = { resultTypes: ['violations'], ...(rules.length > 0 && { runOnly: rules }) };
  const { violations } = await page.evaluate((how) => window.axe.run(document, how), how);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.any[0]?.message ?? ''}`));
}

const PAGES = { replay: resolve(UI, 'replay.html'), floor: resolve(UI, 'tests/lab/floor.html') };
/** What the pages are made of: everything but tests, their results and what is installed; that by its lock. */
const MADE_OF = ['src', 'tests/lab', 'tests/fixtures', 'tests/recorded.ts', 'public', 'replay.html', 'package-lock.json', 'vite.config.ts', 'svelte.config.js', 'tsconfig.json'];
const A_DAY_MS = 24 * 60 * 60 * 1000;

/** The folder of the built pages, named after the bytes they are made of. Suites may come here at the same time. */
async function built() {
  const hash = createHash('sha256').update(process.version);
  const take = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) return readdirSync(path).sort().forEach((name) => take(join(path, name)));
    hash.update(`${path.slice(UI.length)}\0`).update(readFileSync(path)).update('\0');
  };
  for (const name of MADE_OF) take(resolve(UI, name));
  const all = resolve(TARGET, 'ui-replay');
  const name = hash.digest('hex').slice(0, 16);
  const dir = join(all, name);
  if (existsSync(dir)) return dir;
  const fresh = join(all, `new-${process.pid}`);
  await build({ root: UI, logLevel: 'warn', build: { outDir: fresh, emptyOutDir: true, rollupOptions: { input: PAGES } } });
  mkdirSync(all, { recursive: true });
  try {
    renameSync(fresh, dir);
  } catch (error) {
    // Another suite was faster with the same pages.
    if (!existsSync(dir)) throw error;
    rmSync(fresh, { recursive: true });
  }
  // Younger ones may be served now.
  for (const old of readdirSync(all)) if (old !== name && Date.now() - statSync(join(all, old)).mtimeMs > A_DAY_MS) rmSync(join(all, old), { recursive: true, force: true });
  return dir;
}

/** `args` are more flags for Chromium. */
export async function openBrowser({ args = [] } = {}) {
  const program = process.env.OFFICE_CHROMIUM ?? CHROMIUM.find((path) => existsSync(path));
  if (!program) throw new Error('Chromium is missing: install the package chromium, or set OFFICE_CHROMIUM');
  const outDir = await built();
  const server = await preview({ root: UI, logLevel: 'warn', build: { outDir }, preview: { port: 0, host: '127.0.0.1', strictPort: false } });
  const { port } = server.httpServer.address();
  const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--enable-unsafe-swiftshader', '--force-color-profile=srgb', ...args] });
  const troubles = [];
  return {
    troubles,
    /** A page of this size on the recorded night; `query` as in replay.ts, `floor` how it is drawn: '' lets the page choose;
     *  `before` is done before it is loaded. */
    async open({ query = '', floor = 'full', ...more } = {}) {
      const page = await this.page(`replay.html${query}${query ? '&' : '?'}floor=${floor}`, more);
      await page.waitForSelector('canvas[data-ready]', { timeout: 30_000 });
      return page;
    },
    /** The floor alone; `query` as in lab/floor.ts. */
    async lab({ query = '', ...more } = {}) {
      const page = await this.page(`tests/lab/floor.html${query}`, more);
      await page.waitForSelector('body[data-ready]', { timeout: 30_000 });
      return page;
    },
    /** A page that shows nothing of ours. */
    blank: () => browser.newPage(),
    async page(path, { width = 1440, height = 900, before = null, ...more } = {}) {
      const page = await browser.newPage({ viewport: { width, height }, timezoneId: 'UTC', ...more });
      page.on('pageerror', (error) => troubles.push(String(error)));
      page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
      page.on('request', (request) => !request.url().startsWith(`http://127.0.0.1:${port}/`) && !/^(data|blob):/.test(request.url()) && troubles.push(`asks for ${request.url()}`));
      await before?.(page);
      await page.goto(`http://127.0.0.1:${port}/${path}`);
      return page;
    },
    async close() {
      await browser.close();
      await new Promise((closed) => server.httpServer.close(closed));
    },
  };
}
