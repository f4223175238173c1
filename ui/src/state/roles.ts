// A role as a person reads it: what it is for and what it may, line by line; and a draft of its file with what it began on.
// Not here: reading a file of a role; the office does that, and says what is wrong.
import type { Limits, Role, RoleFrom, WakeOn } from '../bindings';
import { amount } from './budget';
import { parsed } from './prefs';

export const FROM: Readonly<Record<RoleFrom, string>> = { owner: 'Yours', project: 'Of a repository', shipped: 'They came with it' };

const woken = (it: WakeOn): string => [it.on, it.kind && `kind ${it.kind}`, it.role && `role ${it.role}`].filter(Boolean).join(', ');
const limits = (it: Limits): string =>
  (['micro_dollars', 'tokens', 'input', 'output'] as const).flatMap((kind) => (it[kind] == null ? [] : [amount(kind, it[kind])])).join(', ');
const listed = (words: readonly string[] | null | undefined, none: string): string => (words == null ? '' : words.length > 0 ? words.join(', ') : none);

/** What it is, in pairs of a name and words; what is not said of it is left out. */
export function factsOf(role: Role): [name: string, words: string][] {
  const all: [string, string][] = [
    ['Title', role.title],
    ['For', role.summary ?? ''],
    ['May', listed(role.may, '')],
    ['Changes', listed(role.scope?.paths, '')],
    ['Takes', listed(role.scope?.kinds, '')],
    ['Asks about', listed(role.grants?.asks, 'nothing')],
    ['Tools', listed(role.grants?.tools, 'none')],
    ['Woken by', (role.wakes_on ?? []).map(woken).join('; ')],
    ['Budget', role.budget ? limits(role.budget) : ''],
    ['Engines', [...(role.engines ?? []), ...Object.entries(role.models ?? {}).map(([engine, model]) => `${engine} with ${model}`)].join(', ')],
  ];
  return all.filter(([, words]) => words !== '');
}

/** What was typed, and the text it began on: none where there was no file of the owner's. */
export interface RoleDraft {
  text: string;
  was: string | null;
}
export function draftOf(kept: string): RoleDraft | null {
  if (!kept) return null;
  const { text, was } = parsed(kept);
  return typeof text === 'string' ? { text, was: typeof was === 'string' ? was : null } : null;
}

/** A file to begin with. */
export const NEW_ROLE = `---
title: Night watch
summary: Says in the morning what broke in the night.
engines: [claude, codex, opencode]
scope:
  kinds: [ops]
grants:
  asks: [network]
may: [create tasks]
---
You watch what runs at night. Say here what whoever holds this role is to do, and what to leave alone.
`;
/** What may be the name of a role, as its file is called. */
export const isRoleName = (name: string): boolean => /^[a-z0-9][a-z0-9-]{0,39}$/.test(name);
