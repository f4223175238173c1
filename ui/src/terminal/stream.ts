// One desk's bytes in order: attached, cut where two attachments overlap, holes said, attached again after the office was
// lost, and credit given back as bytes are drawn. Not here: drawing (screen.ts, tiny.ts) and a terminal of any kind.
import type { Refusal } from '../bindings';
import { Refused, type Host, type Link, type TerminalLink, type TerminalNews } from '../host/host';

export type StreamState =
  | { is: 'attaching' | 'live' | 'lost' }
  | { is: 'ended'; how: string }
  | { is: 'refused'; refusal: Refusal };

export interface Sink {
  /** Draws bytes and calls `done` once they are taken in; only then more is sent. */
  bytes(bytes: Uint8Array, done: () => void): void;
  /** Bytes that are in the recording only: what was printed before (`earlier`), or came too fast. */
  gap(bytes: number, earlier: boolean): void;
  state(state: StreamState): void;
}

const GONE: Refusal = { code: 'unavailable', message: 'the terminal is not attached', detail: 'wait until the office is there again' };

export class Stream {
  /** The first byte that was not handed on yet; null before the first. */
  at: number | null = null;
  state: StreamState = { is: 'attaching' };
  private link: TerminalLink | null = null;
  /** Counts attachments: news and credit of an older one are not listened to. */
  private turn = 0;
  private owed = 0;
  private reach: Link = 'up';
  /** How often the office was said to be there. */
  private ups = 0;
  private closed = false;
  private readonly stop: () => void;

  /** `from` an absolute offset, or null for the newest screenful; `window` as of `Host.terminal`. */
  constructor(
    private readonly host: Pick<Host, 'terminal' | 'onLink'>,
    private readonly desk: string,
    private readonly from: number | null,
    private readonly sink: Sink,
    private readonly window?: number,
  ) {
    this.stop = host.onLink((link) => {
      this.reach = link;
      if (link === 'up') this.ups++;
      if (link === 'up' && this.state.is === 'lost') void this.attach();
    });
    void this.attach();
  }

  private say(state: StreamState): void {
    this.state = state;
    this.sink.state(state);
  }

  private async attach(): Promise<void> {
    const turn = ++this.turn;
    const { ups } = this;
    this.say({ is: 'attaching' });
    const from = this.at ?? this.from;
    try {
      const link = await this.host.terminal(this.desk, from, (news) => turn === this.turn && this.take(news, turn), this.window);
      if (turn !== this.turn) return link.close();
      this.link = link;
      if (this.state.is === 'attaching') this.say({ is: 'live' });
      // Bytes may come before the link does; what of them is drawn already is given back now.
      const owed = this.owed;
      this.owed = 0;
      if (owed > 0) link.drawn(owed);
    } catch (error) {
      if (turn !== this.turn) return;
      // An office that cannot be reached is waited for; anything else it says is its answer.
      if (!(error instanceof Refused)) this.say({ is: 'refused', refusal: { ...GONE, message: error instanceof Error ? error.message : String(error) } });
      else if (error.refusal.code === 'unavailable' || error.refusal.code === 'no_office') {
        this.say({ is: 'lost' });
        // It was found again while it was asked for in vain.
        if (this.ups > ups && this.reach === 'up') void this.attach();
      } else this.say({ is: 'refused', refusal: error.refusal });
    }
  }

  private take(news: TerminalNews, turn: number): void {
    switch (news.kind) {
      case 'bytes':
        return this.bytes(news.offset, news.bytes, turn);
      case 'gap':
        return this.hole(news.from, news.to);
      case 'ended':
        this.link?.close();
        this.link = null;
        return this.say({ is: 'ended', how: news.how });
      case 'lost':
        this.link = null;
        this.owed = 0;
        this.turn++;
        this.say({ is: 'lost' });
        // The word that the office is back may have overtaken this one.
        if (this.reach === 'up') void this.attach();
    }
  }

  private bytes(offset: number, bytes: Uint8Array, turn: number): void {
    const known = this.at === null ? 0 : Math.min(bytes.length, Math.max(0, this.at - offset));
    if (known > 0) this.drawn(known, turn);
    const fresh = bytes.subarray(known);
    if (fresh.length === 0) return;
    this.hole(this.at ?? 0, offset + known);
    this.at = offset + bytes.length;
    this.sink.bytes(fresh, () => this.drawn(fresh.length, turn));
  }

  private hole(from: number, to: number): void {
    const missed = to - Math.max(from, this.at ?? 0);
    if (missed <= 0) return;
    this.sink.gap(missed, this.at === null);
    this.at = to;
  }

  private drawn(bytes: number, turn: number): void {
    if (turn !== this.turn || this.state.is === 'ended') return;
    if (this.link) this.link.drawn(bytes);
    else this.owed += bytes;
  }

  async type(text: string): Promise<void> {
    if (!this.link) throw new Refused(GONE);
    await this.link.type(text);
  }
  async resize(cols: number, rows: number): Promise<void> {
    if (!this.link) throw new Refused(GONE);
    await this.link.resize(cols, rows);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.turn++;
    this.stop();
    this.link?.close();
    this.link = null;
  }
}
