// A browser on the pages that tests open: they are built and served here, and opened in the Chromium of the machine.
// Nothing is downloaded. Not here: what is tested (browser.mjs).

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';

const UI = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const TARGET = resolve(UI, '../target');
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds in what is shown now, serious and worse, one line each. */
export async function findings(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.any[0]?.message ?? ''}`));
}

/** `args` are more flags for Chromium. */
export async function openBrowser({ args = [] } = {}) {
  const program = process.env.OFFICE_CHROMIUM ?? CHROMIUM.find((path) => existsSync(path));
  if (!program) throw new Error('Chromium is missing: install the package chromium, or set OFFICE_CHROMIUM');
  const outDir = resolve(TARGET, 'ui-replay');
  await build({ root: UI, logLevel: 'warn', build: { outDir, emptyOutDir: true, rollupOptions: { input: { replay: resolve(UI, 'replay.html'), floor: resolve(UI, 'tests/lab/floor.html') } } } });
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
