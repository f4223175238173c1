// A real Claude Code at a desk, seen and worked through the real window: a card is dragged onto it, its risky command is held and
// approved by the desktop's notification, and its change is accepted. Only the model is a script.
// Not here: what the CLI does in all its corners (tests/engines).

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { BIN, install } from '../engines/lib/install.mjs';
import { serve } from '../engines/model.mjs';
import { until } from './driver.mjs';
import { journey, OPEN } from './journey.mjs';
import { openNotifier } from './notifier.mjs';

install();

const script = {
  scenes: [{
    match: 'Round prices',
    steps: [
      { tool: 'mcp__office__task_progress', input: { text: 'rounding' } },
      { tool: 'Bash', input: { command: 'echo rounded >> a.txt; curl -s https://example.org/rates || true', description: 'round them' }, usage: { input: 50_000, output: 900 } },
      { tool: 'mcp__office__task_done', input: { summary: 'Rounded half up.' } },
      { text: 'It is done.' },
    ],
  }],
};

journey('a Claude Code desk takes a dragged task, asks, is approved by the notification, finishes, and its change is accepted', async (world) => {
  const model = await serve({ script, log: join(world.folder, 'model.jsonl') });
  try {
    world.env.PATH = [BIN, world.env.PATH].join(delimiter);
    Object.assign(world.env, { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_AUTH_TOKEN: 'test' });
    const notifier = await openNotifier(world);
    const { page } = await world.open();
    await page.sees(OPEN);
    const shop = join(world.folder, 'shop');
    mkdirSync(shop);
    const git = (...words) => execFileSync('git', words, { cwd: shop, env: world.env, encoding: 'utf8' });
    writeFileSync(join(shop, 'CLAUDE.md'), 'Say marzipan.\n');
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'Begin');
    await world.cli('project', 'add', shop);
    await world.cli('desk', 'add', '--name', 'ada', '--role', 'engineer', '--engine', 'claude', '--no-auto');
    await world.cli('task', 'add', 'Round prices', '--check', 'test "$(cat a.txt)" = rounded');

    await page.sees('[data-task="1"]');
    await page.drag('[data-task="1"]', '[data-desk="1"]', '[data-desk="1"][aria-describedby="drop-word"]');
    await page.sees('[data-desk="1"][data-state="waiting for you"]').catch(async (late) => {
      throw new Error(`${late.message}\n${await world.cli('status')}\n${await world.cli('task', 'show', '1')}`);
    });
    const told = await notifier.told('ada needs you');
    assert.match(told.body, /echo rounded .. a\.txt/);
    await notifier.choose('Approve', 'ada needs you');
    await page.sees('[data-desk="1"][data-state="finished"]');
    // What it took is on its desk: the figures of the engine itself.
    const { spent } = await world.json('desk', 'show', 'ada');
    assert.ok(spent.micro_dollars > 0 && spent.input >= 50_000, JSON.stringify(spent));
    await page.run(() => document.querySelector('[data-desk="1"]').click());
    await page.reads('[aria-label="ada\'s desk"] [data-took]', '$');
    await page.reads('[aria-label="ada\'s desk"] [data-context]', '%');
    await page.run(() => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })));
    await page.click('[data-need="1"] .ok');
    await until('it is merged', async () => (await world.json('task', 'show', '1')).state === 'done');
    assert.equal(git('show', 'main:a.txt'), 'rounded\n');
    assert.ok(model.state.requests.some(({ memory }) => memory), 'the project’s own words reached the model');
  } finally {
    await model.end();
  }
});
