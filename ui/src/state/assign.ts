// What the office would say if this task were given to that desk: takes it, queues it, or refuses and why. Mirrors
// `assign::by_hand` of the core, for the word a desk says while a card hangs over it; the office itself decides.
// Not here: sending the command (commands.ts).
import type { Desk, Engine, EngineName, Refusal, Task } from '../bindings';
import type { OfficeView } from './view';

export type Verdict = { says: 'takes' | 'queues'; why: string } | { says: 'refuses'; why: string; refusal: Refusal };

const refuse = (code: Refusal['code'], message: string, detail: string): Verdict => ({
  says: 'refuses',
  why: message,
  refusal: { code, message, detail },
});

/** The engine a desk would start, or why it has none. */
export function engineOf(view: OfficeView, desk: Desk): { engine: EngineName; refusal: null } | { engine: null; refusal: Refusal } {
  const role = view.office.roles[desk.role];
  if (!role) {
    const refusal: Refusal = { code: 'not_found', message: `there is no role '${desk.role}'`, detail: '`office role list` shows what there is' };
    return { engine: null, refusal };
  }
  const missing: string[] = [];
  for (const name of desk.engine === null ? (role.engines ?? []) : [desk.engine]) {
    const engine = view.office.engines[name];
    if (!engine) missing.push(`there is no engine '${name}' (\`office engine list\`)`);
    else if (engine.needs_command && desk.command === null) missing.push(`'${name}' needs a command line (\`--command\`)`);
    else if (engine.found) return { engine: name, refusal: null };
    else missing.push(`'${name}' is not installed: ${engine.note}`);
  }
  const detail = missing.length > 0 ? missing.join('; ') : 'give it one with `--engine`';
  return { engine: null, refusal: { code: 'unavailable', message: `desk '${desk.name}' has no engine it can start`, detail } };
}

/** What holds an engine, in the office's words; mirrors `Gate` of the core. */
export function gateWords(engine: Engine): string {
  const gate = engine.gate ?? { is: 'owners' };
  switch (gate.is) {
    case 'owners':
      return 'runs what you wrote';
    case 'hard':
      return 'hard: denies what nobody allowed, also without a hook';
    case 'untried':
      return 'not tried yet';
    case 'soft':
      return `soft: ${gate.why}`;
  }
}

/** Why a desk takes no task by itself though it may; none where it does. Mirrors `Office::attended_only` of the core. */
export function attendedOnly(view: OfficeView, desk: Desk): string | null {
  const name = engineOf(view, desk).engine;
  const engine = name === null ? undefined : view.office.engines[name];
  const is = engine?.gate?.is ?? 'owners';
  if (!engine || !desk.auto || is === 'owners' || is === 'hard') return null;
  return `takes no task by itself: ${engine.title} is ${gateWords(engine)}`;
}

export function byHand(view: OfficeView, task: Task, desk: Desk): Verdict {
  if (task.state !== 'ready' && task.state !== 'queued') {
    const way = task.state === 'draft' ? 'release it first' : 'only ready and queued tasks are given to a desk';
    return refuse('wrong_state', `task #${task.id} is ${task.state} and cannot be assigned now`, way);
  }
  if (desk.project !== null && desk.project !== task.project) {
    const home = view.projects.get(desk.project)?.name ?? `#${desk.project}`;
    return refuse('not_allowed', `desk '${desk.name}' works on project '${home}' only`, 'choose another desk');
  }
  if (task.role !== null && task.role !== desk.role) {
    const message = `task #${task.id} is for the role '${task.role}'; desk '${desk.name}' has the role '${desk.role}'`;
    return refuse('not_allowed', message, `choose a desk of that role, or hire one`);
  }
  const engine = engineOf(view, desk);
  if (engine.refusal) return { says: 'refuses', why: engine.refusal.message, refusal: engine.refusal };
  return waits(view, task, desk);
}

/** Nothing refuses it; something may keep it waiting. */
function waits(view: OfficeView, task: Task, desk: Desk): Verdict {
  const queues = (why: string): Verdict => ({ says: 'queues', why });
  if (view.office.hold) return queues('everything is stopped');
  if (desk.hold) return queues(`${desk.name} is paused`);
  if (desk.run !== null) return queues(`${desk.name} is busy`);
  if (task.waiting_for.length > 0) return queues(`it waits for ${task.waiting_for.map((id) => `#${id}`).join(', ')}`);
  const before = task.last_run === null ? undefined : view.runs.get(task.last_run);
  if (before && before.state !== 'ended') return queues('its last run is still ending');
  return { says: 'takes', why: `${desk.name} starts at once` };
}

/** What a desk says in a word or two while a card hangs over it. */
export function dropWord(verdict: Verdict): string {
  if (verdict.says !== 'refuses') return verdict.says === 'takes' ? 'takes it' : `queues it: ${verdict.why}`;
  const { code, message } = verdict.refusal;
  if (code === 'not_allowed') return message.includes('role') ? 'another role' : 'another project';
  return code === 'unavailable' ? 'no engine' : 'not now';
}
