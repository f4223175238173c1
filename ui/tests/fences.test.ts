// The lint configuration is a net, so it is shown to go red: each fence on a planted violation, and green on what is allowed.
// Not here: running the lint over the window's own files (the npm script `lint`).
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const eslint = new ESLint({ cwd: new URL('..', import.meta.url).pathname });
async function complaints(path: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: path });
  return result!.messages.map((message) => message.ruleId ?? message.message);
}

describe('fences', () => {
  it.each([
    ['src/state/x.ts', "import { invoke } from '@tauri-apps/api/core';\nexport const a = invoke;\n"],
    ['src/panels/x.ts', "import { invoke } from '@tauri-apps/api/core';\nexport const a = invoke;\n"],
    ['src/panels/x.ts', "import { Sprite } from 'pixi.js';\nexport const a = Sprite;\n"],
    ['src/floor/art/x.ts', "import { Sprite } from 'pixi.js';\nexport const a = Sprite;\n"],
    ['src/app/x.ts', "import { Terminal } from '@xterm/xterm';\nexport const a = Terminal;\n"],
    ['src/state/x.ts', "import { onMount } from 'svelte';\nexport const a = onMount;\n"],
    ['src/state/x.ts', "import { makePlan } from '../floor/model/plan';\nexport const a = makePlan;\n"],
    ['src/floor/model/x.ts', "import { reduce } from '../../state/reduce';\nexport const a = reduce;\n"],
    ['src/floor/model/x.ts', "import { room } from '../art/room';\nexport const a = room;\n"],
    ['src/parts/x.ts', "import type { Task } from '../bindings';\nexport type A = Task;\n"],
    ['src/host/x.ts', "import { onMount } from 'svelte';\nexport const a = onMount;\n"],
  ])('%s may not import what it imports', async (path, code) => {
    expect(await complaints(path, code)).toEqual(['no-restricted-imports']);
  });
  it.each([
    ['src/state/x.ts', 'export const a = () => document.title;\n', 'no-restricted-globals'],
    ['src/floor/model/x.ts', 'export const a = () => setTimeout(() => 1, 1);\n', 'no-restricted-globals'],
    ['src/floor/model/x.ts', 'export const a = Math.random();\n', 'no-restricted-properties'],
    ['src/state/x.ts', 'export const a = Date.now();\n', 'no-restricted-properties'],
    ['src/app/x.ts', "console.log('x');\n", 'no-console'],
  ])('%s: %s', async (path, code, rule) => {
    expect(await complaints(path, code)).toEqual([rule]);
  });
  it.each([
    ['src/floor/render/x.ts', "import { Sprite } from 'pixi.js';\nexport const a = Sprite;\n"],
    ['src/host/x.ts', "import { invoke } from '@tauri-apps/api/core';\nexport const a = invoke;\n"],
    ['src/terminal/x.ts', "import { Terminal } from '@xterm/xterm';\nexport const a = Terminal;\n"],
    ['src/panels/x.ts', "import { reduce } from '../state/reduce';\nexport const a = reduce;\n"],
  ])('%s may', async (path, code) => {
    expect(await complaints(path, code)).toEqual([]);
  });
});
