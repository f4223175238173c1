// The agent CLIs at the exact versions of tests/engines/package-lock.json, installed once from the registry. Nothing of a person's own
// installation is used.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** Where their programs are. */
export const BIN = join(HERE, 'node_modules/.bin');
/** Engine, its package, and the folder whose lock names its version: what only the long form runs is not installed by the other. */
export const PACKAGES = {
  claude: { name: '@anthropic-ai/claude-code', folder: '.' },
  codex: { name: '@openai/codex', folder: '.' },
  gemini: { name: '@google/gemini-cli', folder: 'long' },
  opencode: { name: 'opencode-ai', folder: 'long' },
};

/** What speaks MCP with the office and is not ours: with the CLIs that `npm test` runs. */
const CLIENT = { name: '@modelcontextprotocol/sdk', folder: '.' };

const locked = ({ name, folder }) => JSON.parse(readFileSync(join(HERE, folder, 'package-lock.json'), 'utf8')).packages[`node_modules/${name}`].version;

/** The version that the lock names. */
export const versionOf = (engine) => locked(PACKAGES[engine]);

export function install(engines = ['claude', 'codex']) {
  for (const folder of new Set(engines.map((engine) => PACKAGES[engine].folder))) {
    const installed = join(HERE, folder, 'node_modules/.package-lock.json');
    const have = existsSync(installed) ? JSON.parse(readFileSync(installed, 'utf8')).packages : {};
    const wanted = [...engines.map((engine) => PACKAGES[engine]), CLIENT].filter((it) => it.folder === folder);
    if (wanted.every((it) => have[`node_modules/${it.name}`]?.version === locked(it))) continue;
    console.log(`installing ${wanted.map(({ name }) => name).join(' and ')} (once; 450 to 640 MB)`);
    const npm = (...words) => spawnSync('npm', [...words, '--no-audit', '--no-fund'], { cwd: join(HERE, folder), stdio: 'inherit' }).status === 0;
    // A registry that has not all packages of other systems keeps `ci` from the lock, though this system's are in it.
    if (!npm('ci') && !npm('install', '--no-save')) throw new Error(`npm could not install the agent CLIs in tests/engines/${folder}; see above`);
  }
}
