// Requests as an office of today holds them, put into the recorded night: what is asked, what the rules say of it and what it touches.
// For tests and pictures. Not here: judging any of it; the recording has no guard.

const PUSH = {
  argv: ['git', 'push', 'origin', 'release/2.4'],
  shown: 'git push origin release/2.4',
  reason: 'The checks pass on 41 files; the release notes are in the branch.',
  ruling: { said: 'ask', category: 'publish', rule: 'git.push', why: 'commits leave this machine' },
};
const UNKNOWN = {
  argv: ['sh', '-c', 'cd tools && ./publish.sh "$STAGE" | tee /tmp/publish.log'],
  shown: `sh -c 'cd tools && ./publish.sh "$STAGE" | tee /tmp/publish.log'`,
  reason: null,
  ruling: { said: 'ask', category: 'scope', rule: 'none', why: 'no rule knows this: run [sh] ./publish.sh' },
};
const EDIT = {
  held: 'tool',
  argv: ['Edit', JSON.stringify({ file_path: '/tmp/shift/ledger-api/.github/workflows/ci.yml', old_string: 'jobs:\n  test:\n    runs-on: ubuntu\n    if: always()\n', new_string: 'jobs:\n  test:\n    runs-on: ubuntu\n    # nothing is checked at night\n    if: false\n' })],
  shown: `Edit '{"file_path":"ci.yml"}'`,
  reason: null,
  ruling: { said: 'ask', category: 'scope', rule: 'edit.ci', why: 'it changes what checks the work' },
};
const TOUCHES = [
  { words: 'sends commits to another repository (git push)', said: 'ask', rule: 'git.push', why: 'commits leave this machine' },
  { words: 'reaches origin, on the internet', said: 'ask', rule: 'reach.public', why: 'it reaches outside' },
  { words: 'runs git push origin release/2.4', said: 'allow', rule: 'git', why: 'it only looks' },
];
export const REQUESTS = { PUSH, UNKNOWN, EDIT };

/** These are asked now, at desks 1, 2, ... unless said otherwise; what they touch is known. */
export async function asks(page, ...requests) {
  await page.evaluate(
    ({ requests, TOUCHES }) => {
      const { replay } = window;
      const ask = replay.ask.bind(replay);
      replay.ask = async (asked) => (asked.ask === 'touches' ? (replay.asked.push(asked), { kind: 'touches', value: TOUCHES }) : ask(asked));
      const last = replay.played.at(-1).envelope;
      const pushes = requests.map((request, at) => {
        const id = 101 + at;
        const asked = new Date(Date.parse(last.at) - (at + 2) * 60_000).toISOString();
        const noun = { noun: 'approval', id, run: 1, desk: at + 1, task: 11, held: 'command', cwd: `${replay.welcome.dir}/checkouts/11-audit-log`, state: 'waiting', asked, answered: null, note: null, exit: null, since: asked, hash: `hash-${id}`, ...request };
        const event = { noun: 'approval', type: 'asked', approval: noun };
        return { kind: 'event', envelope: { ...last, seq: last.seq + 1 + at, event }, nouns: [noun] };
      });
      replay.send(pushes);
    },
    { requests, TOUCHES },
  );
  await page.locator(`[data-approval="${100 + requests.length}"]`).waitFor();
}
