// (OfficeView, pushed event) -> OfficeView, by putting whole nouns in the place of the old ones. No rule of the office is
// repeated here: the office sends what its events led to. Not here: what to do about a gap (sync.ts).
import type { Envelope, Mail, Noun, OfficeFacts, Seq } from '../bindings';
import { isOpen } from './mail';
import { CLOSED_MAIL, NOTHING, RECENT, type OfficeView } from './view';

export interface Pushed {
  envelope: Envelope;
  nouns: Noun[];
}

/** What a batch led to; `gap` when an event is missing: the view then stands before it, and a snapshot is needed. */
export interface Reduced {
  view: OfficeView;
  gap: boolean;
}

/** Everything at one moment. */
export function fromSnapshot(seq: Seq, nouns: readonly Noun[], recent: readonly Envelope[] = []): OfficeView {
  return put({ ...NOTHING, seq, recent: recent.filter(isKept), took: recent.flatMap(tookAt) }, nouns);
}

const tookAt = ({ at, event }: Envelope): OfficeView['took'][number][] => (event.noun === 'run' && event.type === 'spent' ? [{ at, run: event.run, spent: event.spent }] : []);

/** What an engine does from moment to moment would push out what a person wants to read back. */
const isKept = ({ event }: Envelope): boolean => event.noun !== 'run' || (event.type !== 'seen' && event.type !== 'spent');

/** Events in order; those already known are passed over, so that a repeat does no harm. */
export function reduce(view: OfficeView, pushes: readonly Pushed[]): Reduced {
  let { seq } = view;
  let gap = false;
  const fresh: Pushed[] = [];
  for (const push of pushes) {
    const at = push.envelope.seq;
    if (at <= seq) continue;
    if (at !== seq + 1) {
      gap = true;
      break;
    }
    seq = at;
    fresh.push(push);
  }
  if (fresh.length === 0) return { view, gap };
  const recent = [...view.recent, ...fresh.map((push) => push.envelope).filter(isKept)].slice(-RECENT);
  const took = fresh.flatMap((push) => tookAt(push.envelope));
  // One copy of each kind for the whole batch: a flood of events costs one copy, not one each.
  const nouns = fresh.flatMap((push) => push.nouns);
  const after = put({ ...view, seq, recent, took: took.length > 0 ? [...view.took, ...took].slice(-RECENT) : view.took }, nouns);
  return { view: { ...after, office: counted(after.office, seq, nouns) }, gap };
}

/** What every event moves, so that no push repeats it: the number of the last event, and the numbers of the next things. */
function counted(office: OfficeFacts, seq: Seq, nouns: readonly Noun[]): OfficeFacts {
  const next = { ...office.next };
  // A newer office may have things that are not known here.
  for (const noun of nouns) if (noun.noun !== 'office' && noun.noun in next) next[noun.noun] = Math.max(next[noun.noun] ?? 1, noun.id + 1);
  return { ...office, seq, next };
}

/** Things are kept as they came, with the word that says which kind they are: a flood of them is not copied once more. */
function put(view: OfficeView, nouns: readonly Noun[]): OfficeView {
  let { office, projects, desks, tasks, runs, approvals, grants, mails, plans } = view;
  for (const noun of nouns) {
    switch (noun.noun) {
      case 'office':
        office = noun;
        break;
      case 'project':
        projects = set(projects, view.projects, noun);
        break;
      case 'desk':
        desks = set(desks, view.desks, noun);
        break;
      case 'task':
        tasks = set(tasks, view.tasks, noun);
        break;
      case 'run':
        runs = set(runs, view.runs, noun);
        break;
      case 'approval':
        approvals = set(approvals, view.approvals, noun);
        break;
      case 'grant':
        grants = set(grants, view.grants, noun);
        break;
      case 'mail':
        mails = set(mails, view.mails, noun);
        break;
      case 'plan':
        plans = set(plans, view.plans, noun);
        break;
    }
  }
  if (mails !== view.mails) forget(mails as Map<number, Mail>);
  return { ...view, office, projects, desks, tasks, runs, approvals, grants, mails, plans };
}

/** What was closed long ago is asked for when somebody wants to see it. */
function forget(mails: Map<number, Mail>): void {
  if (mails.size <= CLOSED_MAIL) return;
  const closed = [...mails.values()].filter((it) => !isOpen(it));
  closed.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : a.id - b.id));
  for (const it of closed.slice(0, Math.max(0, closed.length - CLOSED_MAIL))) mails.delete(it.id);
}

/** Copies on the first change only; `before` is the map nobody may touch any more. */
function set<T extends { id: number }>(now: ReadonlyMap<number, T>, before: ReadonlyMap<number, T>, thing: T): ReadonlyMap<number, T> {
  const map = (now === before ? new Map(before) : now) as Map<number, T>;
  return map.set(thing.id, thing);
}

/** The inverse of `fromSnapshot`, in the office's own order: what the golden log is compared by. */
export function nounsOf(view: OfficeView): Noun[] {
  const sorted = <T extends { id: number }>(map: ReadonlyMap<number, T>): T[] => [...map.values()].sort((a, b) => a.id - b.id);
  return [
    { noun: 'office', ...view.office },
    ...sorted(view.projects).map((it): Noun => ({ noun: 'project', ...it })),
    ...sorted(view.desks).map((it): Noun => ({ noun: 'desk', ...it })),
    ...sorted(view.tasks).map((it): Noun => ({ noun: 'task', ...it })),
    ...sorted(view.runs).map((it): Noun => ({ noun: 'run', ...it })),
    ...sorted(view.approvals).map((it): Noun => ({ noun: 'approval', ...it })),
    ...sorted(view.grants).map((it): Noun => ({ noun: 'grant', ...it })),
    ...sorted(view.mails).map((it): Noun => ({ noun: 'mail', ...it })),
    ...sorted(view.plans).map((it): Noun => ({ noun: 'plan', ...it })),
  ];
}
