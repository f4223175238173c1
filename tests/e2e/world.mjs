// A world of its own for a real window: a screen, a session bus, a home and an office that nobody else has. Everything it
// starts it ends, and says what was left. Only on Linux: elsewhere WebDriver cannot look into such a window.
// Not here: how the window is looked into (driver.mjs) and what is tested.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openSession, SOON, until } from './driver.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
/** Pictures of failures, and the logs of what ran. */
export const SHOTS = join(TARGET, 'window-shots');
const PROGRAMS = { window: process.env.OFFICE_WINDOW ?? join(TARGET, 'debug/afterhours'), office: process.env.OFFICE_BIN ?? join(TARGET, 'debug/office') };
const MARK = 'OFFICE_TEST_WORLD';

const run = promisify(execFile);

/** Worlds that were not ended yet. */
const open = new Set();

/** Whoever is told to end in the middle, or is left by a test that hangs, leaves no world behind. */
const watchOverEnd = (() => {
  let watched = false;
  return () => {
    if (watched) return;
    watched = true;
    process.on('exit', () => open.forEach((world) => world.endNow()));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));
  };
})();

function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/**
 * A world, with an office in it that is not made yet; `still`: who sits there wants no needless motion; `sandbox`: as its owner has
 * it, `auto` is the usual.
 */
export async function openWorld({ width = 1440, height = 900, programs = PROGRAMS, still = true, sandbox = 'auto' } = {}) {
  for (const [name, program] of Object.entries(programs)) if (!existsSync(program)) throw new Error(`${name}: ${program} is not built: npm start builds it`);
  watchOverEnd();
  const world = new World(mkdtempSync(join(tmpdir(), 'afterhours-')), programs, sandbox);
  open.add(world);
  try {
    await world.begin(width, height, still);
    return world;
  } catch (error) {
    await world.end().catch(() => undefined);
    throw error;
  }
}

class World {
  #id = randomUUID();
  #children = [];
  #windows = [];

  constructor(folder, programs, sandbox) {
    this.folder = folder;
    this.programs = programs;
    this.office = join(folder, 'office');
    const place = (name) => {
      const at = join(folder, name);
      mkdirSync(at, { recursive: true, mode: 0o700 });
      return at;
    };
    /** What desks are shown of it, where `takeOn` was asked to: a file in it tells them something. */
    this.signs = place('signs');
    const path = process.env.PATH;
    this.env = {
      PATH: path,
      LANG: 'C.UTF-8',
      HOME: place('home'),
      XDG_RUNTIME_DIR: place('run'),
      XDG_CONFIG_HOME: place('home/.config'),
      XDG_DATA_HOME: place('home/.local/share'),
      XDG_CACHE_HOME: place('home/.cache'),
      GDK_BACKEND: 'x11',
      NO_AT_BRIDGE: '1',
      GIT_CONFIG_GLOBAL: join(folder, 'home/.gitconfig'),
      OFFICE_DIR: this.office,
      OFFICE_BIN: programs.office,
      // What holds the desks waits less long for a runtime that will not come.
      OFFICE_HOST_LINGER_SECS: '0.5',
      OFFICE_SANDBOX: sandbox,
      // What a test waits for gives way to nothing.
      OFFICE_NICE: '0',
      [MARK]: this.#id,
    };
    writeFileSync(this.env.GIT_CONFIG_GLOBAL, '[user]\n\tname = Noor Owner\n\temail = noor@example.org\n[init]\n\tdefaultBranch = main\n');
  }

