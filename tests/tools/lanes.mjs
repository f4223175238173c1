// Runs suites two at a time, in their order as far as it goes: never two of one lane, and none before what it needs.
// Not here: how a suite is run, and what its result means.

/** Two cores, and most suites wait more than they compute. */
const AT_ONCE = 2;

/**
 * Calls `each(suite, results so far)` for every suite and resolves to the results in the order of the suites.
 * A suite has a `name`, perhaps a `lane`, and perhaps `needs`: names of suites that end first, if they are run at all.
 */
export async function sideBySide(suites, each, atOnce = AT_ONCE) {
  const waiting = [...suites];
  const running = new Map();
  const results = new Map();
  const ready = ({ lane, needs = [] }) =>
    ![...running.keys()].some((other) => other.lane === lane) &&
    !needs.some((need) => suites.some((suite) => suite.name === need && !results.has(suite)));
  for (;;) {
    for (let next; running.size < atOnce && (next = waiting.find(ready)); ) {
      waiting.splice(waiting.indexOf(next), 1);
      const suite = next;
      const done = each(suite, [...results.values()]).then((result) => {
        results.set(suite, result);
        running.delete(suite);
      });
      running.set(suite, done);
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  if (waiting.length > 0) throw new Error(`these suites wait for each other: ${waiting.map((suite) => suite.name).join(', ')}`);
  return suites.map((suite) => results.get(suite));
}
