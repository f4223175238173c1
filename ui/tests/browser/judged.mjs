// What another run says of a change, for the recorded night, in which nobody reviews. Not here: what is done with it.

/** The first change that waits for its owner was reviewed at another desk: changes are wanted. */
export async function judged(page) {
  await page.evaluate(() => {
    const { replay } = window;
    const nouns = replay.played.flatMap((push) => push.nouns);
    const last = replay.played.at(-1).envelope;
    const task = nouns.findLast((it) => it.noun === 'task' && it.state === 'in review' && it.deliverable === 'change' && it.work);
    const by = { kind: 'agent', desk: 6, run: 90 };
    const judged = { verdict: 'changes-wanted', words: 'On a bright screen the **total** cannot be read: `--ink3` on `--paper` is 2.1 to 1.', evidence: '```\n$ npm run contrast\ntotal 2.1:1  FAILED\n```', by, at: last.at };
    const review = { commit: task.work.tip, done_by: 77, authors: [task.desk], asked: last.at, round: 3, judged };
    const noun = { ...task, review, why: 'its reviewer wanted changes 3 times; you decide: the total cannot be read' };
    replay.send([{ kind: 'event', envelope: { ...last, seq: last.seq + 1, event: { noun: 'task', type: 'judged', task: task.id, commit: review.commit, judged } }, nouns: [noun] }]);
    window.judgedTask = task.id;
  });
}

/** Two desks at work change the same lines, and one of them touches a file of a third. */
export async function colliding(page) {
  await page.evaluate(() => {
    const { replay } = window;
    const nouns = [...(replay.recording?.snapshot?.nouns ?? []), ...replay.played.flatMap((push) => push.nouns)];
    const last = replay.played.at(-1).envelope;
    const project = nouns.findLast((it) => it.noun === 'project');
    const at = (desk) => nouns.findLast((it) => it.noun === 'task' && it.desk === desk && it.state !== 'done' && it.state !== 'queued').id;
    const pair = (a, b, files, conflicts) => ({ one: Math.min(at(a), at(b)), other: Math.max(at(a), at(b)), files, conflicts, since: last.at });
    const collisions = [pair(1, 2, ['src/payments.py', 'src/errors.py'], ['src/payments.py']), pair(1, 5, ['src/receipts.css'], [])];
    replay.send([{ kind: 'event', envelope: { ...last, seq: last.seq + 1, event: { noun: 'project', type: 'collisions_seen', project: project.id, collisions } }, nouns: [{ ...project, collisions }] }]);
    window.collisionsOf = collisions;
  });
}

/** Two changes are accepted and on their way, one was and could not be merged, and its backlog file has a fault. */
export async function landing(page) {
  await page.evaluate(() => {
    const { replay } = window;
    const nouns = [...(replay.recording?.snapshot?.nouns ?? []), ...replay.played.flatMap((push) => push.nouns)];
    const last = replay.played.at(-1).envelope;
    const project = nouns.findLast((it) => it.noun === 'project');
    const model = nouns.findLast((it) => it.noun === 'task' && it.state === 'in review' && it.deliverable === 'change' && it.work);
    const at = (id, title, change) => ({ ...model, id, title, project: project.id, accepted: last.at, ...change });
    const tasks = [
      at(901, 'Round prices half up', { state: 'merging', landing: { commit: 'c'.repeat(40), onto: 'b'.repeat(40), checked: false } }),
      at(902, 'Send receipts by mail', { state: 'merging', landing: null }),
      at(903, 'Drop a column', { state: 'in review', landing: null, why: "the work tree of 'main' has changes" }),
    ];
    const files = { backlog: 'TASKS.md', backlog_trouble: "TASKS.md, line 12: 'chekc=true' says nothing here; write `check=...`" };
    const push = (event, noun, n) => ({ kind: 'event', envelope: { ...last, seq: last.seq + 1 + n, event }, nouns: [noun] });
    replay.send([push({ noun: 'project', type: 'files_set', project: project.id, files }, { ...project, files }, 0), ...tasks.map((task, n) => push({ noun: 'task', type: 'edited', task }, { noun: 'task', ...task }, n + 1))]);
    window.heldProject = () => {
      const hold = { reason: 'base_rewritten', since: last.at, until: null, release: 'office queue release', what: "'main' was rewritten: have a look at it." };
      replay.send([push({ noun: 'project', type: 'queue_held', project: project.id, hold }, { ...project, files, queue_hold: hold }, tasks.length + 1)]);
    };
  });
}
