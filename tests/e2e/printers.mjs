// Desks that print numbered lines when they are told to, and a page that listens to them through the real shell and checks every
// byte against its offset. Not here: what is asserted or measured of it.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './driver.mjs';

/** The first number; all have as many digits. */
export const FIRST = 1_000_000;
/** Digits, carriage return, line feed: what a terminal makes of a line. */
export const LINE = 9;

/** A repository with one commit, taken on as a project. */
export async function numbers(world) {
  if (existsSync(join(world.folder, 'numbers'))) return;
  const at = join(world.folder, 'numbers');
  mkdirSync(at);
  writeFileSync(join(at, 'README.md'), 'Numbers.\n');
  const git = (...args) => execFileSync('git', args, { cwd: at, env: world.env });
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message', 'Begin');
  await world.takeOn(at);
}

/** So many desks at work, each of which prints `lines` numbered lines once it is told to go. */
export async function printers(world, page, { desks, lines }) {
  await numbers(world);
  // No more is begun than may wait for review, and all of these are to work at once.
  await world.cli('set', '--review-limit', String(desks + 1));
  const signal = join(world.signs, 'go');
  const end = join(world.signs, 'end');
  const body = join(world.folder, 'print.md');
  const wait = (file) => `until [ -e ${file} ]; do sleep 0.1; done`;
  writeFileSync(body, `Print.\n\n\`\`\`sh\n${wait(signal)}\nseq ${FIRST} ${FIRST + lines - 1}\n${wait(end)}\n\`\`\`\n`);
  for (let n = 1; n <= desks; n++) {
    await world.cli('desk', 'add', '--name', `printer-${n}`, '--role', 'engineer');
    await world.cli('task', 'add', `Print ${n}`, '--body-file', body);
  }
  for (let n = 1; n <= desks; n++) await page.sees(`[data-desk="${n}"][data-state="working"]`, 90_000);
  return {
    count: desks,
    bytes: lines * LINE,
    last: FIRST + lines - 1,
    go: () => writeFileSync(signal, ''),
    end: () => writeFileSync(end, ''),
  };
}

/**
 * Opens every desk's terminal in the page, from its first byte on, and checks what comes, into `window.heard`. Whoever is slow
 * gives credit only `slowMs` after each message; `quick` skips the look at each byte.
 */
export async function listen(page, desks, { slowMs = [], quick = false } = {}) {
  await page.run(
    (count, first, line, bytes, slowMs, quick) => {
      const shell = window.__TAURI_INTERNALS__;
      const channel = (each) => {
        const early = new Map();
        let next = 0;
        return `__CHANNEL__:${shell.transformCallback(({ message, index, end }) => {
          if (end) return;
          early.set(index, message);
          for (; early.has(next); next++) {
            const now = early.get(next);
            early.delete(next);
            each(now);
          }
        })}`;
      };
      const digits = String(first).length;
      const expected = (at) => {
        const column = at % line;
        if (column === digits) return 13;
        if (column === digits + 1) return 10;
        return String(first + (at - column) / line).charCodeAt(column);
      };
      const check = (seen, offset, part) => {
        for (let i = 0; i < part.length; ) {
          const at = offset + i - seen.begin;
          if (at >= bytes) return;
          if (at % line === 0 && i + line <= part.length && at + line <= bytes) {
            const text = String(first + at / line);
            for (let k = 0; k < digits; k++) if (part[i + k] !== text.charCodeAt(k)) return (seen.wrong ??= `at ${at}: ${String.fromCharCode(...part.subarray(i, i + line))}, not ${text}`);
            if (part[i + digits] !== 13 || part[i + digits + 1] !== 10) return (seen.wrong ??= `at ${at + digits}: no end of a line`);
            i += line;
          } else {
            if (part[i] !== expected(at)) return (seen.wrong ??= `at ${at}: ${part[i]}, not ${expected(at)}`);
            i++;
          }
        }
      };
      window.heard = Array.from({ length: count }, () => ({ begin: null, at: null, end: null, bytes: 0, missed: 0, doubled: 0, messages: 0, most: 0, wrong: null, done: false, began: 0, over: 0 }));
      return Promise.all(
        window.heard.map(async (seen, index) => {
          let id = null;
          let owed = 0;
          let waiting = 0;
          const give = (much) => {
            waiting -= much;
            if (id === null) owed += much;
            else void shell.invoke('terminal_drawn', { id, bytes: much });
          };
          const news = channel((what) => {
            if (!(what instanceof ArrayBuffer)) {
              if (what.kind !== 'gap') return;
              seen.missed += what.to - Math.max(what.from, seen.begin ?? what.to);
              seen.at = what.to;
            } else {
              const offset = Number(new DataView(what).getBigUint64(0, true));
              const part = new Uint8Array(what, 8);
              seen.messages++;
              waiting += part.length;
              seen.most = Math.max(seen.most, waiting);
              if (seen.begin === null) {
                // What was printed before the numbers is not counted.
                const text = new TextDecoder('latin1').decode(part);
                const found = text.indexOf(String(first));
                if (found >= 0) {
                  seen.begin = offset + found;
                  seen.end = seen.begin + bytes;
                  seen.at = seen.begin;
                  seen.began = performance.now();
                }
              }
              if (seen.begin !== null) {
                const known = Math.max(0, seen.at - offset);
                if (seen.at > seen.begin) seen.doubled += known;
                if (offset > seen.at) seen.wrong ??= `a hole before ${offset} that was not said`;
                const fresh = part.subarray(known);
                seen.bytes += Math.max(0, Math.min(fresh.length, seen.end - offset - known));
                if (!quick) check(seen, offset + known, fresh);
                seen.at = offset + part.length;
              }
              if (slowMs[index]) setTimeout(() => give(part.length), slowMs[index]);
              else give(part.length);
            }
            if (seen.begin !== null && seen.at >= seen.end && !seen.done) {
              seen.done = true;
              seen.over = performance.now();
            }
          });
          id = await shell.invoke('terminal_open', { desk: String(index + 1), from: 0, news });
          if (owed > 0) void shell.invoke('terminal_drawn', { id, bytes: owed });
        }),
      ).then(() => true);
    },
    desks.count, FIRST, LINE, desks.bytes, slowMs, quick,
  );
}
