// `npm test`: makes the machine ready, runs every suite with its own time limit, and ends with `N passed, N failed`.
//   --fast         without the long suites        --only NAME[,NAME]  these suites and what they need
//   --runner cargo without cargo-nextest           --list              the suites
// Full logs are in target/test-logs/. What a suite tests is in the suite, not here.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { countCargo, countNextest, countNode, countOne, settle, worthShowing } from './counts.mjs';
import { TEST_COMPONENTS, TEST_PACKAGES, WINDOW_PACKAGES, has, makeReady } from './needs.mjs';
import { sideBySide } from './lanes.mjs';
import { run } from './run.mjs';

const TOOLS = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(TOOLS, '../..');

/**
 * All but the window. Named in one way everywhere: with other crates beside them cargo would pick other features, and build
 * everything twice. The window is a build of its own, and what it shares with these is small.
 */
const OFFICE = ['--workspace', '--exclude', 'afterhours'];
const WINDOW = ['--package', 'afterhours'];

/**
 * The suites, in order. Each has a `limit` in seconds (`cold`: where nothing is built yet), `fast` if the quick form
 * runs it, and one of
 *   check: a command that holds or does not, counted as one test;
 *   node:  the tests of the tools, tests/tools/*.test.mjs;
 *   ui:    tests of the window, by tests/tools/ui.mjs, which says them in TAP;
 *   units: what the crates test of themselves, `window` for those of the window;
 *   e2e:   files of tests/e2e/, the real window on a screen of its own (Linux only);
 *   tests: files of tests/tests/ without `.rs`, `*` at the end for all that begin so.
 * `needs` names suites that run first, also under --only. `lane` is what a suite cannot share: cargo's build folder
 * (unless said otherwise), the folder of the page that is tested, a screen, the agents' programs. Suites of two lanes
 * run side by side.
 */
const SUITES = [
  { name: 'tools', limit: 60, fast: true, node: true },
  { name: 'format', limit: 60, fast: true, check: ['cargo', 'fmt', '--all', '--', '--check'] },
  { name: 'lint', limit: 600, cold: 1500, check: ['cargo', 'clippy', ...OFFICE, '--all-targets', '--', '-D', 'warnings'] },
  { name: 'build', limit: 600, cold: 1800, fast: true, check: ['cargo', 'build', ...OFFICE, '--all-targets'] },
  { name: 'unit', limit: 300, cold: 600, fast: true, needs: ['build'], units: true },
  { name: 'house', limit: 120, cold: 300, fast: true, needs: ['build'], tests: ['tidy', 'arrows', 'glossary', 'golden', 'fake_agent', 'fuzz', 'cli*'] },
  { name: 'ui', lane: 'page', limit: 150, cold: 300, fast: true, ui: 'all' },
  { name: 'ui-browser', lane: 'page', limit: 360, cold: 500, ui: 'browser' },
  { name: 'ui-floor', lane: 'page', limit: 240, cold: 360, ui: 'floor' },
  { name: 'ui-terminal', lane: 'page', limit: 240, cold: 360, ui: 'terminal' },
  { name: 'page', lane: 'page', limit: 60, cold: 180, fast: true, check: [process.execPath, join(TOOLS, 'ui.mjs'), 'page'] },
  { name: 'window-build', limit: 240, cold: 1200, fast: true, needs: ['page'], check: ['cargo', 'build', ...WINDOW] },
  { name: 'window-unit', limit: 240, cold: 600, fast: true, needs: ['page'], units: 'window' },
  { name: 'window-lint', limit: 240, cold: 1200, needs: ['page'], check: ['cargo', 'clippy', ...WINDOW, '--all-targets', '--', '-D', 'warnings'] },
  { name: 'window', lane: 'screen', limit: 240, cold: 300, needs: ['build', 'page', 'window-build'], e2e: ['journeys'] },
  { name: 'window-desktop', lane: 'screen', limit: 300, cold: 360, needs: ['build', 'page', 'window-build'], e2e: ['desktop', 'tray', 'alone', 'skew', 'terminals'] },
  { name: 'window-agent', lane: 'agents', limit: 180, cold: 600, needs: ['build', 'page', 'window-build'], e2e: ['agent'] },
  { name: 'window-far', lane: 'screen', limit: 180, cold: 240, needs: ['build', 'page', 'window-build'], e2e: ['remote'] },
  { name: 'scenarios', limit: 600, cold: 900, needs: ['build'], tests: ['scenario*'] },
  { name: 'faults', limit: 420, cold: 600, needs: ['build'], tests: ['fault*'] },
  { name: 'engines', lane: 'agents', limit: 300, cold: 600, needs: ['build'], check: ['node', 'tests/engines/run.mjs'] },
];

