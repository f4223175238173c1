// What a machine must have before anything is built, and how to get it. On Debian and Ubuntu missing packages are
// installed, said before it is done; elsewhere, and for Rust, the words say what to do and nothing is downloaded.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { spawnSync } from 'node:child_process';

/** Packages, known by a program (any one of `programs` will do) or by a file of a library (`library`). */
export const PACKAGES = [
  { programs: ['cc', 'gcc', 'clang'], apt: 'build-essential', why: 'SQLite and zstd are compiled from C, and Rust links with cc' },
  { programs: ['git'], apt: 'git', why: 'the office works on git repositories, and so do its tests' },
  { programs: ['setpriv'], apt: 'util-linux', why: 'tests of permissions run as an unprivileged user', only: 'linux' },
  { programs: ['bwrap'], apt: 'bubblewrap', why: 'desks and checks run in a sandbox that is made with it', only: 'linux' },
  { programs: ['ps'], apt: 'procps', why: 'tests look for processes that were left behind', only: 'linux' },
];

/** What the desktop window needs, to be built and to run. */
export const WINDOW_PACKAGES = [
  { programs: ['pkg-config'], apt: 'pkgconf', why: 'the build of the window finds its libraries with it', only: 'linux' },
  { library: 'pkgconfig/webkit2gtk-4.1.pc', apt: 'libwebkit2gtk-4.1-dev', why: "the window's page is shown by the system's own browser engine", only: 'linux' },
  { library: 'libayatana-appindicator3.so.1', apt: 'libayatana-appindicator3-1', why: 'the tray icon is made with it; the window works without', only: 'linux' },
  { programs: ['xdg-open'], apt: 'xdg-utils', why: 'links and folders are opened in your own programs', only: 'linux' },
];

/** What only the tests need. */
export const TEST_PACKAGES = [
  { programs: ['go'], apt: 'golang-go', why: 'a test builds and tests a sample in Go at a desk, beside Rust, Node and Python', only: 'linux' },
  { programs: ['python3'], apt: 'python3-venv', why: 'a test builds and tests a sample in Python at a desk', only: 'linux' },
  { programs: ['strace'], apt: 'strace', why: 'a test watches every connection that the demo makes', only: 'linux' },
  { programs: ['WebKitWebDriver'], apt: 'webkit2gtk-driver', why: 'tests look into the real window with it', only: 'linux' },
  { programs: ['Xvfb'], apt: 'xvfb', why: 'tests open the real window on a screen of their own', only: 'linux' },
  { programs: ['dbus-daemon'], apt: 'dbus-daemon', why: 'tests give the real window a session bus of its own', only: 'linux' },
  { programs: ['xdotool'], apt: 'xdotool', why: 'tests look at the real window from outside', only: 'linux' },
  { programs: ['dunst'], apt: 'dunst', why: 'tests click the notifications of the real window', only: 'linux' },
  { programs: ['import'], apt: 'imagemagick', why: 'tests keep a picture of the screen when the real window fails them', only: 'linux' },
  { programs: ['sshd', '/usr/sbin/sshd'], apt: 'openssh-server', why: 'an office on another machine is tested through a real OpenSSH server', only: 'linux' },
  { programs: ['ssh'], apt: 'openssh-client', why: 'an office on another machine is reached by ssh', only: 'linux' },
  { programs: ['chromium', 'chromium-browser', 'google-chrome'], apt: 'chromium', why: 'the window is tested in a real browser', only: 'linux' },
];

const RUST = 'https://rustup.rs (curl --proto "=https" --tlsv1.2 -sSf https://sh.rustup.rs | sh)';

/** Whether `program` is in one of the folders of PATH. */
export function has(program, path = process.env.PATH ?? '') {
  // One that is in no folder of an ordinary user's PATH is named whole.
  if (program.startsWith('/')) return existsSync(program);
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  return path.split(delimiter).some((folder) => endings.some((ending) => existsSync(join(folder, program + ending))));
}

/** Whether a library's file is where the system keeps such. */
function hasLibrary(file) {
  const folders = ['/usr/lib', '/usr/lib64', '/usr/share', '/usr/local/lib'];
  const deeper = folders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder).filter((name) => name.includes('-linux-')).map((name) => join(folder, name)) : []));
  return [...folders, ...deeper].some((folder) => existsSync(join(folder, file)));
}

