// What a task may take: what is offered as more, and what a person may write. The cards themselves are in browser/panels.mjs.
import { expect, test } from 'vitest';
import type { Task } from '../src/bindings';
import { meantTask, offered, taskLimitWords } from '../src/state/limits';

test('more is read as people write it', () => {
  expect(meantTask('20 files')).toEqual({ files: 20 });
  expect(meantTask(' 500 lines')).toEqual({ lines: 500 });
  expect(meantTask('90m')).toEqual({ secs: 5400 });
  expect(meantTask('3 h')).toEqual({ secs: 10_800 });
  for (const wrong of ['', '20', 'files', '-1 files', '0 lines', '1.5h', '999999h', '5 apples']) expect(meantTask(wrong), wrong).toBeNull();
});

test('what the office would raise it by is offered', () => {
  const held = (release: string): Task => ({ hold: { reason: 'task_limit', since: '', until: null, release } }) as Task;
  expect(offered(held('office limit raise --task 3 --files 30'))).toEqual({ files: 30 });
  expect(offered(held('office limit raise --task 3 --time 30m'))).toEqual({ secs: 1800 });
  expect(offered(held('office task resume 3'))).toBeNull();
  expect([{ files: 1 }, { lines: 1000 }, { secs: 5400 }, { secs: 7200, files: 2 }].map(taskLimitWords)).toEqual(['1 file', '1000 lines', '90 min', '2 files, 2 h']);
});