/** What the whole of it may take, in seconds, on two cores. */
const TOTAL = { cold: 30 * 60, warm: 8 * 60 };

function options() {
  const known = {
    fast: { type: 'boolean', default: process.env.npm_config_fast === 'true' },
    only: { type: 'string', multiple: true, default: [] },
    runner: { type: 'string' },
    list: { type: 'boolean', default: false },
  };
  const { values } = parseArgs({ options: known });
  const only = values.only.flatMap((names) => names.split(','));
  const stranger = only.find((name) => !SUITES.some((suite) => suite.name === name));
  if (stranger) throw new Error(`no suite is called ${stranger}; there are ${SUITES.map((suite) => suite.name).join(', ')}`);
  if (values.runner && !['cargo', 'nextest'].includes(values.runner)) throw new Error('--runner is cargo or nextest');
  return { ...values, only };
}

function chosen({ fast, only }) {
  const wanted = new Set(only.flatMap((name) => [...(SUITES.find((suite) => suite.name === name).needs ?? []), name]));
  const here = SUITES.filter((suite) => !suite.e2e || process.platform === 'linux');
  return here.filter((suite) => (only.length > 0 ? wanted.has(suite.name) : !fast || suite.fast));
}

/** The folder cargo builds into, and the integration tests: ours by name, and those of the crates. */
function workspace() {
  const args = ['metadata', '--format-version', '1', '--no-deps'];
  const asked = spawnSync('cargo', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (asked.status !== 0) throw new Error(`cargo metadata failed:\n${asked.stderr}`);
  const metadata = JSON.parse(asked.stdout);
  const targets = (keep) =>
    metadata.packages
      .filter((entry) => keep(entry.name))
      .flatMap((entry) => entry.targets)
      .filter((target) => target.kind.includes('test'))
      .map((target) => target.name);
  return {
    target: metadata.target_directory,
    ours: targets((name) => name === 'office-tests'),
    theirs: targets((name) => name !== 'office-tests'),
  };
}

const fits = (pattern, name) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern);

/** The command of a suite, with how to count what it prints. */
function plan(suite, { ours, theirs, nextest }) {
  if (suite.check) return { command: suite.check, count: countOne, kind: 'one' };
  if (suite.node) {
    const folder = join(ROOT, 'tests/tools');
    const files = readdirSync(folder).filter((name) => name.endsWith('.test.mjs'));
    const command = [process.execPath, '--test', '--test-reporter=tap', ...files.map((name) => join(folder, name))];
    return { command, count: countNode };
  }
  if (suite.ui) return { command: [process.execPath, join(ROOT, 'tests/tools/ui.mjs'), suite.ui], count: countNode };
  if (suite.e2e) {
    const command = [process.execPath, '--test', '--test-reporter=tap', '--test-concurrency=1', ...suite.e2e.map((name) => join(ROOT, `tests/e2e/${name}.mjs`))];
    return { command, count: countNode };
  }
  const picked = suite.units ? theirs : ours.filter((name) => suite.tests.some((pattern) => fits(pattern, name)));
  if (!suite.units && picked.length === 0) return { empty: `no file of tests/tests/ is called ${suite.tests.join(', ')}` };
  const select = suite.units === 'window' ? [...WINDOW, '--bins'] : [...OFFICE, ...(suite.units ? ['--lib', '--bins'] : []), ...picked.flatMap((name) => ['--test', name])];
  if (!nextest) return { command: ['cargo', 'test', '--no-fail-fast', ...select], count: countCargo };
  const shown = ['--no-fail-fast', '--status-level', 'pass', '--failure-output', 'final'];
  return { command: ['cargo', 'nextest', 'run', ...shown, ...select], count: countNextest };
}

/** Nothing of the shell that started this may reach the tests: no office, no repository. */
function environment(target) {
  const clean = Object.entries(process.env).filter(([name]) => !/^(OFFICE_|GIT_(?!EXEC_PATH|SSL))/.test(name));
  const program = (name) => join(target, 'debug', process.platform === 'win32' ? `${name}.exe` : name);
  return {
    ...Object.fromEntries(clean),
    CARGO_TERM_COLOR: 'never',
    CARGO_TERM_PROGRESS_WHEN: 'never',
    OFFICE_BIN: program('office'),
    OFFICE_FAKE_AGENT: program('fake-agent'),
  };
}

