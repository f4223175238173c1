// `npm run test:fuzz -- SECONDS [READER] [--seed N]`: gives the readers of strangers' input (tests/tests/fuzz/readers.rs) inputs made of
// tests/corpora for so many seconds in all. What makes one fail is kept in its corpus, where `npm test` tries it from then on.

import { resolve, dirname } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const { values, positionals } = parseArgs({ options: { seed: { type: 'string' } }, allowPositionals: true });
const [seconds = '60', only] = positionals;
if (!/^[1-9][0-9]*$/.test(seconds) || (values.seed !== undefined && !/^[0-9]+$/.test(values.seed))) {
  console.log('npm run test:fuzz -- SECONDS [READER] [--seed N]: seconds and seed are numbers');
  process.exit(2);
}
const env = { ...process.env, OFFICE_FUZZ_SECONDS: seconds, ...(only && { OFFICE_FUZZ_ONLY: only }), ...(values.seed && { OFFICE_FUZZ_SEED: values.seed }) };
const cargo = (args) => spawnSync('cargo', args, { cwd: ROOT, env, stdio: 'inherit' }).status ?? 1;
const built = cargo(['build', '--quiet', '-p', 'office-guard', '-p', 'office-cli', '--bins']);
process.exitCode = built || cargo(['test', '--quiet', '-p', 'office-tests', '--test', 'fuzz', '--', '--ignored', '--nocapture']);