  /** Starts something that lives as long as this world; its output goes to a log in the folder. */
  start(name, program, args, { env = this.env, stdio = ['ignore', 'pipe', 'pipe'] } = {}) {
    const child = spawn(program, args, { cwd: this.folder, env, stdio });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes) => said.push(bytes));
    child.once('error', (error) => said.push(Buffer.from(`${error}\n`)));
    const one = { name, child, said: () => Buffer.concat(said).toString(), ended: new Promise((done) => child.once('exit', done)) };
    this.#children.push(one);
    return one;
  }

  /** The process of something that was started by this name. */
  process(name) {
    return this.#children.find((one) => one.name === name).child;
  }

  async begin(width, height, still) {
    // Its owner wants no motion that means nothing, as a setting of the desktop: graphics are computed here, and tests share them.
    if (still) {
      mkdirSync(join(this.env.XDG_CONFIG_HOME, 'gtk-3.0'));
      writeFileSync(join(this.env.XDG_CONFIG_HOME, 'gtk-3.0/settings.ini'), '[Settings]\ngtk-enable-animations=false\n');
    }
    const screen = this.start('Xvfb', 'Xvfb', ['-displayfd', '1', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp', '+extension', 'GLX', '+extension', 'RANDR']);
    const number = await until('Xvfb has a screen', () => {
      const found = /^(\d+)\n/m.exec(screen.said())?.[1];
      if (!found) throw new Error(`it says ${JSON.stringify(screen.said())}`);
      return found;
    });
    this.env.DISPLAY = `:${number}`;
    // A bus that starts nothing by itself: what this machine has installed for a desktop is not part of this world.
    const settings = join(this.folder, 'bus.conf');
    writeFileSync(settings, `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir=${this.env.XDG_RUNTIME_DIR}</listen><policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>\n`);
    const bus = this.start('dbus-daemon', 'dbus-daemon', [`--config-file=${settings}`, '--nofork', '--print-address=1']);
    this.env.DBUS_SESSION_BUS_ADDRESS = await until('there is a session bus', () => /^(unix:\S+)\n/.exec(bus.said())?.[1]);
  }

  /** Takes on a project whose desks see the signs. */
  async takeOn(at) {
    await this.cli('project', 'add', at);
    await this.cli('project', 'set', basename(at), '--see', this.signs);
  }

  /** The command line `office` in this world; gives back what it prints. */
  async cli(...args) {
    const { stdout } = await run(this.programs.office, args, { env: this.env, cwd: this.folder, timeout: 60_000, maxBuffer: 16 << 20 });
    return stdout;
  }
  async json(...args) {
    return JSON.parse(await this.cli('--json', ...args));
  }

  /** Opens the real window on this world's office. `end()` closes it; `kill()` is kill -9. */
  async open({ args = [], env = {}, program = this.programs.window } = {}) {
    const port = await freePort();
    // Two programs of this world never wait for each other's first window.
    const surroundings = { ...this.env, OFFICE_WINDOW_MANY: '1', TAURI_WEBVIEW_AUTOMATION: 'true', ...env };
    const driver = this.start('WebKitWebDriver', 'WebKitWebDriver', [`--port=${port}`], { env: surroundings });
    const session = await openSession(port, program, args);
    const window = new Window(session, driver, program);
    this.#windows.push(window);
    return window;
  }

  /** Everything that runs in this world, by its mark or its folder. */
  processes() {
    const found = [];
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
      const read = (what) => {
        try {
          return readFileSync(`/proc/${pid}/${what}`, 'utf8');
        } catch {
          return '';
        }
      };
      let cwd = '';
      try {
        cwd = readlinkSync(`/proc/${pid}/cwd`);
      } catch {
        // Not ours to look at, or gone.
      }
      const command = read('cmdline').replaceAll('\0', ' ').trim();
      // A process without a command line has ended and only waits to be counted.
      if (command && (read('environ').includes(`${MARK}=${this.#id}`) || command.includes(this.folder) || cwd.startsWith(this.folder))) found.push({ pid: Number(pid), command });
    }
    return found;
  }
  /** The processes that run the office; never more than one for long. */
  runtimes() {
    return this.processes().filter(({ command }) => / run( |$)/.test(command) && /^\S*\/office /.test(command)).map(({ pid }) => pid);
  }
  /** The process that runs the office. */
  runtime() {
    return this.runtimes()[0];
  }

  /** What the screen shows, into a file below target/; for failures and for people. */
  async shot(name) {
    mkdirSync(SHOTS, { recursive: true });
    const file = join(SHOTS, `${name.replace(/[^a-z0-9]+/gi, '-').toLowerCase()}.png`);
    await run('import', ['-window', 'root', file], { env: this.env });
    return file;
  }

  /** What of these does not end by itself; it is killed. */
  async #leftovers(these) {
    let left = [];
    await until('all has ended', () => (left = this.processes().filter(these)).length === 0, SOON).catch(() => undefined);
    for (const { pid } of left) kill(pid);
    return left;
  }

  /** Kills everything at once, without waiting for anything; for the end of this process. */
  endNow() {
    open.delete(this);
    // What is being started while others are killed is seen the next time; who ended stays on the list until it is counted.
    for (let none = 0, look = 0; none < 3 && look < 100; look++) {
      const left = this.processes();
      none = left.length === 0 ? none + 1 : 0;
      for (const { pid } of left) kill(pid);
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Ends everything; an error names what did not end by itself and was killed. */
  async end() {
    try {
      await this.#end();
    } finally {
      open.delete(this);
    }
  }
  async #end() {
    for (const window of this.#windows) await window.end().catch(() => undefined);
    if (this.runtime()) await this.cli('quit').catch(() => undefined);
    const own = new Set(this.#children.map(({ child }) => child.pid));
    const left = await this.#leftovers(({ pid }) => !own.has(pid));
    for (const { child } of this.#children.reverse()) child.kill('SIGTERM');
    await Promise.all(this.#children.map(({ child, ended }) => {
      const hard = setTimeout(() => child.kill('SIGKILL'), SOON);
      return ended.finally(() => clearTimeout(hard));
    }));
    left.push(...(await this.#leftovers(() => true)));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    assert.deepEqual(left.map(({ command }) => command), [], 'these were left running');
  }
}

/** Whether it runs: one that ended and was not waited for does not. */
function runs(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function kill(pid, signal = 'SIGKILL') {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in the meantime.
  }
}

class Window {
  #over = false;
  constructor(session, driver, program) {
    this.page = session;
    this.driver = driver;
    this.program = program;
  }
  /** The window's own process. */
  get pid() {
    if (!runs(this.driver.child.pid)) return 0;
    const children = readFileSync(`/proc/${this.driver.child.pid}/task/${this.driver.child.pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    return Number(children.find((pid) => runs(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(this.program)) ?? 0);
  }
  /** kill -9, as a crash would. */
  async kill() {
    this.#over = true;
    await this.#finish('SIGKILL');
  }
  async end() {
    if (this.#over) return;
    this.#over = true;
    // The driver closes the page; the program is ended here, so that nothing hangs on how the two settle that.
    await this.page.end().catch(() => undefined);
    await this.#finish('SIGTERM');
  }
  async #finish(signal) {
    const { pid } = this;
    if (pid) kill(pid, signal);
    if (pid) await until('the window has ended', () => !runs(pid)).catch(() => kill(pid, 'SIGKILL'));
    this.driver.child.kill('SIGTERM');
    await this.driver.ended;
  }
}
