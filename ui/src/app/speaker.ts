// What is said aloud of desks: those that finished, calmly; those that need somebody, at once; one message in five seconds.
// What changes meanwhile is said with the next change after that, if it is still so. Not here: where it is said (App).
import type { DeskView } from '../bindings';

const SAID_EVERY_MS = 5000;
const LOUD: readonly string[] = ['waiting for you', 'stuck', 'crashed', 'login needed'];

export class Speaker {
  private at = -Infinity;
  /** What each desk was when it was last said or seen; none before the first look, which says nothing. */
  private said: Map<number, string> | null = null;

  hear(desks: readonly DeskView[], now: number): { loud?: string; calm?: string } | null {
    if (this.said === null) {
      if (desks.length > 0) this.said = new Map(desks.map((desk) => [desk.id, desk.state]));
      return null;
    }
    const { said } = this;
    const changed = desks.filter((desk) => said.get(desk.id) !== desk.state);
    const loud = changed.filter((desk) => LOUD.includes(desk.state));
    const calm = changed.filter((desk) => desk.state === 'finished');
    for (const desk of changed) if (!loud.includes(desk) && !calm.includes(desk)) said.set(desk.id, desk.state);
    if ((loud.length === 0 && calm.length === 0) || now - this.at < SAID_EVERY_MS) return null;
    this.at = now;
    const some = loud.length > 0 ? loud : calm;
    for (const desk of some) said.set(desk.id, desk.state);
    const others = some.length > 1 ? ` And ${some.length - 1} more.` : '';
    const { name, state, evidence } = some[0]!;
    return loud.length > 0 ? { loud: `${name} is ${state}. ${evidence}${others}` } : { calm: `${name} has finished: ${evidence}${others}` };
  }
}
