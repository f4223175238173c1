// An office's answers about rules, grants and wishes, for a recorded night that has none: for tests and pictures. Not here: any test.

/** From now on such questions are answered, and what is set is so. */
export const withRules = (page) =>
  page.evaluate(() => {
    const { replay } = window;
    const ask = replay.ask.bind(replay);
    const last = () => replay.played.at(-1).envelope;
    const push = (event, ...nouns) => replay.send([{ kind: 'event', envelope: { ...last(), seq: last().seq + 1, event }, nouns }]);
    const view = () => window.shop.view;
    push({ noun: 'office', type: 'resumed' }, { noun: 'office', ...view().office, settings: { review_limit: 10, notify: 'on', unattended: { park_after_mins: 15, deny_after_hours: {}, path: {}, look_first: ['publish', 'secrets'], urgent: [], quiet: null, tell_every_secs: 60 } } });
    const file = (file, layer, of, text, fixed = null) => ({ file, layer, of, text, fixed });
    const SHIPPED = 'it comes with the program; a rule of yours is put beside it';
    const GIT = '[[rule]]\nid = "git.push"\nrun = "git push"\nverdict = "ask"\ncategory = "publish"\nwhy = "commits leave this machine"\nmatch = ["git push origin main"]\nnot_match = ["git status"]\n';
    const files = [file('shipped/git.toml', 'shipped', null, GIT, SHIPPED), file('mine.toml', 'owner', null, null), file('settled.toml', 'owner', null, '# What you settled in the inbox.\n'), file('projects/ledger-api.toml', 'project', 'ledger-api', null), file('roles/engineer.toml', 'role', 'engineer', null), file('desks/Mara.toml', 'desk', 'Mara', null)];
    const said = (said, rule, why) => ({ said, rule, why, category: said === 'allow' ? null : 'publish' });
    const changes = [
      { at: last().at, times: 3, desk: 1, task: 11, shown: 'make deploy', before: said('allow', 'make', 'it builds'), after: said('ask', 'mine.deploy', 'it changes what our users see') },
      { at: last().at, times: 1, desk: 2, task: null, shown: 'npm publish', before: said('ask', 'publish', 'it releases something'), after: said('deny', 'mine.no', 'never by night') },
    ];
    const since = new Date(Date.parse(last().at) - 3 * 3600_000).toISOString();
    const tried = (text) => {
      const rules = text.split('[[rule]]').length - 1;
      const faults = text.includes('broken') ? [{ line: 2, what: 'mine.deploy: it should fit "make deploy", and does not' }] : [];
      return { faults, rules, examples: text.includes('match') ? 3 : 0, looked: faults.length > 0 ? 0 : 42, left: 0, since, changes: rules > 0 && faults.length === 0 ? changes : [] };
    };
    const refused = (message, detail) => Object.assign(new Error(message), { refusal: { code: 'invalid', message, detail } });
    replay.ask = async (asked) => {
      const answers = {
        rules: () => ({ kind: 'rules', value: files }),
        try_rules: () => ({ kind: 'rules_tried', value: tried(asked.text) }),
        keep_rules: () => {
          files.find((it) => it.file === asked.file).text = asked.text;
          return { kind: 'rules_tried', value: tried(asked.text) };
        },
        shape_of: () => {
          if (/[;'"]/.test(asked.line)) throw refused('this is not one plain command', 'write one command as it is typed');
          const [program, sub, ...words] = asked.line.split(' ');
          return { kind: 'shape', value: { run: `${program} ${sub}`, words } };
        },
      };
      const { body } = asked;
      if (!answers[asked.ask] && body?.noun !== 'grant' && body?.do !== 'set') return ask(asked);
      replay.asked.push(asked);
      if (answers[asked.ask]) return answers[asked.ask]();
      if (body.do === 'set') {
        const office = { noun: 'office', ...view().office, seq: last().seq + 1, settings: body.settings };
        push({ noun: 'office', type: 'resumed' }, office);
        return { kind: 'changed', value: office };
      }
      if (body.do === 'give') {
        const { run, words, ...rest } = body.new;
        const grant = { noun: 'grant', id: 1, covers: { kind: 'shape', run, words }, task: null, used: 1, given: last().at, revoked: null, ...rest };
        push({ noun: 'grant', type: 'given', grant }, grant);
      }
      return { kind: 'ok' };
    };
  });
