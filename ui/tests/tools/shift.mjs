// What the recorded night is made of: a small repository, the people, and the tasks with the scripts that do them.
// Not here: the order in which it happens (record.mjs).

export const FILES = {
  'README.md': '# ledger-api\n\nInvoices, payments and receipts.\n',
  'src/invoices.py': `"""Invoices: listing and totals."""

PAGE = 50


def listing(rows, start=0):
    """One page of invoices, newest first."""
    ordered = sorted(rows, key=lambda row: row["at"], reverse=True)
    return ordered[start : start + PAGE]


def total(row):
    net = sum(item["price"] * item["count"] for item in row["items"])
    return round(net * (1 + row["tax"]), 2)
`,
  'src/payments.py': `"""Payments: one POST, one payment."""

import uuid


def create(request, store):
    payment = {"id": str(uuid.uuid4()), "amount": request["amount"]}
    store[payment["id"]] = payment
    return payment
`,
  'src/receipts.css': '.receipt {\n  color: #222;\n  background: #fff;\n  border: 1px solid #ddd;\n}\n',
  'tests/check.sh': '#!/bin/sh\nset -e\ntest -s src/invoices.py\ntest -s src/payments.py\necho "2 files are there"\n',
  '.office/project.toml': '[[checks]]\nname = "files"\nrun = "./tests/check.sh"\n',
};

const hand = (name, role = 'engineer') => ({ name, role, auto: false });
export const TEAM = [
  hand('Mara'),
  hand('Otto'),
  hand('Kofi'),
  hand('Ines', 'docs-writer'),
  hand('Lena', 'refactorer'),
  hand('Juno'),
  hand('Tomas', 'docs-writer'),
];

const script = (...lines) => ['```sh', ...lines, '```', ''].join('\n');
const say = (text) => `printf '%s\\n' '${text}'`;
const does = (words, ...lines) => `${words}\n\n${script(...lines)}`;

