// A desk for one row: its own directory, home, checkout, office and model; the launch is what the shipped engine file comes to.
// Nothing of the person who runs the tests is seen by the CLI, and nothing it started outlives the row.

import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '../model.mjs';
import { openOffice } from './office.mjs';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
/** Where the runs live. Codex's sandbox leaves the temporary directory open and does not work from within it, so a copy of the
 *  repository that lies there has its runs beside it. */
export const RUNS = ROOT.startsWith(realpathSync(tmpdir()) + sep)
  ? join('/var/tmp', `afterhours-engine-runs-${ROOT.replace(/[^a-z0-9]+/gi, '-')}`)
  : join(ROOT, 'target/engine-runs');
const HERE = join(ROOT, 'tests/engines');
const BUILT = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug');
export const program = (name) => join(BUILT, name);

/** Waits until `look` gives something, or says what did not come. */
export async function until(what, look, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

/** Processes that carry a mark in their environment. */
function carrying(mark) {
  const numbers = existsSync('/proc') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  return numbers.filter((number) => {
    try {
      return readFileSync(`/proc/${number}/environ`).includes(mark) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${number}/stat`, 'utf8'));
    } catch {
      return false;
    }
  });
}

let places = 0;

/** Ends these processes at once. */
function end(numbers) {
  for (const number of numbers) {
    try {
      process.kill(Number(number), 'SIGKILL');
    } catch {
      // gone already
    }
  }
}

export class Desk {
  static async open(engine, name, script, { answers, packages = 'node_modules' } = {}) {
    const desk = new Desk();
    desk.engine = engine;
    desk.dir = join(RUNS, `${engine}-${name.replace(/[^a-z0-9]+/gi, '-').slice(0, 36)}-${(places += 1)} ü`);
    rmSync(desk.dir, { recursive: true, force: true });
    desk.checkout = join(desk.dir, 'check out');
    desk.run = join(desk.dir, 'run');
    desk.home = join(desk.dir, 'home');
    // Codex may write in its checkout without asking; the mark of a risky call lies outside.
    desk.canary = join(engine === 'codex' ? desk.dir : desk.checkout, 'canary');
    for (const dir of [desk.checkout, desk.run, desk.home]) mkdirSync(dir, { recursive: true });
    execFileSync('git', ['init', '--quiet', '--initial-branch=main', desk.checkout], { env: { PATH: process.env.PATH, HOME: desk.home } });
    writeFileSync(join(desk.checkout, 'README.md'), '# shop\n');
    desk.model = await serve({ script: typeof script === 'function' ? script(desk) : script, log: join(desk.dir, 'model.jsonl') });
    desk.office = await openOffice(join(desk.dir, 'office'), answers);
    desk.session = randomUUID();
    desk.packages = packages;
    desk.mark = `OFFICE_RUN=${desk.dir}#1`;
    desk.lines = [];
    return desk;
  }

  /** The launch of the shipped engine file; `change` may spoil it. */
  plan(more = {}, change = (plan) => plan) {
    const asked = {
      engine: this.engine, checkout: this.checkout, run_dir: this.run, session: this.session, hook: program('office-hook'),
      office: program('office'), base_url: `${this.model.url}${this.engine === 'codex' ? '/v1' : ''}`, headless: true,
      title: 'go', body: 'go', project_words: 'Say marzipan where this project would.', ...more,
    };
    const plan = change(JSON.parse(execFileSync(program('engine-desk'), ['plan'], { input: JSON.stringify(asked), maxBuffer: 1 << 26 })));
    // A model Codex does not know is offered plain tools; the ones it knows run a program of calls, which no script can write.
    if (this.engine === 'codex') plan.argv.splice(plan.argv.indexOf('-c'), 0, '-m', 'scripted');
    for (const [file, text] of plan.files) {
      mkdirSync(dirname(join(this.run, file)), { recursive: true });
      writeFileSync(join(this.run, file), text);
    }
    return plan;
  }

  environment(plan, more = {}) {
    const bin = join(HERE, this.packages, '.bin');
    return {
      HOME: this.home, PATH: [bin, dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter), TERM: 'xterm-256color',
      LANG: 'C.UTF-8', SHELL: '/bin/sh', ANTHROPIC_AUTH_TOKEN: 'test', OPENAI_API_KEY: 'test', GEMINI_API_KEY: 'test',
      ...Object.fromEntries(plan.env), OFFICE_DIR: this.office.dir, OFFICE_TOKEN: 'desk-token', OFFICE_TASK: '12', OFFICE_RUN: `${this.dir}#1`,
      OFFICE_DESK: 'ada', ...more,
    };
  }

  start(plan, { pty = false, env = {} } = {}) {
    this.enterAfter = plan.enter_after_ms;
    this.hands = plan.input_file;
    const argv = pty ? [program('engine-desk'), 'pty', ...plan.argv] : plan.argv;
    const given = this.environment(plan, env);
    const child = spawn(argv[0], argv.slice(1), { cwd: this.checkout, env: given, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child = child;
    this.inTerminal = pty;
    this.printed = '';
    this.errors = '';
    child.stdin.on('error', () => {});
    child.stdout.setEncoding('utf8').on('data', (text) => (this.printed += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (this.errors += text));
    this.ended = new Promise((done) => child.on('close', (code, signal) => done({ code, signal })).on('error', (error) => done({ error })));
    if (!pty) child.stdin.end();
    return this;
  }

  /** Starts without a terminal and waits for its end; the events it printed. */
  async headless(prompt, { change, seconds = 40, env, more } = {}) {
    const plan = this.plan({ headless: true, ...more }, change);
    plan.argv = plan.argv.map((word) => (/^(You were interrupted[^]*)?# Task #12/.test(word) ? prompt : word));
    this.start(plan, { env });
    const timer = setTimeout(() => this.kill(), seconds * 1000);
    this.exit = await this.ended;
    clearTimeout(timer);
    this.lines = this.printed.split('\n').flatMap((line) => {
      try {
        return line.startsWith('{') ? [JSON.parse(line)] : [];
      } catch {
        return [];
      }
    });
    return this.lines;
  }

  /** Starts in a terminal; gives back nothing, look at `titles` and `requests`. */
  terminal(prompt, { change, more, env } = {}) {
    const plan = this.plan({ headless: false, ...(prompt === undefined ? { title: '' } : {}), ...more }, change);
    plan.argv = plan.argv.map((word) => (/^(You were interrupted[^]*)?# Task #12/.test(word) ? prompt : word));
    return this.start(plan, { pty: true, env });
  }

  /** Gives a prompt that the launch does not take, once it is ready and knows the office's tools: as the office does it. */
  async give(prompt, seconds = 60) {
    const before = this.heard.prompts;
    await until('it is ready and knows the tools', () => existsSync(join(this.run, 'tools-known')) && this.heard.takes_input, seconds);
    if (!this.hands) return this.submit(prompt, () => this.heard.prompts > before);
    writeFileSync(join(this.run, this.hands), prompt);
    await until('it is taken', () => this.heard.prompts > before, seconds);
  }

  type(text) {
    this.child.stdin.write(text);
  }

  /** Pastes and presses Enter, as the engine file says; again until the engine says it took it: some lose an early Enter. */
  async submit(text, confirmed) {
    this.type(`\x1b[200~${text}\x1b[201~`);
    for (this.enters = 1; this.enters <= 5; this.enters += 1) {
      await new Promise((done) => setTimeout(done, this.enterAfter));
      this.type('\r');
      const taken = await until('it is taken', confirmed, 1.5).catch(() => false);
      if (taken) return;
    }
    throw new Error('it took no Enter');
  }

  get titles() {
    return [...this.printed.matchAll(/\x1b\][02];([^\x07\x1b]*)(?:\x07|\x1b\\)/g)].map(([, title]) => title);
  }

  /** What the model was asked, without titles and topics. */
  get requests() {
    return this.model.state.requests.filter(({ tools }) => tools.length > 0);
  }

  /** What the hooks wrote down; a line that is just being written is none yet. */
  get signals() {
    const file = join(this.run, 'signals.jsonl');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line)) : [];
  }

  signal(event) {
    return this.signals.filter(({ payload }) => payload?.hook_event_name === event);
  }

  /** What the office makes of what was written down so far: its states, each once in a row, and what it took. */
  get heard() {
    return JSON.parse(execFileSync(program('engine-desk'), ['hear', this.engine, this.run]));
  }

  /** How often the risky thing was done. */
  get done() {
    return existsSync(this.canary) ? readFileSync(this.canary, 'utf8').split('\n').length - 1 : 0;
  }

  kill(signal = 'SIGKILL') {
    try {
      process.kill(-this.child.pid, signal);
    } catch {
      // gone already
    }
  }

  /** Ends what runs; gives back who was still there a moment after. */
  /** Killed with -9, and all that it started with it: some hand over to a process of their own that outlives them. */
  async die() {
    this.kill();
    await this.ended;
    end(carrying(this.mark));
    await until('its processes are gone', () => carrying(this.mark).length === 0, 10);
  }

  async close() {
    if (this.child && this.child.exitCode === null && this.child.signalCode === null) {
      this.child.stdin.end();
      if (!this.inTerminal) this.kill('SIGTERM');
      const late = setTimeout(() => this.kill(), 4000);
      await this.ended;
      clearTimeout(late);
    }
    const left = await until('its processes end', () => carrying(this.mark).length === 0 || undefined, 5).then(() => [], () => carrying(this.mark));
    end(left);
    await this.office.end();
    await this.model.end();
    appendFileSync(join(this.dir, 'printed.txt'), `${this.printed ?? ''}\n--- stderr\n${this.errors ?? ''}\n`);
    return left;
  }
}
