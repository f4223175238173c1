// The agent CLIs at the exact versions of tests/engines/package-lock.json, installed once from the registry. Nothing of a person's own
// installation is used.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** Where their programs are. */
export const BIN = join(HERE, 'node_modules/.bin');
/** Engine and package. */
export const PACKAGES = { claude: '@anthropic-ai/claude-code', codex: '@openai/codex' };

export function install() {
  const lock = join(HERE, 'package-lock.json');
  const installed = join(HERE, 'node_modules/.package-lock.json');
  const wanted = JSON.parse(readFileSync(lock, 'utf8')).packages;
  const have = existsSync(installed) ? JSON.parse(readFileSync(installed, 'utf8')).packages : {};
  const missing = Object.values(PACKAGES).some((name) => have[`node_modules/${name}`]?.version !== wanted[`node_modules/${name}`].version);
  if (!missing) return;
  console.log('installing the agent CLIs (once; about 640 MB)');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: HERE, stdio: 'inherit' });
  if (status !== 0) throw new Error('npm ci failed in tests/engines; see above');
}
