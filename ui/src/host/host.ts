// The one interface between the window and the office: ask, submit by asking, and hear what is pushed.
// Not here: how it is done. tauri.ts goes through the shell, replay.ts plays a recorded night.
import type { Answer, Ask, Push, Refusal } from '../bindings';

/** A refusal is a normal answer that says no; it is thrown so that no caller takes it for a yes. */
export class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
    this.name = 'Refused';
  }
}

export interface Welcome {
  office: string;
  dir: string;
  version: string;
}

export type Link = 'up' | 'lost';

export interface Host {
  /** Where the window is connected to. */
  readonly welcome: Welcome;
  /** What time it is; a replay lives in the night it plays. */
  now(): Date;
  /** Asks the office; throws `Refused` when it says no. */
  ask(ask: Ask): Promise<Answer>;
  /** Pushes of a subscription, one after the other, until the returned function is called. */
  listen(each: (push: Push) => void): () => void;
  /** Whether the office can be reached; `lost` until it is found again. */
  onLink(each: (link: Link) => void): () => void;
  /** A name for a command, never used twice, so that a repeat after a lost answer is known for one. */
  commandId(): string;
}
