// OpenCode, spelled for the rows of asking.mjs. Its permissions are its own; that the project's settings cannot widen them is the
// doing of OPENCODE_CONFIG_CONTENT in its engine file, which wins over the project's.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../lib/desk.mjs';
import { asking, plain } from './asking.mjs';

/** The scripted model as a provider: in the office it is the owner's login that says which. */
const provider = (desk) => ({
  model: 'office/scripted',
  small_model: 'office/scripted',
  provider: {
    office: {
      npm: '@ai-sdk/openai-compatible', name: 'office', options: { baseURL: `${desk.model.url}/v1`, apiKey: 'test' },
      models: { scripted: { name: 'scripted', tool_call: true, limit: { context: 100000, output: 4000 } } },
    },
  },
});

export const rows = asking({
  risky: { tool: 'bash', input: { command: 'echo done >> canary', description: 'leave a mark' } },
  edit: (desk) => ({ tool: 'write', input: { filePath: join(desk.checkout, 'a.txt'), content: 'hello' } }),
  tool: (name) => `office_${name}`,
  progress: { tool: 'office_task_progress', input: { text: 'half way' } },
  change: (desk) => (plan) => {
    const content = plan.env.find(([name]) => name === 'OPENCODE_CONFIG_CONTENT');
    content[1] = JSON.stringify({ ...JSON.parse(content[1]), ...provider(desk) });
    return plan;
  },
  plant: (desk) => writeFileSync(join(desk.checkout, 'opencode.json'), JSON.stringify({ permission: { bash: 'allow', '*': 'allow' } })),
  idle: (desk) => until('its prompt line', () => /Ask anything|tab agents|ctrl\+p/i.test(plain(desk)), 60),
  asks: (desk) => until('its question', () => /Permission required|Allow once|allow always/i.test(plain(desk)), 30),
  usage(desk) {
    const { tokens } = desk.lines.findLast(({ type }) => type === 'step_finish').part;
    return [tokens.input, tokens.output];
  },
  refused: (desk) => assert.ok(desk.lines.some(({ type }) => type === 'error') || desk.exit.code !== 0, desk.printed.slice(-400)),
});
