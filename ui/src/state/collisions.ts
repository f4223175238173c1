// What a desk's tasks collide with: others that are under way and touch the same files. Pure. Not here: finding that out (the
// office compares the checkouts), saying it (panels/desk, app/HoverCard.svelte).
import type { DeskId, TaskId } from '../bindings';
import type { OfficeView } from './view';

export interface DeskCollision {
  /** The desk's own task. */
  task: TaskId;
  /** The other, and whose it is. */
  other: TaskId;
  desk: string | null;
  files: readonly string[];
  /** Those in which they would conflict; none where both only touch the same file. */
  conflicts: readonly string[];
}

export function collisionsOf(view: OfficeView, desk: DeskId): DeskCollision[] {
  const found: DeskCollision[] = [];
  for (const project of view.projects.values()) {
    for (const { one, other, files, conflicts } of project.collisions ?? []) {
      for (const [task, with_] of [[one, other], [other, one]] as const) {
        if (view.tasks.get(task)?.desk !== desk) continue;
        found.push({ task, other: with_, desk: view.desks.get(view.tasks.get(with_)?.desk ?? 0)?.name ?? null, files, conflicts });
      }
    }
  }
  return found.sort((a, b) => Number(b.conflicts.length > 0) - Number(a.conflicts.length > 0));
}

const FILES = 3;
/** In one line: with whom, and where. */
export function collisionWords(it: DeskCollision): string {
  const files = it.conflicts.length > 0 ? it.conflicts : it.files;
  const named = files.slice(0, FILES).join(', ') + (files.length > FILES ? ` and ${files.length - FILES} more` : '');
  const whom = it.desk ? `${it.desk} (#${it.other})` : `#${it.other}`;
  return it.conflicts.length > 0 ? `#${it.task} would conflict with ${whom}: ${named}` : `#${it.task} touches the same as ${whom}: ${named}`;
}
