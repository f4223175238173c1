// The office's tools as a client that is not ours meets them: the SDK of MCP's own authors, at a real desk of a real office, calls every
// tool with what it takes and with what it does not.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2020.js';
import { ROOT, until } from '../lib/desk.mjs';
import { Office } from './office.mjs';

const CLIENT = join(ROOT, 'tests/engines/lib/client.mjs');

export const rows = [
  {
    name: 'in a real office: a client that is not ours calls every tool, with good and with bad input',
    async run() {
      const office = await Office.open('client');
      try {
        await office.say('project', 'add', office.shop);
        await office.say('project', 'set', 'shop', '--review', 'on', '--see', join(ROOT, 'tests/engines'), process.execPath);
        for (const [desk, role] of [['ada', 'engineer'], ['eve', 'reviewer-qa'], ['cleo', 'coordinator']]) {
          await office.say('desk', 'add', '--name', desk, '--role', role, '--engine', 'custom', '--command', `'${process.execPath}' '${CLIENT}'`);
        }
        await office.say('mail', 'send', 'ada', 'Welcome', '--text', 'here you are');
        const task = async (title, role = 'engineer', ...more) => (await office.ask('task', 'add', title, '--role', role, ...more))[0].id;
        const show = async (id) => (await office.ask('task', 'show', String(id)))[0];
        const seenBy = async (id) => {
          const { workplace } = await show(id);
          const file = join(workplace?.path ?? '', 'seen.json');
          return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
        };
        const everything = await task('Everything');
        const asked = await until('it asks for a yes', async () => (await office.ask('approval', 'list')).flat().find(({ state }) => state === 'waiting'), 60);
        assert.match(asked.shown, /spend 3 Euro/);
        await office.say('approval', 'approve', String(asked.id));
        await until('its work waits for review', async () => (await show(everything)).state === 'in review', 60);
        const seen = await until('it is told that it is over', async () => (({ late, ...all }) => late && { late, ...all })(await seenBy(everything)), 30);

        assert.deepEqual([seen.server.name, Boolean(seen.can.tools), seen.told.length > 20], ['office', true, true]);
        const ajv = new Ajv({ strict: false, validateFormats: false });
        for (const { name, description, inputSchema } of seen.tools) {
          assert.ok((description ?? '').length > 20, `${name} does not say what it is for`);
          assert.equal(inputSchema.type, 'object', name);
          assert.ok(ajv.compile(inputSchema), name);
          for (const [field, schema] of Object.entries(inputSchema.properties ?? {})) assert.ok(schema.description, `${name}.${field} is not explained`);
        }
        for (const { name, args, isError, text } of seen.bad) {
          assert.ok(isError, `${name} took ${JSON.stringify(args)}: ${text}`);
          assert.ok(text.length > 10, `${name} does not say what is wrong with ${JSON.stringify(args)}`);
        }
        for (const { name, isError, text } of seen.good) assert.ok(!isError, `${name}: ${text}`);
        assert.ok(seen.same, 'sent twice with one key, it is sent once');
        for (const [what, way] of [['stranger', /nobody-here[^]*write to/], ['unknownMail', /4711/], ['noReview', /does not review/], ['noVerdict', /approve, changes-wanted or cannot-judge/], ['noPlan', /plan/], ['secret', /the text seems to hold a password or key in line 1/], ['late', /task/]]) {
          assert.ok(seen[what].isError, `${what}: ${seen[what].text}`);
          assert.match(seen[what].text, way);
        }
        // The review of it is done by the same client, at another desk.
        const reviewed = await until('its verdict', async () => (await show(everything)).review?.judged, 60);
        assert.deepEqual([reviewed.verdict, reviewed.words, reviewed.evidence], ['approve', 'All of it is there.', 'seen.json']);

        const [ask, blocked] = [await task('Ask'), await task('Blocked')];
        for (const id of [ask, blocked]) await until('it needs its owner', async () => (await show(id)).state === 'blocked', 60);
        assert.deepEqual((await show(ask)).options, ['80', '8080']);
        assert.match((await show(blocked)).why, /a printer/);

        const plans = await task('Plan', 'coordinator', '--deliverable', 'finding');
        await until('it is planned', async () => (await show(plans)).state === 'in review', 60);
        const planned = await seenBy(plans);
        assert.ok(planned.beyond.isError);
        assert.match(planned.beyond.text, /may not accept plans[^]*mail_send/);
        for (const { name, isError, text } of planned.good) assert.ok(!isError, `${name}: ${text}`);
        assert.equal((await office.ask('task', 'list')).flat().filter(({ title }) => title === 'Sweep the yard').length, 1, 'with one key it is written once');
        assert.match(planned.circle.text, /circle|wait for/);
        assert.equal((await office.ask('interlock', 'list')).flat()[0].run, 'make restart');

        const called = new Set([...seen.good, ...planned.good].map(({ name }) => name).concat('plan_accept', 'ask_owner', 'task_blocked', 'task_verdict'));
        const left = seen.tools.map(({ name }) => name).filter((name) => !called.has(name));
        assert.deepEqual(left, [], 'every tool is called as it wants to be: add the others to lib/client.mjs');
      } finally {
        await office.close();
      }
    },
  },
];
