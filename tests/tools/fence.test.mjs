// What the window's page may do is written in two files, what is built in in two more, and they stay as narrow as they are: a policy under which nothing of
// others is loaded or run, and the shell's own commands, each by its name. Not here: that the page keeps to it (the window's tests).
import test from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const read = (...path) => readFileSync(join(ROOT, ...path), 'utf8');

/** What is wrong with a policy; nothing, if it is strict. */
function faults(csp) {
  const wrong = [];
  for (const name of ['default-src', 'script-src', 'style-src', 'img-src', 'font-src', 'connect-src', 'worker-src', 'object-src', 'base-uri', 'form-action', 'frame-src']) if (!csp[name]) wrong.push(`${name} is not said`);
  for (const [name, sources] of Object.entries(csp)) {
    for (const source of String(sources).split(/\s+/)) {
      const own = ["'self'", "'none'", 'data:', 'blob:', 'ipc:', 'http://ipc.localhost'].includes(source) || (name === 'style-src' && source === "'unsafe-inline'");
      if (!own) wrong.push(`${name} allows ${source}`);
      if (['script-src', 'default-src', 'connect-src'].includes(name) && ['data:', 'blob:'].includes(source)) wrong.push(`${name} allows ${source}`);
    }
  }
  for (const name of ['object-src', 'base-uri', 'form-action', 'frame-src']) if (csp[name] && csp[name] !== "'none'") wrong.push(`${name} is more than nothing`);
  return wrong;
}

test('the page runs only what it came with, and asks nobody but the shell', () => {
  const { app } = JSON.parse(read('src-tauri/tauri.conf.json'));
  assert.deepEqual(faults(app.security.csp), []);
  assert.equal(app.withGlobalTauri, false);
  assert.deepEqual(app.security.dangerousDisableAssetCspModification, ['style-src'], 'scripts stay under hashes');
});

test('a policy that lets more in is found', () => {
  const { app } = JSON.parse(read('src-tauri/tauri.conf.json'));
  for (const more of [{ 'script-src': "'self' 'unsafe-eval'" }, { 'connect-src': 'ipc: https://example.org' }, { 'frame-src': "'self'" }, { 'script-src': "'self' blob:" }, { 'img-src': 'https:' }]) assert.notDeepEqual(faults({ ...app.security.csp, ...more }), [], JSON.stringify(more));
  const { 'object-src': _, ...less } = app.security.csp;
  assert.deepEqual(faults(less), ['object-src is not said']);
});

test("the page may call the shell's own commands by their names, and nothing of Tauri or its plugins", () => {
  const files = readdirSync(join(ROOT, 'src-tauri/capabilities'));
  assert.deepEqual(files, ['window.json']);
  const { permissions, windows, remote, local } = JSON.parse(read('src-tauri/capabilities/window.json'));
  assert.deepEqual([windows, remote, local], [['main'], undefined, true]);
  // The build writes a permission for each command that it names, and no others are there to be given.
  const named = [...read('src-tauri/build.rs').matchAll(/"([a-z_]+)"/g)].map(([, name]) => `allow-${name.replaceAll('_', '-')}`);
  assert.ok(permissions.length > 5);
  for (const permission of permissions) assert.ok(named.includes(permission), `${permission} is no command of the shell`);
});

test('what is built in comes from the two registries alone, each piece by its hash', () => {
  const crates = read('Cargo.lock').split('[[package]]').slice(1).map((text) => ({ name: /name = "(.*)"/.exec(text)[1], source: /source = "(.*)"/.exec(text)?.[1], sum: /checksum = "[0-9a-f]{64}"/.test(text) }));
  const foreign = crates.filter(({ source, sum }) => source && (source !== 'registry+https://github.com/rust-lang/crates.io-index' || !sum));
  assert.ok(crates.length > 100);
  assert.deepEqual(foreign, []);
  const { packages } = JSON.parse(read('ui/package-lock.json'));
  const odd = Object.entries(packages).filter(([name, it]) => name !== '' && ((it.resolved && !it.resolved.startsWith('https://registry.npmjs.org/')) || !/^sha512-/.test(it.integrity ?? '')));
  assert.deepEqual(odd.map(([name]) => name), []);
});
