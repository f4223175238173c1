// How the review of a task by another run stands, in words. Pure. Not here: deciding who may review (the office does).
import type { Task } from '../bindings';
import type { OfficeView } from './view';

/** Whether somebody here may do this review: of a role that may, and not where it was worked on. */
function mayReview(view: OfficeView, of: Task): boolean {
  return [...view.desks.values()].some((desk) => {
    const role = view.office.roles[desk.role];
    return !desk.removed && role?.may?.includes('review') === true && !(of.review?.authors ?? []).includes(desk.id);
  });
}

export function reviewStands(view: OfficeView, of: Task): string {
  const review = of.review ? view.tasks.get(of.review.done_by) : undefined;
  const at = review?.desk == null ? undefined : view.desks.get(review.desk)?.name;
  if (at && review && ['queued', 'starting', 'running', 'checking'].includes(review.state)) return `${at} reviews it.`;
  if (mayReview(view, of)) return 'It waits for a desk that reviews it. You may decide at any time.';
  return 'Nobody here may review it: hire a reviewer, or decide yourself.';
}
