// Mail for the recorded night, which has none. Not here: what is done with it.

/** Two talks: a question of a desk's to the owner, and a handoff between two desks that was acted upon. */
export async function letters(page) {
  await page.evaluate(() => {
    const { replay } = window;
    const ask = replay.ask.bind(replay);
    const last = replay.played.at(-1).envelope;
    const at = (minutes) => new Date(Date.parse(last.at) - minutes * 60_000).toISOString();
    const agent = (desk) => ({ kind: 'agent', desk, run: desk });
    const mail = (id, change) => ({ noun: 'mail', id, thread: id, answers: null, from: agent(1), task: 11, to: { kind: 'owner' }, kind: 'message', subject: '', text: '', files: [], hops: 0, state: 'queued', sent: at(9 - id), since: at(9 - id), held_by: null, handed: 0, why: null, ...change });
    const nouns = [
      mail(1, { from: agent(2), to: { kind: 'desk', desk: 1 }, kind: 'handoff', subject: 'The rounding is yours', text: 'I left the **table test** red on purpose.', files: ['tests/rounding.rs'], enclosed: '5f2a', state: 'acted' }),
      mail(2, { thread: 1, answers: 1, to: { kind: 'desk', desk: 2 }, kind: 'answer', subject: 'The rounding is yours', text: 'Taken.', state: 'read', held_by: 2, hops: 1 }),
      mail(3, { kind: 'question', subject: 'Half up, or half to even?', text: 'Finance says `half even`; the old code rounds up.' }),
      mail(4, { from: { kind: 'owner' }, to: { kind: 'desk', desk: 3 }, subject: 'Are you there?', state: 'bounced', why: 'desk-3 has left the office', task: null }),
    ];
    // Sent long ago, and not at hand: it is found when it is looked for.
    const old = [mail(0, { thread: 0, from: agent(3), to: { kind: 'role', role: 'ops' }, subject: 'Freeze of last spring', text: 'Nothing was merged for a week.', state: 'acted', sent: at(90 * 24 * 60), since: at(90 * 24 * 60) })];
    replay.ask = async (it) => {
      if (it.ask === 'mails' && it.words) {
        replay.asked.push(it);
        const words = it.words.toLowerCase().split(/\s+/);
        return { kind: 'mails', value: [...nouns, ...old].filter((mail) => words.every((word) => `${mail.subject} ${mail.text}`.toLowerCase().includes(word))) };
      }
      if (it.ask === 'mails') return { kind: 'mails', value: [...nouns, ...old].filter((mail) => mail.thread === it.thread) };
      if (it.ask === 'inbox') return { kind: 'mails', value: [] };
      if (it.ask !== 'send_mail') return ask(it);
      replay.asked.push(it);
      return { kind: 'changed', value: mail(9, { from: { kind: 'owner' }, thread: it.answers ?? 9, to: { kind: 'desk', desk: 1 }, text: it.text, subject: it.subject || 'Half up, or half to even?' }) };
    };
    replay.send(nouns.map((noun, n) => ({ kind: 'event', envelope: { ...last, seq: last.seq + 1 + n, event: { noun: 'mail', type: 'sent', mail: noun } }, nouns: [noun] })));
  });
}

/** A mail between two desks that nobody was told of for hours; another when it is called again. */
export async function undelivered(page, minutes, to = 3) {
  await page.evaluate(([minutes, to]) => {
    const { replay } = window;
    const last = replay.played.at(-1).envelope;
    const at = new Date(Date.parse(last.at) - minutes * 60_000).toISOString();
    const mail = { noun: 'mail', id: 50 + to, thread: 50 + to, answers: null, from: { kind: 'agent', desk: 1, run: 1 }, task: null, to: { kind: 'desk', desk: to }, kind: 'handoff', subject: 'Take the audit log over', text: '', files: [], hops: 0, state: 'queued', sent: at, since: at, held_by: null, handed: 0, why: null };
    replay.send([{ kind: 'event', envelope: { ...last, seq: last.seq + 1, event: { noun: 'mail', type: 'sent', mail } }, nouns: [mail] }]);
  }, [minutes, to]);
}
