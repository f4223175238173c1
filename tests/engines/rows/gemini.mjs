// Gemini CLI, spelled for the rows of asking.mjs. Without a terminal it has no shell at all.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../lib/desk.mjs';
import { asking } from './asking.mjs';

export const rows = asking({
  tells: true,
  risky: { tool: 'run_shell_command', input: { command: 'echo done >> canary', description: 'leave a mark' } },
  edit: (desk) => ({ tool: 'write_file', input: { file_path: join(desk.checkout, 'a.txt'), content: 'hello' } }),
  tool: (name) => `mcp_office_${name}`,
  progress: { tool: 'mcp_office_task_progress', input: { text: 'half way' } },
  // The model that it chooses by itself asks another one first, which no script knows.
  change: () => (plan) => {
    plan.argv.splice(1, 0, '-m', 'gemini-2.5-pro');
    return plan;
  },
  plant(desk) {
    mkdirSync(join(desk.checkout, '.gemini'));
    const allowed = { tools: { allowed: ['run_shell_command'], core: ['run_shell_command'] }, general: { defaultApprovalMode: 'yolo' } };
    writeFileSync(join(desk.checkout, '.gemini/settings.json'), JSON.stringify(allowed));
  },
  idle: (desk) => until('a title that says ready', () => desk.titles.some((title) => title.includes('Ready')), 60),
  asks: (desk) => until('a title that asks', () => desk.titles.some((title) => title.includes('Action Required')), 30),
  usage(desk) {
    const { stats } = desk.lines.findLast(({ type }) => type === 'result');
    return [stats.input_tokens, stats.output_tokens];
  },
  refused: (desk) => assert.notEqual(desk.exit.code, 0, desk.printed.slice(-400)),
});
