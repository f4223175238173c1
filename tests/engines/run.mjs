// `npm run test:engines`: the real agent CLIs at exact versions, against a scripted model, in private homes.
//   --engine claude[,codex]   only these (gemini and opencode too; all)          --row TEXT     only rows whose name holds TEXT
//   --record                  keeps runs as fixtures of the crate `engines`       --docs   writes the table into docs/ENGINES.md
//   --keep-going N            rows at once (2)                     --long         rows that wait for minutes, too
// Needs the binaries office, office-hook, office-meter and engine-desk:
// `cargo build -p office-cli -p office-hook -p office-meter -p office-tests`.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Desk, ROOT, RUNS, program } from './lib/desk.mjs';
import { PACKAGES, install, versionOf } from './lib/install.mjs';

/** What `npm test` runs; the others take minutes, and are named by --engine. */
const ENGINES = ['claude', 'codex'];
/** Rows that bring an office of their own; one that names its engine is that engine's. */
const OFFICES = { claude: ['office', 'guard', 'families', 'meter', 'team', 'talk', 'client'], codex: ['inside', 'families', 'meter'], opencode: ['opencode-office'] };
const BEGIN = '<!-- table: written by `npm run test:engines -- --docs` -->';
const END = '<!-- end of table -->';

function makeReady(engines) {
  install(engines);
  const absent = ['office', 'office-hook', 'office-meter', 'engine-desk'].filter((name) => !existsSync(program(name)));
  if (absent.length > 0) throw new Error(`not built: ${absent.join(', ')}; run \`cargo build -p office-cli -p office-hook -p office-meter -p office-tests\``);
}

/** One row; what it came to. */
async function play(engine, row, { change, record } = {}) {
  const since = Date.now();
  let desk;
  let trouble;
  try {
    desk = await Desk.open(engine, `${row.name}${change ? ' open' : ''}`, row.script, { answers: row.answers, packages: join(PACKAGES[engine].folder, 'node_modules') });
    await row.run(desk, change);
  } catch (error) {
    trouble = error;
  }
  const left = desk ? await desk.close() : [];
  if (!trouble && left.length > 0) trouble = new Error(`${left.length} processes were left`);
  if (!trouble && record && row.fixture) keep(desk, engine, row.fixture);
  return { engine, row, trouble, seconds: (Date.now() - since) / 1000, dir: desk?.dir };
}

/** A row that brings its own office. */
async function journey(engine, row) {
  const since = Date.now();
  const trouble = await row.run().then(() => undefined, (error) => error);
  return { engine, row, trouble, seconds: (Date.now() - since) / 1000 };
}

/** A run as a fixture: what it printed and what its hooks wrote down, without this machine in it. */
function keep(desk, engine, name) {
  const dir = join(ROOT, 'src-tauri/crates/engines/tests/fixtures', engine);
  mkdirSync(dir, { recursive: true });
  const clean = (text) =>
    text
      .replaceAll(desk.dir, '/desk')
      .replaceAll(encodeURI(desk.dir), '/desk')
      .replaceAll(desk.dir.replace(/[^a-zA-Z0-9]/g, '-'), '-desk')
      .replaceAll(ROOT, '/source')
      .replaceAll(desk.session, '00000000-0000-4000-8000-000000000001');
  if (desk.lines.length > 0) writeFileSync(join(dir, `${name}.stream.jsonl`), clean(`${desk.lines.map((line) => JSON.stringify(line)).join('\n')}\n`));
  if (desk.signals.length > 0) writeFileSync(join(dir, `${name}.hooks.jsonl`), clean(`${desk.signals.map((line) => JSON.stringify(line)).join('\n')}\n`));
}

