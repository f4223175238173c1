// A coordinator, a talk and a plan for the recorded night, which has none. Not here: what is done with them.

/** Iris leads the desks; the owner said a sentence, and she planned three drafts. Without `led` nobody leads and nothing is planned. */
export async function plans(page, { led = true } = {}) {
  await page.evaluate((led) => {
    const { replay } = window;
    const ask = replay.ask.bind(replay);
    const last = () => replay.played.at(-1).envelope;
    const at = (minutes) => new Date(Date.parse(last().at) - minutes * 60_000).toISOString();
    const agent = { kind: 'agent', desk: 8, run: 8 };
    const bare = { body: '', deliverable: 'change', priority: 'normal', role: 'engineer', attempts_max: 3, attempts_used: 0, time_limit_secs: null, state: 'draft', desk: null, lease: null, last_run: null, workplace: null, claim: null, work: null, results: [], marks: [], hold: null, why: null, notes: [], progress: null, accepted: null, merged: null };
    const check = (run) => ({ name: run, run, timeout_secs: 600, files: [] });
    const draft = (id, title, depends_on, checks, more = {}) => ({ noun: 'task', id, project: 1, title, depends_on, waiting_for: depends_on, checks: checks.map(check), added: at(2), since: at(2), ...bare, ...more });
    const mail = (id, change) => ({ noun: 'mail', id, thread: 1, answers: null, from: agent, task: null, to: { kind: 'owner' }, kind: 'message', subject: 'Refunds', text: '', files: [], hops: 0, state: 'acted', sent: at(9 - id), since: at(9 - id), held_by: null, handed: 0, why: null, ...change });
    const desk = { noun: 'desk', id: 8, name: 'Iris', role: 'coordinator', project: null, engine: null, command: null, hold: null, run: null, last_run: null, queue: [], auto: false, removed: false };
    const plan = { noun: 'plan', id: 1, project: 1, title: 'Refunds can be made in part', words: 'The ledger first: both doors use it. Vouchers are left out.', by: agent, thread: 1, drafts: [{ task: 16, estimate_mins: 40 }, { task: 17, estimate_mins: 50 }, { task: 18 }], state: 'proposed', proposed: at(2), since: at(2) };
    const tasks = [
      draft(16, 'Book part of a payment back in the ledger', [], ['pytest tests/test_ledger.py']),
      draft(17, 'POST /refunds takes an amount below the total', [16], ['pytest tests/test_refunds.py']),
      draft(18, 'Improve the refund docs', [17], [], { role: 'docs-writer' }),
    ];
    const talked = [mail(1, { from: { kind: 'owner' }, to: { kind: 'desk', desk: 8 }, text: 'Shops should be able to refund a part of a payment.' }), mail(2, { kind: 'answer', answers: 1, text: 'Three steps, about an hour and a half. **Vouchers are left out**: nobody asked for them yet.', state: 'read' })];
    const flaws = [{ kind: 'vague', words: 'improve', why: 'says a direction, not where it ends', add: 'say what is to be so afterwards' }];
    const push = (noun) => replay.send([{ kind: 'event', envelope: { ...last(), seq: last().seq + 1, event: { noun: 'effect', type: 'ended', effect: '1.0', what: { do: 'discard', runs: [] }, outcome: { kind: 'done' }, trouble: null } }, nouns: [noun] }]);
    replay.ask = async (it) => {
      if (it.ask === 'mails') return { kind: 'mails', value: talked };
      if (it.ask === 'inbox') return { kind: 'mails', value: [] };
      if (it.ask === 'lint') return { kind: 'linted', value: [{ task: it.tasks[0], flaws: it.tasks[0] === 18 ? flaws : [] }] };
      if (it.ask === 'talk') {
        replay.asked.push(it);
        const said = mail(3, { from: { kind: 'owner' }, to: { kind: 'desk', desk: 8 }, text: it.text, state: 'queued', sent: at(0) });
        push(said);
        return { kind: 'changed', value: said };
      }
      if (it.ask !== 'submit' || !['plan', 'task'].includes(it.body.noun)) return ask(it);
      replay.asked.push(it);
      if (it.body.noun === 'plan' && it.body.do !== 'edit') {
        const state = it.body.do === 'accept' ? 'accepted' : 'rejected';
        push({ ...plan, state, note: it.body.note ?? null });
        for (const task of tasks) push({ ...task, state: state === 'accepted' ? 'ready' : 'cancelled' });
      }
      return { kind: 'changed', value: it.body.noun === 'plan' ? plan : tasks[0] };
    };
    if (led) for (const noun of [desk, ...talked, ...tasks, plan]) push(noun);
  }, led);
}
