// An office's answers about files of roles, for a recorded night: for tests and pictures. Not here: any test.

/** From now on such questions are answered; `window.changeRole(name, text)` changes a file as another hand would. */
export const withRoles = (page) =>
  page.evaluate(() => {
    const { replay } = window;
    const ask = replay.ask.bind(replay);
    const last = () => replay.played.at(-1).envelope;
    const OPS = '---\ntitle: Operations\nsummary: Keeps what runs running.\nengines: [claude, codex]\nscope:\n  paths: ["deploy/**"]\n  kinds: [ops]\ngrants:\n  asks: [network, publish]\nbudget: {money: 20}\nwakes_on:\n  - task failed, kind ops\nmay: [create tasks, hold]\n---\nYou keep what runs running.\n';
    const whole = { name: 'ops', title: 'Operations', summary: 'Keeps what runs running.', engines: ['claude', 'codex'], scope: { paths: ['deploy/**'], kinds: ['ops'] }, grants: { asks: ['network', 'publish'] }, budget: { micro_dollars: 20_000_000 }, wakes_on: [{ on: 'task failed', kind: 'ops' }], may: ['create tasks', 'hold'] };
    const file = (role, from, text, fixed = null, faults = []) => ({ file: from === 'project' ? `ledger-api: .claude/agents/${role}.md` : `roles/${role}.md`, role, from, text, fixed, faults });
    const files = [
      file('ops', 'owner', OPS),
      file('engineer', 'shipped', '---\ntitle: Engineer\nsummary: Builds.\n---\nBuild it.\n'),
      file('docs-writer', 'shipped', '---\ntitle: Docs writer\n---\nWrite it down.\n'),
      file('tester', 'project', '---\nname: tester\nlook: pnik\n---\nTest it.\n', "it is the repository's: change it there; only its words and its look count", [{ file: 'ledger-api: .claude/agents/tester.md', line: 3, what: "'pnik' is no look", way_out: 'did you mean `pink`?' }]),
    ];
    const front = (text, key) => text.match(new RegExp(`^${key}: (.*)$`, 'm'))?.[1];
    const tried = (name, text) => {
      const wrong = text.split('\n').findIndex((line) => line.startsWith('mya'));
      const faults = wrong >= 0 ? [{ file: name, line: wrong + 1, what: 'there is no key `mya`', way_out: 'did you mean `may`?' }] : [];
      const role = text === OPS ? whole : { name: name.replace(/^roles\/|\.md$/g, ''), title: front(text, 'title') ?? '', may: front(text, 'may')?.slice(1, -1).split(', ') ?? [] };
      return { role: faults.length > 0 ? null : role, faults };
    };
    const put = (name, text) => {
      const known = files.find((it) => it.file === name);
      if (known) Object.assign(known, { text, from: 'owner' });
      else files.push(file(name.replace(/^roles\/|\.md$/g, ''), 'owner', text));
      const office = { noun: 'office', ...window.shop.view.office };
      const role = tried(name, text).role;
      office.roles = { ...office.roles, [role.name]: { ...office.roles[role.name], ...role } };
      replay.send([{ kind: 'event', envelope: { ...last(), seq: last().seq + 1, event: { noun: 'office', type: 'resumed' } }, nouns: [office] }]);
    };
    window.changeRole = (role, text) => put(`roles/${role}.md`, text);
    replay.ask = async (asked) => {
      const answers = {
        role_files: () => ({ kind: 'role_files', value: files.map((it) => ({ ...it })) }),
        try_role: () => ({ kind: 'role_tried', value: tried(asked.file, asked.text) }),
        keep_role: () => {
          put(asked.file, asked.text);
          return { kind: 'role_tried', value: tried(asked.file, asked.text) };
        },
      };
      if (!answers[asked.ask]) return ask(asked);
      replay.asked.push(asked);
      return answers[asked.ask]();
    };
  });
