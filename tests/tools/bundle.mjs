// `npm run bundle`: builds the window and the office as they are given to people, and packs them for Debian and Ubuntu into
// target/bundle/afterhours_VERSION_ARCH.deb. The programs lie beside one another in one folder, because they look for each
// other there.   --debug        packs what npm start built (large and slow, but there at once)
//                --version V    instead of the version in Cargo.toml
// Not here: trying the package out, and packages of other systems.

import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WINDOW_PACKAGES, has, makeReady } from './needs.mjs';

const TOOLS = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(TOOLS, '../..');
const PROGRAMS = ['office', 'office-guard', 'office-host', 'office-hook', 'office-meter', 'office-sandbox', 'afterhours'];
/** The two that people call by name. */
const CALLED = ['afterhours', 'office'];
const HOME = 'usr/lib/afterhours';
const ICONS = { '32x32': '32x32.png', '128x128': '128x128.png', '256x256': '128x128@2x.png', '512x512': '512x512.png', scalable: 'afterhours.svg' };

function run(program, args) {
  const ended = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit' });
  if (ended.status !== 0) throw new Error(`${program} ${args[0]} failed${ended.error ? `: ${ended.error.message}` : ': its words are above'}`);
}
function output(program, args) {
  const ended = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (ended.status !== 0) throw new Error(`${program}: ${ended.error?.message ?? ended.stderr}`);
  return ended.stdout.trim();
}

function options() {
  const { values } = parseArgs({ options: { debug: { type: 'boolean', default: false }, version: { type: 'string' } } });
  const version = values.version ?? /^version = "([^"]+)"/m.exec(readFileSync(join(ROOT, 'Cargo.toml'), 'utf8'))[1];
  if (!/^[0-9][0-9A-Za-z.+~-]*$/.test(version)) throw new Error(`${version} is no version of a package`);
  return { debug: values.debug, version };
}

function build(debug) {
  const how = debug ? [] : ['--release'];
  run(process.execPath, [join(TOOLS, 'ui.mjs'), 'page']);
  run('cargo', ['build', ...how, '--workspace', '--exclude', 'afterhours', '--bins']);
  run('cargo', ['build', ...how, '--package', 'afterhours']);
}

const control = (version, arch, kib, libc) => `Package: afterhours
Version: ${version}
Architecture: ${arch}
Maintainer: The Afterhours authors <maintainers@afterhours.invalid>
Installed-Size: ${kib}
Depends: libc6 (>= ${libc}), libwebkit2gtk-4.1-0, libgtk-3-0, git, bubblewrap
Recommends: libayatana-appindicator3-1, xdg-utils, default-dbus-session-bus | dbus-session-bus
Section: devel
Priority: optional
Description: local-first office of AI coding agents
 You write down bounded tasks; agents at their desks take them, each in a
 private checkout and a real terminal. What they call done is checked on a
 clean copy; what you accept is merged. Your machine, your files, your rules.
 .
 With the window (afterhours) comes the command line (office).
`;

const DESKTOP = `[Desktop Entry]
Type=Application
Name=Afterhours
GenericName=Office of coding agents
Comment=Watch, direct and review coding agents at work
Exec=afterhours
Icon=afterhours
Terminal=false
Categories=Development;
Keywords=agent;code;task;review;
StartupNotify=true
StartupWMClass=afterhours
`;

function pack({ debug, version }) {
  const target = JSON.parse(output('cargo', ['metadata', '--format-version', '1', '--no-deps'])).target_directory;
  const built = join(target, debug ? 'debug' : 'release');
  const tree = join(target, 'bundle/tree');
  rmSync(tree, { recursive: true, force: true });
  const put = (at, text, mode = 0o644) => {
    mkdirSync(dirname(join(tree, at)), { recursive: true, mode: 0o755 });
    writeFileSync(join(tree, at), text);
    chmodSync(join(tree, at), mode);
  };
  for (const name of PROGRAMS) {
    put(join(HOME, name), readFileSync(join(built, name)), 0o755);
    run('strip', [join(tree, HOME, name)]);
  }
  mkdirSync(join(tree, 'usr/bin'), { recursive: true });
  for (const name of CALLED) symlinkSync(`../lib/afterhours/${name}`, join(tree, 'usr/bin', name));
  put('usr/share/applications/afterhours.desktop', DESKTOP);
  for (const [size, file] of Object.entries(ICONS)) {
    put(`usr/share/icons/hicolor/${size}/apps/afterhours${file.slice(file.lastIndexOf('.'))}`, readFileSync(join(ROOT, 'icons', file)));
  }
  put('usr/share/doc/afterhours/copyright', ['LICENSE', 'LICENSE-MIT', 'LICENSE-APACHE'].map((name) => readFileSync(join(ROOT, name), 'utf8')).join('\n\n'));
  put('usr/share/doc/afterhours/CHANGELOG.md', readFileSync(join(ROOT, 'CHANGELOG.md')));
  const arch = output('dpkg', ['--print-architecture']);
  const [kib] = output('du', ['-sk', join(tree, 'usr')]).split('\t');
  const libc = output('getconf', ['GNU_LIBC_VERSION']).split(' ')[1];
  put('DEBIAN/control', control(version, arch, kib, libc));
  const file = join(target, `bundle/afterhours_${version}_${arch}.deb`);
  run('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', tree, file]);
  copyFileSync(file, join(target, 'bundle/afterhours.deb'));
  console.log(`${file}  ${(statSync(file).size / 2 ** 20).toFixed(1)} MiB\ninstall it with: sudo apt install ${file}`);
}

try {
  const asked = options();
  if (!has('dpkg-deb')) throw new Error('packages are made for Debian and Ubuntu so far, and there (dpkg-deb is not on this machine)');
  makeReady(ROOT, [], WINDOW_PACKAGES);
  build(asked.debug);
  pack(asked);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
