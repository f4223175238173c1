// `npm test`: unit tests, types of TypeScript and Svelte, and the lint with its fences, side by side.
// Prints what each said and ends with an error if one was red. Not here: the tests in a browser (browser.mjs).

import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const STEPS = [
  { name: 'unit', run: ['node_modules/vitest/vitest.mjs', 'run', '--reporter=tap-flat'] },
  { name: 'types', run: ['node_modules/svelte-check/bin/svelte-check', '--tsconfig', './tsconfig.json', '--fail-on-warnings'] },
  { name: 'lint', run: ['node_modules/eslint/bin/eslint.js', '--max-warnings', '0', 'src', 'tests', 'eslint.config.js', 'svelte.config.js', 'vite.config.ts'] },
];

function step({ name, run }) {
  return new Promise((done) => {
    const child = spawn(process.execPath, run, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said += bytes));
    child.on('error', (error) => done({ name, code: 1, said: String(error) }));
    child.on('close', (code) => done({ name, code, said }));
  });
}

const results = await Promise.all(STEPS.map(step));
let pass = 0;
let fail = 0;
for (const { name, code, said } of results) {
  const lines = said.split('\n');
  const red = lines.filter((line) => line.startsWith('not ok')).length;
  const green = lines.filter((line) => line.startsWith('ok')).length;
  // Types and lint speak no TAP: each is one test, and so is a run of unit tests that broke before its first.
  pass += green + red > 0 ? green : Number(code === 0);
  fail += green + red > 0 ? Math.max(red, Number(code !== 0)) : Number(code !== 0);
  if (code !== 0) console.log(`# ${name}\n${said.trimEnd()}\n`);
  else console.log(`ok - ${name}`);
}
console.log(`# pass ${pass}\n# fail ${fail}`);
process.exitCode = fail > 0 ? 1 : 0;
