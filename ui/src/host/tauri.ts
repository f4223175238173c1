// The host inside the real window: asks and listens through the shell. It decides nothing and keeps nothing but who listens.
// Not here: finding and starting the office, which the shell does, and what the page shows meanwhile (app/main.ts).
import { Channel, invoke } from '@tauri-apps/api/core';
import type { Answer, Ask, Push, Refusal } from '../bindings';
import { Refused, type Host, type Link, type Native, type TerminalLink, type TerminalNews, type Wanted, type Welcome } from './host';

/** What the shell says of the office without being asked. */
export type News =
  | { news: 'looking'; said: string; on?: string | null }
  | ({ news: 'up' } & Welcome)
  | { news: 'down'; refusal: Refusal; on?: string | null }
  | { news: 'wanted'; wanted: Wanted };

/** Taken events are acknowledged by so many at once; the shell sends more only while they are. */
const TAKEN_AT_ONCE = 128;
/** Drawn bytes are acknowledged by so many at once. */
const DRAWN_AT_ONCE = 64 * 1024;
const OFFSET_BYTES = 8;

/** Calls the shell; a refusal comes back as `Refused`, anything else as an error. */
async function call<T>(command: string, given: Record<string, unknown> = {}): Promise<T> {
  try {
    return await invoke<T>(command, given);
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && 'message' in error) throw new Refused(error as Refusal);
    throw new Error(typeof error === 'string' ? error : `${command}: ${String(error)}`, { cause: error });
  }
}

/** Listeners that come and go; what is told reaches those who are there. */
class Ears<T> {
  private readonly all = new Set<(what: T) => void>();
  add(each: (what: T) => void): () => void {
    this.all.add(each);
    return () => this.all.delete(each);
  }
  tell(what: T): void {
    for (const each of this.all) each(what);
  }
  get none(): boolean {
    return this.all.size === 0;
  }
}

export class TauriHost implements Host {
  private greeted: Welcome | null = null;
  private standing: Link = 'lost';
  private readonly news = new Ears<News>();
  private readonly links = new Ears<Link>();
  private readonly pushes = new Ears<Push>();
  private readonly wishes = new Ears<Wanted>();
  /** What was wanted before anybody listened. */
  private unheard: Wanted | null = null;
  private subscription = 0;
  private untold = 0;
  private readonly own = crypto.randomUUID();
  private names = 0;

  /** Tells the shell that the page is there. What it says comes to `each` from now on, first of all how it stands. */
  async connect(each: (news: News) => void): Promise<void> {
    this.news.add(each);
    const channel = new Channel<News>();
    channel.onmessage = (news) => this.hear(news);
    await call('connect', { news: channel });
  }

  private hear(news: News): void {
    if (news.news === 'wanted') {
      if (this.wishes.none) this.unheard = news.wanted;
      this.wishes.tell(news.wanted);
    }
    if (news.news === 'up') this.greeted = { office: news.office, dir: news.dir, version: news.version, on: news.on ?? null };
    this.news.tell(news);
    if (news.news === 'wanted') return;
    const link = news.news === 'up' ? 'up' : 'lost';
    // A second office after the first is a new one to those who listen, even if the loss between went unsaid.
    if (link === 'up' && this.standing === 'up') this.links.tell('lost');
    const changed = link !== this.standing || link === 'up';
    this.standing = link;
    if (changed) this.links.tell(link);
  }

  /** Looks for the office now, and starts it if none runs. */
  tryAgain(): Promise<void> {
    return call('try_again');
  }

  get welcome(): Welcome {
    return this.greeted ?? { office: '', dir: '', version: '' };
  }
  now(): Date {
    return new Date();
  }
  commandId(): string {
    return `window-${this.own}-${++this.names}`;
  }

  async ask(ask: Ask): Promise<Answer> {
    if (ask.ask === 'subscribe') return this.subscribe(ask.since);
    return call<Answer>('ask', { ask });
  }

  private async subscribe(since: number): Promise<Answer> {
    const mine = ++this.subscription;
    const channel = new Channel<Push[]>();
    channel.onmessage = (batch) => {
      if (mine !== this.subscription) return;
      for (const push of batch) this.pushes.tell(push);
      this.untold += batch.length;
      if (this.untold < TAKEN_AT_ONCE) return;
      const events = this.untold;
      this.untold = 0;
      // When it is lost the office is, and a new subscription begins anew.
      void call('events_taken', { events }).catch(() => undefined);
    };
    await call('subscribe', { since, events: channel });
    return { kind: 'ok' };
  }

  listen(each: (push: Push) => void): () => void {
    return this.pushes.add(each);
  }
  onLink(each: (link: Link) => void): () => void {
    const stop = this.links.add(each);
    each(this.standing);
    return stop;
  }

  async terminal(desk: string, from: number | null, each: (news: TerminalNews) => void, window?: number): Promise<TerminalLink> {
    const channel = new Channel<ArrayBuffer | Exclude<TerminalNews, { kind: 'bytes' }>>();
    let open = true;
    channel.onmessage = (news) => {
      if (!open) return;
      if (!(news instanceof ArrayBuffer)) return each(news);
      const offset = Number(new DataView(news).getBigUint64(0, true));
      each({ kind: 'bytes', offset, bytes: new Uint8Array(news, OFFSET_BYTES) });
    };
    const id = await call<number>('terminal_open', { desk, from, window: window ?? null, news: channel });
    let drawn = 0;
    const atOnce = Math.min(DRAWN_AT_ONCE, (window ?? Infinity) / 2);
    return {
      type: (text) => call('terminal_type', { id, text }),
      resize: (cols, rows) => call('terminal_resize', { id, cols, rows }),
      drawn(bytes) {
        drawn += bytes;
        if (drawn < atOnce || !open) return;
        const told = drawn;
        drawn = 0;
        void call('terminal_drawn', { id, bytes: told }).catch(() => undefined);
      },
      close() {
        open = false;
        void call('terminal_close', { id }).catch(() => undefined);
      },
    };
  }

  /** Everything the page knows is of another office then, so it begins anew. */
  async connectTo(machine: string | null): Promise<void> {
    await call('connect_to', { machine });
    location.reload();
  }

  readonly native: Native = {
    machines: () => call('machines'),
    connectTo: (machine) => this.connectTo(machine),
    forget: (machine) => call('forget', { machine }),
    pickFolder: (title) => call('pick_folder', { title }),
    openLink: (url) => call('open_link', { url }),
    openPath: (path) => call('open_path', { path }),
    onWanted: (each) => {
      const stop = this.wishes.add(each);
      if (this.unheard) each(this.unheard);
      this.unheard = null;
      return stop;
    },
  };
}
