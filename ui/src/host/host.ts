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
  /** The machine it is on, as ssh is told; none, or not said: this one. */
  on?: string | null;
}

export type Link = 'up' | 'lost';

/** What a desk's terminal brings. Offsets count every byte it ever printed. */
export type TerminalNews =
  | { kind: 'bytes'; offset: number; bytes: Uint8Array }
  /** Bytes from..to came faster than they were drawn; they are in the recording only. */
  | { kind: 'gap'; from: number; to: number }
  | { kind: 'ended'; how: string }
  /** The office was lost; attach again from the last offset when it is back. */
  | { kind: 'lost' };

/** An attached terminal of a desk. */
export interface TerminalLink {
  /** Types, exactly this. Throws `Refused` when nothing there takes it. */
  type(text: string): Promise<void>;
  resize(cols: number, rows: number): Promise<void>;
  /** Gives credit for bytes that were drawn: whoever draws slowly is sent less, and the agent is not slowed down. */
  drawn(bytes: number): void;
  close(): void;
}

/** What a click outside the page asks the window to show: a notification, the tray, a second start. */
export type Wanted =
  | { show: 'floor' }
  | { show: 'task'; id: number }
  | { show: 'desk'; id: number }
  | { show: 'plan'; id: number }
  | { show: 'approval'; id: number };

/** What only a shell around the page can do; a replay has none. */
export interface Native {
  /** The system's own dialog for a folder; null when it was closed without one. */
  pickFolder(title: string): Promise<string | null>;
  /** Opens http(s) links in the owner's browser, nothing else. */
  openLink(url: string): Promise<void>;
  /** Shows a file or folder in the owner's editor or file browser. */
  openPath(path: string): Promise<void>;
  onWanted(each: (wanted: Wanted) => void): () => void;
  /** Machines an office was reached on, the newest first. */
  machines(): Promise<string[]>;
  /** Shows the office on that machine, by ssh, or with null the one on this; the page begins anew. */
  connectTo(machine: string | null): Promise<void>;
  forget(machine: string): Promise<void>;
}

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
  /** Attaches to a desk's terminal (its name or number); from the newest screenful when no offset is given. `window`: about so
   *  many bytes may be under way at once, for one who looks now and then only. */
  terminal(desk: string, from: number | null, each: (news: TerminalNews) => void, window?: number): Promise<TerminalLink>;
  /** What the shell around the page can do, if there is one. */
  readonly native: Native | null;
  /** A name for a command, never used twice, so that a repeat after a lost answer is known for one. */
  commandId(): string;
}