/** The packages that `present` (a test for programs) finds missing. */
export function missing(present = has, platform = process.platform, packages = PACKAGES) {
  const needed = packages.filter((entry) => !entry.only || entry.only === platform);
  return needed.filter((entry) => (entry.library ? !hasLibrary(entry.library) : !entry.programs.some((program) => present(program))));
}

/** The first number like 1.95.0 in a text, as three numbers. */
export function version(text) {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return found ? [1, 2, 3].map((part) => Number(found[part] ?? 0)) : [0, 0, 0];
}

/** Whether `found` is at least `wanted`. */
export function atLeast(found, wanted) {
  const at = [0, 1, 2].find((index) => found[index] !== wanted[index]);
  return at === undefined || found[at] > wanted[at];
}

function output(program, args) {
  const done = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return done.status === 0 ? done.stdout : undefined;
}

function install(packages) {
  const root = process.getuid?.() === 0;
  // Without a terminal nobody can type a password, so sudo must not wait for one.
  const sudo = root ? [] : process.stdin.isTTY ? ['sudo'] : ['sudo', '-n'];
  const names = packages.map((entry) => entry.apt);
  for (const step of [['update'], ['install', '-y', '--no-install-recommends', ...names]]) {
    const [program, ...args] = [...sudo, 'apt-get', ...step];
    console.log(`  > ${[program, ...args].join(' ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const done = spawnSync(program, args, { stdio: ['inherit', 'inherit', 'inherit'], env });
    if (done.status !== 0) return false;
  }
  return true;
}

const nameOf = (entry) => entry.library?.split('/').at(-1) ?? entry.programs[0];

/** Sees to packages; returns what is still in the way, one sentence each. */
function settlePackages(packages) {
  const lacking = missing(has, process.platform, packages);
  if (lacking.length === 0) return [];
  for (const entry of lacking) console.log(`missing: ${nameOf(entry)} (package ${entry.apt}): ${entry.why}`);
  if (process.platform === 'linux' && has('apt-get')) {
    console.log(`installing ${lacking.map((entry) => entry.apt).join(', ')} with apt-get`);
    install(lacking);
  }
  const hint = { darwin: 'xcode-select --install', win32: 'Visual Studio Build Tools with C++, and https://git-scm.com' };
  const how = hint[process.platform] ?? "your system's package manager";
  return missing(has, process.platform, packages).map((entry) => `${nameOf(entry)} is missing (${entry.why}): install ${entry.apt}, with ${how}, and run this again`);
}

function settleRust(root, wanted) {
  // rustup puts cargo where a shell that was open before does not look.
  const bin = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'bin');
  if (!has('cargo') && existsSync(bin)) process.env.PATH = `${bin}${delimiter}${process.env.PATH}`;
  if (!has('cargo')) return [`Rust is missing (the office is written in it): install it from ${RUST} and run this again`];
  const minimum = version(/rust-version = "([^"]+)"/.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))?.[1] ?? '');
  const found = version(output('rustc', ['--version']) ?? '');
  if (!atLeast(found, minimum)) return [`Rust ${found.join('.')} is too old, ${minimum.join('.')} is needed: rustup update stable`];
  return wanted
    .filter((component) => output('cargo', [component.command, '--version']) === undefined)
    .map((component) => `cargo ${component.command} is missing: rustup component add ${component.name}`);
}

function settleNode(root) {
  if (!existsSync(join(root, 'package-lock.json')) || existsSync(join(root, 'node_modules'))) return [];
  console.log('installing the npm packages of package-lock.json, into node_modules: npm ci');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const done = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--no-update-notifier'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  return done.status === 0 ? [] : ['npm ci failed: its words are above'];
}

/**
 * Makes the machine ready, or throws an Error that says in whole sentences what to do.
 * `components` of Rust and more `packages` are asked for only by those who need them.
 */
export function makeReady(root, components = [], packages = []) {
  const inTheWay = [...settlePackages([...PACKAGES, ...packages]), ...settleRust(root, components), ...settleNode(root)];
  if (inTheWay.length > 0) throw new Error(inTheWay.join('\n'));
}

export const TEST_COMPONENTS = [
  { command: 'fmt', name: 'rustfmt' },
  { command: 'clippy', name: 'clippy' },
];
