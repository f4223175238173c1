// The life of one task, from what the office wrote down: when, who, what. Pure.
// Not here: asking for the events (panels/task/Life.svelte), the strip's sentences (words.ts).
import type { Actor, Envelope, HoldReason, TaskEvent, TaskState } from '../bindings';
import type { OfficeView } from './view';
import { JUDGED, plural } from './words';

export interface LifeLine {
  seq: number;
  at: string;
  who: string;
  did: string;
  /** Words of somebody's own: of the agent, or of the owner; shown as theirs. */
  quote: string | null;
  /** The state it led to, if it led to one. */
  state: TaskState | null;
}

/** Who acted: the owner is spoken to. */
export function whoActed(view: OfficeView, actor: Actor): string {
  if (actor.kind === 'owner') return 'You';
  if (actor.kind === 'office') return 'The office';
  return view.desks.get(actor.desk)?.name ?? `desk ${actor.desk}`;
}

export function lifeOf(view: OfficeView, events: readonly Envelope[]): LifeLine[] {
  return events.flatMap((envelope) => {
    if (envelope.event.noun !== 'task') return [];
    const told = tell(view, envelope.event);
    if (!told) return [];
    const [did, state, quote] = told;
    return [{ seq: envelope.seq, at: envelope.at, who: whoActed(view, envelope.actor), did, state: state ?? null, quote: quote ?? null }];
  });
}

const HELD: Readonly<Record<HoldReason, string>> = { stopped_by_owner: 'everything was stopped', desk_paused: 'the desk was paused', desk_stopped: 'the desk was stopped', waits_for_you: 'what it asked for waited for you', budget_spent: 'its budget is spent', usage_limit: 'its account had reached its usage limit', task_limit: 'it took all it may', incident: 'something happened at its desk that must not', queue_held: 'merges were held', base_rewritten: 'the base was rewritten' };
type Told = readonly [string, TaskState?, (string | null)?];

function tell(view: OfficeView, event: TaskEvent): Told | null {
  const desk = (id: number): string => view.desks.get(id)?.name ?? `desk ${id}`;
  switch (event.type) {
    case 'added':
      return ['wrote it', event.task.state];
    case 'edited':
      return ['changed its words'];
    case 'released':
      return ['released it', 'ready'];
    case 'queued':
      return [`put it into ${desk(event.desk)}'s queue`, 'queued'];
    case 'unassigned':
      return ['took it back from the queue', 'ready'];
    case 'started':
      return [`started it at ${desk(event.desk)}`, 'starting'];
    case 'running':
      return ['saw the engine run', 'running'];
    case 'done_said':
      return ['said it is done', undefined, event.claim.summary];
    case 'collected':
      return [`took the work: ${plural(event.work.files.length, 'file')}, ${plural(event.work.commits, 'commit')}`];
    case 'checks_began':
      return ['began the checks', 'checking'];
    case 'refused':
      return [`refused the "done": ${event.why}`, event.goes_on ? 'running' : undefined];
    case 'in_review':
      return [event.marks.length > 0 ? `found the checks green, with ${plural(event.marks.length, 'mark')}` : 'found nothing against it', 'in review'];
    case 'attempt_failed':
      return [`counted a failed attempt: ${event.why}`];
    case 'blocked':
      return ['needs something', 'blocked', event.needs];
    case 'answered':
      return ['answered', 'ready', event.note.text];
    case 'parked':
      return [`held it: ${HELD[event.hold.reason] ?? event.hold.reason}`, 'parked'];
    case 'unparked':
      return ['let it go on', 'ready'];
    case 'interrupted':
      return [`saw it interrupted: ${event.why}`, 'interrupted'];
    case 'resumed':
      return ['took it up again', 'ready'];
    case 'failed':
      return [`gave it up: ${event.why}`, 'failed'];
    case 'progress':
      return ['says how far it is', undefined, event.text];
    case 'review_asked':
      return [`had it reviewed by another run: #${event.review.done_by}, round ${event.review.round}`];
    case 'judged':
      return [`reviewed it: ${JUDGED[event.judged.verdict]}`, undefined, event.judged.words];
    case 'accepted':
      return ['accepted it', 'merging'];
    case 'put_on_base':
      return [`put it on the base at ${event.landing.base.slice(0, 10)}${event.landing.checked ? ', as it was checked' : ''}`];
    case 'result_checked': {
      const red = event.results.filter((result) => ['broken', 'unmet', 'timed_out'].includes(result.verdict)).length;
      return [red > 0 ? `found ${plural(red, 'check')} red on the result` : 'found the checks green on the result'];
    }
    case 'base_gone':
    case 'merge_waits':
      return [`could not merge it: ${event.why}`, 'in review'];
    case 'sent_back':
      return ['sent it back', 'ready', event.note.text];
    case 'done':
      return [event.commit ? `merged it as ${event.commit.slice(0, 10)}` : 'filed the finding', 'done'];
    case 'cancelled':
      return ['called it off', 'cancelled'];
    case 'reopened':
      return ['opened it again', 'ready', event.note?.text ?? null];
    case 'keep_asked':
      return null;
    default:
      return null;
  }
}