async function main() {
  const { values } = parseArgs({
    options: { engine: { type: 'string' }, row: { type: 'string' }, record: { type: 'boolean' }, docs: { type: 'boolean' }, long: { type: 'boolean' }, 'keep-going': { type: 'string' } },
  });
  if (values.docs && values.row) throw new Error('--docs writes whole columns: leave --row out');
  const engines = values.engine === 'all' ? Object.keys(PACKAGES) : (values.engine?.split(',') ?? ENGINES);
  const stranger = engines.find((name) => !(name in PACKAGES));
  if (stranger) throw new Error(`there are no rows for ${stranger}; there are ${Object.keys(PACKAGES).join(', ')}`);
  makeReady(engines);
  rmSync(RUNS, { recursive: true, force: true });
  const since = Date.now();
  // Rows with an office of their own are the longest: begun first, so that none of them is waited for alone.
  const offices = [];
  const work = [];
  for (const engine of engines) {
    const { rows, withoutGate } = await import(`./rows/${engine}.mjs`);
    for (const file of OFFICES[engine] ?? []) {
      const { rows } = await import(`./rows/${file}.mjs`);
      const mine = rows.filter((row) => (row.engine ?? engine) === engine && (values.long || !row.long) && (!values.row || row.name.includes(values.row)));
      for (const row of mine) offices.push(() => journey(engine, row));
    }
    for (const row of rows.filter(({ name }) => !values.row || name.includes(values.row))) {
      work.push(() => play(engine, row, { record: values.record }));
      // The suite tests itself: without its gate the row must go red, or it proves nothing.
      if (row.closed && withoutGate) {
        const mirror = async () => {
          const { trouble, ...rest } = await play(engine, row, { change: row.open ?? withoutGate });
          const red = trouble?.message?.includes('1 !== 0') || trouble?.actual === 1;
          return { ...rest, row: { name: `(itself) red without the gate: ${row.name}` }, trouble: red ? undefined : (trouble ?? new Error('it stayed green')) };
        };
        work.push(mirror);
      }
    }
  }
  work.unshift(...offices);
  const results = [];
  const next = async () => {
    for (let job = work.shift(); job; job = work.shift()) {
      const done = await job();
      results.push(done);
      console.log(`${done.trouble ? 'FAIL' : 'ok  '} ${done.seconds.toFixed(1).padStart(5)} s  ${done.engine}: ${done.row.name}`);
      if (done.trouble) console.log(`       ${String(done.trouble.message ?? done.trouble).split('\n').slice(0, 12).join('\n       ')}\n       kept: ${done.dir?.replace(`${ROOT}/`, '')}`);
    }
  };
  const width = Number(values['keep-going'] ?? Math.max(2, Math.min(4, availableParallelism())));
  await Promise.all(Array.from({ length: width }, next));
  const failed = results.filter(({ trouble }) => trouble).length;
  if (values.docs) table(results);
  console.log(`${((Date.now() - since) / 1000).toFixed(0)} s in all`);
  console.log(`${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

/** The table in docs/ENGINES.md: what was run, in which version, and how it came out. An engine that was not run now keeps its column. */
function table(results) {
  const file = join(ROOT, 'docs/ENGINES.md');
  const text = readFileSync(file, 'utf8');
  const run = new Set(results.map(({ engine }) => engine));
  const cells = (line) => line.split('|').slice(1, -1).map((cell) => cell.trim());
  const [heads = [], , ...old] = text.slice(text.indexOf(BEGIN), text.indexOf(END)).split('\n').filter((line) => line.startsWith('|')).map(cells);
  const columns = new Map(heads.slice(1).flatMap((head, at) => (run.has(head.split(' ')[0]) ? [] : [[head, new Map(old.map((row) => [row[0], row[at + 1]]))]])));
  for (const engine of run) {
    const rows = results.filter((it) => it.engine === engine).map(({ row, trouble }) => [row.name, trouble ? '**red**' : 'green']);
    columns.set(`${engine} ${versionOf(engine)}`, new Map(rows));
  }
  const order = [...columns].sort(([a], [b]) => a.localeCompare(b));
  const names = [...new Set([...old.map(([name]) => name), ...results.map(({ row }) => row.name)])].filter((name) => order.some(([, rows]) => rows.get(name)));
  const lines = [
    `| row | ${order.map(([head]) => head).join(' | ')} |`,
    `|---|${order.map(() => '---').join('|')}|`,
    ...names.map((name) => `| ${name} | ${order.map(([, rows]) => rows.get(name) ?? '').join(' | ')} |`),
  ];
  const [head, rest] = [text.slice(0, text.indexOf(BEGIN)), text.slice(text.indexOf(END))];
  writeFileSync(file, `${head}${BEGIN}\n\n${lines.join('\n')}\n\n${rest}`);
}

main().catch((error) => {
  console.log(error.message);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
});
