// Reads how many tests passed and failed out of what a test runner printed, and what of it is worth showing.

/** Nothing counted yet; `ran` says whether any summary was found at all. */
const none = () => ({ passed: 0, failed: 0, skipped: 0, ran: false });

const plain = (text) => text.replace(/\x1b\[[0-9;]*m/g, '').replace(/\r/g, '');

/** `Summary [ 1.2s] 5 tests run: 3 passed (1 slow), 1 failed, 1 timed out, 2 skipped` */
export function countNextest(text) {
  const lines = plain(text).split('\n').filter((line) => /^\s*Summary \[/.test(line));
  const line = lines.at(-1);
  if (!line) return none();
  const number = (pattern) => Number(pattern.exec(line)?.[1] ?? 0);
  // "exec failed" is a test that could not be started.
  const failed = number(/, (\d+) failed/) + number(/, (\d+) exec failed/) + number(/, (\d+) timed out/);
  // An interrupted run says "3/5 tests run": those that did not run did not pass.
  const cut = /(\d+)\/(\d+) tests? run/.exec(line);
  const unrun = cut ? Number(cut[2]) - Number(cut[1]) : 0;
  return { passed: number(/(\d+) passed/), failed: failed + unrun, skipped: number(/(\d+) skipped/), ran: true };
}

/** `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out`, once for each binary. */
export function countCargo(text) {
  const total = none();
  for (const found of plain(text).matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm)) {
    total.passed += Number(found[1]);
    total.failed += Number(found[2]);
    total.skipped += Number(found[3]);
    total.ran = true;
  }
  return total;
}

/** node's TAP: `# pass 3`, `# fail 0`, `# skipped 1`. */
export function countNode(text) {
  const number = (name) => Number(new RegExp(`^# ${name} (\\d+)`, 'm').exec(plain(text))?.[1] ?? 0);
  const ran = /^# pass \d+/m.test(plain(text));
  return { passed: number('pass'), failed: number('fail') + number('cancelled'), skipped: number('skipped'), ran };
}

/** A suite that is one check: it holds or it does not. */
export function countOne() {
  return none();
}

const QUIET = [
  /^\s*(Compiling|Checking|Downloading|Downloaded|Finished|Fresh|Running|Blocking|Locking|Updating|Adding|Doc-tests|Building)\b/,
  /^\s*(PASS|SLOW|SKIP|START|Starting|Nextest run ID)\b/,
  /^\s*PASS \[/,
  /^test .* \.\.\. ok$/,
  /^running \d+ tests?$/,
  /^test result: ok\./,
];

/** A failed suite's log without the lines that say that all is well; no more than `most` characters, its end. */
export function worthShowing(text, most = 400_000) {
  const lines = plain(text).split('\n').filter((line) => !QUIET.some((pattern) => pattern.test(line)));
  const shown = lines.join('\n').replace(/\n{3,}/g, '\n\n').trim();
  return shown.length <= most ? shown : `[${shown.length - most} characters left out]\n${shown.slice(-most)}`;
}

/** What happened to a suite, from its counts and how its process ended. */
export function settle(counts, { code, timedOut, kind }) {
  const result = { ...counts };
  if (kind === 'one') return timedOut || code !== 0 ? { ...result, failed: 1 } : { ...result, passed: 1 };
  // A runner that was cut off, crashed, did not compile or ran nothing at all must never look green.
  const silent = code === 0 && counts.passed + counts.failed === 0;
  const unexplained = code !== 0 && counts.failed === 0;
  if (timedOut || silent || unexplained) result.failed += 1;
  return result;
}
