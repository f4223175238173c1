// What the window knows of the office: every noun, whole, by number, and the newest events.
// Not here: how it changes (reduce.ts) and what is read out of it (select.ts).
import type { Approval, ApprovalId, Desk, DeskId, Envelope, Grant, GrantId, Mail, MailId, OfficeFacts, Plan, PlanId, Project, ProjectId, Run, RunId, Seq, Spent, Task, TaskId } from '../bindings';

export interface OfficeView {
  /** True up to this event. */
  seq: Seq;
  office: OfficeFacts;
  projects: ReadonlyMap<ProjectId, Project>;
  desks: ReadonlyMap<DeskId, Desk>;
  tasks: ReadonlyMap<TaskId, Task>;
  runs: ReadonlyMap<RunId, Run>;
  approvals: ReadonlyMap<ApprovalId, Approval>;
  grants: ReadonlyMap<GrantId, Grant>;
  /** What is open, and what was closed last; no more than `CLOSED_MAIL` of those. */
  mails: ReadonlyMap<MailId, Mail>;
  /** Drafts that belong together, and wait for one answer; those that were answered, too. */
  plans: ReadonlyMap<PlanId, Plan>;
  /** The newest events, oldest first, for the strip; no more than `RECENT`. */
  recent: readonly Envelope[];
  /** What runs had taken at which moment, oldest first, for the line of what was spent; no more than `RECENT`. */
  took: readonly { at: string; run: RunId; spent: Spent }[];
}

export const RECENT = 400;
export const CLOSED_MAIL = 256;

export const NOTHING: OfficeView = {
  seq: 0,
  office: {
    name: '',
    seq: 0,
    next: { project: 1, desk: 1, task: 1, run: 1, approval: 1, grant: 1, mail: 1, plan: 1, note: 1 },
    settings: { review_limit: 10 },
    hold: null,
    roles: {},
    engines: {},
  },
  projects: new Map(),
  desks: new Map(),
  tasks: new Map(),
  runs: new Map(),
  approvals: new Map(),
  grants: new Map(),
  mails: new Map(),
  plans: new Map(),
  recent: [],
  took: [],
};