async function runSuite(suite, setting) {
  const limit = setting.cold ? (suite.cold ?? suite.limit) : suite.limit;
  const planned = plan(suite, setting);
  if (planned.empty) {
    console.log(`${suite.name}: ${planned.empty}`);
    return { suite, limit, seconds: 0, passed: 0, failed: 1, skipped: 0 };
  }
  console.log(`${suite.name}: ${planned.command.map((word) => word.replace(`${ROOT}/`, '')).join(' ')}`);
  const log = join(setting.target, 'test-logs', `${suite.name}.log`);
  const ended = await run(planned.command, { cwd: ROOT, env: setting.env, log, limit, name: suite.name });
  const text = readFileSync(log, 'utf8');
  const counts = settle(planned.count(text), { ...ended, kind: planned.kind });
  if (counts.failed > 0) {
    console.log(`\n----- ${suite.name} failed; the full log is ${log.replace(`${ROOT}/`, '')} -----`);
    console.log(worthShowing(text));
    if (ended.error) console.log(String(ended.error));
    if (ended.timedOut) console.log(`It was ended at its limit of ${limit} s.`);
    else if (!planned.kind && counts.passed + counts.failed === 1) console.log('It ran no test.');
    console.log(`----- end of ${suite.name} -----\n`);
  }
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  console.log(`  ${suite.name}: ${counts.passed} passed, ${counts.failed} failed${skipped}, ${ended.seconds.toFixed(1)} s`);
  return { suite, limit, seconds: ended.seconds, ...counts };
}

function table(results) {
  const tests = ({ passed, failed, skipped, again }) => {
    const notes = [failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`, again && failed === 0 && 'at the second try'].filter(Boolean);
    return `${passed + failed}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
  };
  const rows = results.map((row) => [row.suite.name, tests(row), row.seconds.toFixed(1), String(row.limit)]);
  const all = [['suite', 'tests', 'seconds', 'limit'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column].length)));
  const pad = (cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]));
  const lines = all.map((row) => row.map(pad).join(' | '));
  return [lines[0], widths.map((width) => '-'.repeat(width)).join('-|-'), ...lines.slice(1)].join('\n');
}

async function main() {
  const asked = options();
  if (asked.list) {
    for (const suite of SUITES) console.log(`${suite.name.padEnd(10)} ${suite.limit} s${suite.fast ? ', in the fast form' : ''}`);
    return;
  }
  const since = Date.now();
  makeReady(ROOT, TEST_COMPONENTS, [...WINDOW_PACKAGES, ...TEST_PACKAGES]);
  const nextest = asked.runner !== 'cargo' && (has('cargo-nextest') || asked.runner === 'nextest');
  const { target, ours, theirs } = workspace();
  const cold = !existsSync(join(target, 'debug', 'deps'));
  const setting = { target, ours, theirs, nextest, cold, env: environment(target) };

  const forgotten = ours.filter((name) => !SUITES.some((suite) => suite.tests?.some((pattern) => fits(pattern, name))));
  const results = await sideBySide(chosen(asked), async (suite, before) => {
    const missing = (suite.needs ?? []).find((need) => before.some((row) => row.suite.name === need && row.failed > 0));
    if (!missing) return runSuite(suite, setting);
    console.log(`${suite.name}: not run, because ${missing} failed`);
    return { suite, limit: suite.limit, seconds: 0, passed: 0, failed: 1, skipped: 0 };
  });

  // What is red beside another suite is run once more, alone and after all others: a fault is red again, a machine with too
  // much to do is not. The table says which were green only then; each of them is to be looked into.
  for (const [at, row] of results.entries()) {
    const blocked = (row.suite.needs ?? []).some((need) => results.some((other) => other.suite.name === need && other.failed > 0));
    if (row.failed === 0 || blocked) continue;
    console.log(`${row.suite.name}: red, so once more, alone`);
    results[at] = { ...(await runSuite(row.suite, setting)), again: true };
  }

  const sum = (field) => results.reduce((total, row) => total + row[field], 0);
  console.log(`\n${table(results)}\n`);
  for (const name of forgotten) console.log(`tests/tests/${name}.rs is in no suite: add it to SUITES in tests/tools/test.mjs`);
  const took = (Date.now() - since) / 1000;
  const [kind, most] = cold ? ['cold', TOTAL.cold] : ['warm', TOTAL.warm];
  const verdict = took <= most ? 'within' : 'OVER';
  console.log(`${kind}, ${took.toFixed(0)} s in all: ${verdict} the limit of ${most} s`);
  const failed = sum('failed') + forgotten.length;
  process.exitCode = failed > 0 ? 1 : 0;
  console.log(`${sum('passed')} passed, ${failed} failed`);
}

main().catch((error) => {
  console.log(error.code?.startsWith?.('ERR_PARSE_ARGS') ? `${error.message}\nSee the top of tests/tools/test.mjs.` : error.message);
  process.exitCode = 1;
  console.log('0 passed, 1 failed');
});
