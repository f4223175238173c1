// What the programs print whose terminals are recorded (record-terminals.mjs): colours, a diff on coloured ground, a bar that
// is drawn over itself, wide characters. Shell scripts. Not here: the tasks of the recorded night (shift.mjs).

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const say = (...lines) => lines.map((line) => `printf '%b\\n' ${quoted(line)}`).join('\n');
const dim = (text) => `\\033[38;5;103m● ${text}\\033[0m`;
const does = (what, on) => `\\033[1;34m● ${what}\\033[0m \\033[34m${on}\\033[0m`;
const added = (no, text) => `\\033[48;2;13;32;44m\\033[32m  ${no} +   ${text}\\033[K\\033[0m`;
const removed = (no, text) => `\\033[48;2;44;16;44m\\033[31m  ${no} -   ${text}\\033[K\\033[0m`;
const fine = (test) => `  \\033[32mtest ${test} ... ok\\033[0m`;

export const SCREENS = {
  Mara: [
    say(
      dim('Read src/payments.py (9 lines)'),
      dim('Grep "idempotency": no matches'),
      '',
      '\\033[97mI will store the key with the hash of the body, so a replay\\033[0m',
      '\\033[97mreturns the first result and a changed body is refused.\\033[0m',
      '',
      does('Edit', 'src/payments.py'),
      added(4, 'def create(request, store, keys):'),
      added(5, '    held = keys.get(request["key"])'),
      added(6, '    if held and held.body == digest(request):'),
      added(7, '        return held.result'),
      removed(8, '    payment = {"id": str(uuid.uuid4()), "amount": request["amount"]}'),
      added(8, '    payment = keys.reserve(request["key"], digest(request))'),
      '',
      does('Run', 'python -m unittest'),
      '  running 38 tests',
      fine('replay_returns_first_result'),
      fine('changed_body_is_conflict'),
      '  \\033[33mtest concurrent_reserve ... running\\033[0m',
      '',
    ),
    // Drawn over itself, as agents do with the time they take.
    "for n in 12 47 88 102; do printf '\\r\\033[K\\033[33m✳ Working %ds · 12.4k tokens\\033[0m' $n; sleep 0.1; done",
    "printf '\\n\\n› '",
  ].join('\n'),
  Otto: [
    say(dim('Read the plans of 41 queries'), '', '\\033[1mQueries whose plan changes with 17\\033[0m', ''),
    say(...['invoices_by_customer', 'receipts_of_day', 'ledger_balance'].map((name, i) => `  ${name.padEnd(24)}\\033[${i === 1 ? 33 : 32}m${['index scan', 'bitmap scan', 'index only'][i].padEnd(14)}\\033[0m ${[12, 31, 4][i]} ms`)),
    say('', '\\033[32m✓\\033[0m PLAN.md: 表 3, all covered by an index', ''),
    "for n in 10 35 60 85 100; do printf '\\r\\033[K\\033[36m%s%%\\033[0m of the checks' $n; sleep 0.1; done",
  ].join('\n'),
};
