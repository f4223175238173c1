// The talk with whoever leads the desks: who that is, what was said and planned in it, in order. Not here: what may be planned, and what a
// plan's answer leads to; the office says that.
import type { Desk, Mail, Plan, Task } from '../bindings';
import { mailsIn } from './mail';
import type { OfficeView } from './view';

const LEADS = 'coordinator';

/** The desk that the owner talks to. */
export function lead(view: OfficeView): Desk | undefined {
  const all = [...view.desks.values()].filter((desk) => !desk.removed && desk.role === LEADS);
  return all.find((desk) => desk.hold === null) ?? all[0];
}

/** The talk in which the owner spoke last to that desk. */
export function talkWith(view: OfficeView, desk: Desk | undefined): number | null {
  const own = (it: Mail): boolean => it.from.kind === 'owner' && it.to.kind === 'desk' && it.to.desk === desk?.id && it.kind === 'message';
  let newest: Mail | undefined;
  for (const it of view.mails.values()) if (own(it) && it.id > (newest?.id ?? 0)) newest = it;
  return newest?.thread ?? null;
}

export type Said = { at: string; mail: Mail; plan?: undefined } | { at: string; plan: Plan; mail?: undefined };

/** What was said and planned in a talk; `older` is what was asked for beside what is at hand. */
export function saidIn(view: OfficeView, thread: number | null, older: readonly Mail[]): Said[] {
  if (thread === null) return [];
  const said: Said[] = mailsIn(view, thread, older).map((mail) => ({ at: mail.sent, mail }));
  for (const plan of view.plans.values()) if (plan.thread === thread) said.push({ at: plan.proposed, plan });
  return said.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : (a.mail?.id ?? 0) - (b.mail?.id ?? 0)));
}

export const plansThatWait = (view: OfficeView): Plan[] => [...view.plans.values()].filter((plan) => plan.state === 'proposed').sort((a, b) => a.id - b.id);

/** The drafts of a plan as they are now, with how long each is thought to take. */
export function draftsOf(view: OfficeView, plan: Plan): { task: Task; mins: number | null }[] {
  return plan.drafts.flatMap(({ task, estimate_mins }) => {
    const it = view.tasks.get(task);
    return it ? [{ task: it, mins: estimate_mins ?? null }] : [];
  });
}

/** Minutes as people say them. */
export function about(mins: number): string {
  const hours = Math.floor(mins / 60);
  return hours === 0 ? `${mins} min` : mins % 60 === 0 ? `${hours} h` : `${hours} h ${mins % 60} min`;
}