export const WORK = {
  errors: {
    title: 'Typed errors in the client',
    body: does('A caller can tell a refused payment from a broken line.', "printf 'class Refused(Exception):\\n    \"\"\"The bank said no.\"\"\"\\n' > src/errors.py", 'office task done --summary "one class for each cause"'),
    checks: ['grep -q Refused src/errors.py'],
  },
  totals: {
    title: 'Cache invoice totals',
    body: does('Totals are asked for on every page.', "printf '\\n\\n_TOTALS = {}\\n# Emptied with the process: a total never changes once it is sent.\\n' >> src/invoices.py", 'office task done --summary "totals are kept"'),
  },
  matrix: {
    title: 'Tidy the CI matrix',
    body: does('Two versions are enough.', "mkdir -p ci && printf 'python: [3.11, 3.13]\\n' > ci/matrix.yml", 'office task done --summary "two versions"'),
    role: 'docs-writer',
  },
  idempotency: {
    title: 'Add idempotency keys to POST /payments',
    priority: 'high',
    body: does(
      'A repeated request returns the first result; a changed body under the same key is refused.\n\n- keep the key with the hash of the body\n- answer a conflict with 409',
      say('Read src/payments.py (9 lines)'),
      say('Grep "idempotency": no matches'),
      say(''),
      say('I will store the key with the hash of the body, so a replay'),
      say('returns the first result and a changed body is refused.'),
      say(''),
      'printf \'\\033[34mEdit\\033[0m src/payments.py\\n\'',
      "sed -i 's/def create(request, store):/def create(request, store, keys):/' src/payments.py",
      'git diff --stat',
      'office task progress "2 of 5: the store keeps keys, the tests are next"',
      'printf \'\\033[34mRun\\033[0m python -m unittest\\n\'',
      'printf \'test_replay_returns_first_result ... \\033[32mok\\033[0m\\n\'',
      'printf \'test_changed_body_is_conflict ... \\033[32mok\\033[0m\\n\'',
      'printf \'test_concurrent_reserve ... \\033[33mrunning\\033[0m\\n\'',
      'sleep 600',
    ),
  },
  rounding: {
    title: 'Round half even in tax totals',
    attempts: 1,
    body: does('Tax is rounded half to even, as the law says.', say('tests/test_tax.py::test_round FAILED'), say('AssertionError: 0.125 became 0.13, not 0.12'), 'exit 1'),
    checks: ['grep -q ROUND_HALF_EVEN src/invoices.py'],
  },
  release: {
    title: 'Release notes for 2.4',
    role: 'docs-writer',
    body: does(
      'What changed since 2.3, for people who call the API.',
      "printf '# 2.4\\n\\n- Errors are typed.\\n- Totals are cached.\\n' > NOTES.md",
      'office task blocked --done-so-far "the notes are written" --needs "Is the cursor part of 2.4, or does it wait for 2.5?"',
    ),
  },
  headers: {
    title: 'Document rate-limit headers',
    role: 'docs-writer',
    body: does(
      'Say what Retry-After means here.',
      "mkdir -p docs && printf '# Rate limits\\n\\nEvery answer carries `RateLimit-Remaining`. At 0 a call is answered with 429 and\\n`Retry-After` in seconds.\\n' > docs/limits.md",
      "sed -i 's/receipts\\./receipts. See [limits](docs\\/limits.md)./' README.md",
      'office task done --summary "Two headers, one page, a link from the README."',
    ),
    checks: ['grep -q Retry-After docs/limits.md'],
  },
  receipts: {
    title: 'Dark mode tokens for receipts',
    role: 'refactorer',
    body: does(
      'Receipts follow the theme.',
      "printf ':root {\\n  --ink: #222;\\n  --paper: #fff;\\n  --line: #ddd;\\n}\\n@media (prefers-color-scheme: dark) {\\n  :root {\\n    --ink: #eee;\\n    --paper: #16181d;\\n    --line: #333;\\n  }\\n}\\n.receipt {\\n  color: var(--ink);\\n  background: var(--paper);\\n  border: 1px solid var(--line);\\n}\\n' > src/receipts.css",
      "printf 'test -s src/receipts.css\\n' >> tests/check.sh",
      'office task done --summary "Three tokens, both themes; the check looks for the file now."',
    ),
  },
  migration: {
    title: 'Plan the Postgres 17 move',
    body: does('Which queries change their plan?', "printf '# Postgres 17\\n\\nThree queries change their plan.\\n' > PLAN.md", 'office task done --summary "three queries, all covered by an index"'),
    checks: ['sleep 600'],
  },
  pagination: { title: 'Cursor pagination for /invoices', priority: 'high', body: 'Pages by cursor, not by offset.', checks: ['grep -q cursor src/invoices.py'] },
  audit: { title: 'Audit log for refunds and voids', body: does('Who, when, how much, and why.', say('Read src/payments.py'), 'sleep 600'), checks: ['test -s src/audit.py'] },
  webhook: { title: 'Flaky: webhook retry test', priority: 'urgent', body: 'Red once in nine runs.' },
  driver: { title: 'Upgrade to Postgres 17 driver', priority: 'low', body: 'After the plan is merged.', after: ['migration'] },
  tokens: { title: 'Why is the import slow?', deliverable: 'finding', role: 'researcher', body: 'Where does the time go?' },
  limits: { title: 'Split the reporting queue', body: 'Reports must not hold up payments.', draft: true },
};

/** What a form that was left as it is sends. */
export const DEFAULTS = { body: '', checks: [], priority: 'normal', deliverable: 'change', role: null, depends_on: [], attempts: null, time_limit_secs: null, draft: false };

/** Written by hand after the night: one that is done at once, and one that asks before it publishes. */
export const BY_HAND = {
  hello: { title: 'Say hello', body: script("printf 'hello\\n' > HELLO.md", 'office task done --summary "one friendly line"') },
  publish: {
    title: 'Publish the notes',
    body: script("printf 'published\\n' > PUBLISHED.md", "office ask-approval --reason 'The notes are final; publishing cannot be undone.' -- sh -c 'echo published' && office task done --summary published"),
  },
};
