// The terminal of an open desk: shows its bytes, looked at until somebody takes the keyboard, then typed into. While one
// looks, it has the program's own size and nothing is ever sent; while one types, it fits and only Ctrl+Shift keys are ours.
// Not here: bytes in order (stream.ts), what they may not do (hostile.ts), buttons and words around it (panels/desk).
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import type { Host } from '../host/host';
import { holdBack } from './hostile';
import { Keys } from './keys';
import { targetOf, type Target } from './links';
import { byWebgl, card, drawsByWebgl, FONT, FOUND, LOOK, TYPE, type Renderer } from './look';
import { judgePaste, type Paste } from './paste';
import { bytesInWords, follow, OWN_COLS, OWN_ROWS, typeSize } from './size';
import { Stream, type StreamState } from './stream';

/** What the panel around it is told. */
export interface Hears {
  state(state: StreamState): void;
  taken(taken: boolean): void;
  size(cols: number, rows: number): void;
  /** So many bytes came before the first that is shown. */
  earlier(bytes: number): void;
  /** A paste that is asked about; `type` types it. */
  paste(paste: Paste, type: () => void): void;
  /** The real target under the pointer; null over none, false over one that is never followed. */
  link(target: Target | null | false): void;
  open(url: string): void;
  found(at: number, of: number): void;
  search(): void;
  /** Something was refused. */
  trouble(error: unknown): void;
  copied(): void;
}

const TAKE_FIRST = 'Take the keyboard first: a paste goes to whoever types';
const REFUSED_COPY = 'The clipboard was refused. Select the text and copy it by the menu of the right mouse button';
/** Room round the text, as in the design. */
const PAD = 14;
const SCROLLBAR = 14;
/** The newest part of a long recording: what came before is in the log. */
const RECORDED_MAX = 2 * 1024 * 1024;

export class Screen {
  private readonly term: Terminal;
  private readonly search = new SearchAddon({ highlightLimit: 1000 });
  private readonly fitting = new FitAddon();
  private readonly sized: ResizeObserver;
  private readonly keys: Keys;
  private stream: Stream | null = null;
  private mine = false;
  /** Questions of programs are answered: the keyboard is taken, and everything older is drawn. */
  private answering = false;
  private following = true;
  /** Columns that were ever written to. */
  private widest = 1;
  /** The size its program was last told, which is its own until we tell another. */
  private told = `${OWN_COLS} ${OWN_ROWS}`;
  private gone = false;
  private readonly off = new AbortController();

  /** The type it is set in: what is measured or drawn before it is there is measured wrongly, or not seen. */
  static async type(): Promise<void> {
    await Promise.allSettled([400, 600].map((weight) => document.fonts.load(`${weight} ${TYPE}px ${FONT}`)));
  }

  /** Draws into `box`, an empty element that scrolls. */
  constructor(
    private readonly box: HTMLElement,
    private readonly hears: Hears,
    how: { renderer: Renderer; aloud: boolean },
  ) {
    const linked = { allowNonHttpProtocols: false, activate: (event: MouseEvent, text: string) => this.linkClicked(event, text), hover: (_: MouseEvent, text: string) => this.linkSeen(text), leave: () => hears.link(null) };
    this.term = new Terminal({ ...LOOK, cols: OWN_COLS, rows: OWN_ROWS, screenReaderMode: how.aloud, linkHandler: linked });
    this.keys = new Keys((text) => this.stream?.type(text) ?? Promise.resolve(), (error) => hears.trouble(error));
    const { term } = this;
    holdBack(term.parser, () => this.answering);
    for (const addon of [this.fitting, this.search, new Unicode11Addon()]) term.loadAddon(addon);
    term.unicode.activeVersion = '11';
    term.loadAddon(new WebLinksAddon(linked.activate, { hover: linked.hover, leave: linked.leave }));
    this.search.onDidChangeResults(({ resultIndex, resultCount }) => hears.found(resultIndex + 1, resultCount));
    term.open(box);
    // A terminal shows no cursor before it first had the focus; whoever looks wants to see where the program writes.
    for (const kind of ['focus', 'blur']) term.textarea?.dispatchEvent(new FocusEvent(kind));
    this.lockKeys();
    term.onData((text) => this.mine && this.keys.press(text));
    term.onRender(({ start, end }) => this.drew(start, end));
    term.attachCustomKeyEventHandler((event) => this.forProgram(event));
    const on = { signal: this.off.signal };
    box.addEventListener('keydown', (event) => this.keyInBox(event), on);
    for (const kind of ['paste', 'drop', 'dragover'] as const) box.addEventListener(kind, (event) => this.brought(event), { ...on, capture: true });
    box.addEventListener('wheel', (event) => this.wheel(event), { ...on, capture: true, passive: true });
    box.addEventListener('scroll', () => (this.following = box.scrollTop >= this.bottom() - 2), { ...on, passive: true });
    this.sized = new ResizeObserver(() => this.fit());
    this.sized.observe(box);
    if (drawsByWebgl(how.renderer, navigator.userAgent, card)) void byWebgl(term);
  }

  /** Watches a desk's program, with everything of it that the office still holds in memory. */
  attach(host: Host, desk: string): void {
    this.stream = new Stream(host, desk, 0, {
      bytes: (bytes, done) => this.term.write(bytes, done),
      gap: (bytes, earlier) => (earlier ? this.hears.earlier(bytes) : this.note(`${bytesInWords(bytes)} came too fast; they are in the log`)),
      state: (state) => this.turned(state),
    });
  }
  /** Shows what a program printed that has ended. */
  play(text: string, how: string): void {
    const from = text.length > RECORDED_MAX ? text.indexOf('\n', text.length - RECORDED_MAX) + 1 : 0;
    if (from > 0) this.hears.earlier(from);
    this.term.write(text.slice(from));
    this.note(how);
    this.hears.state({ is: 'ended', how });
  }

  private turned(state: StreamState): void {
    if (state.is === 'ended') this.note(`ended: ${state.how}`);
    if (state.is !== 'live' && this.mine) this.giveBack();
    if (state.is === 'live') this.tellSize();
    this.hears.state(state);
  }
  /** A word of ours among the program's, dim, on a line of its own; on a full-screen program's screen there is no such line. */
  private note(words: string): void {
    this.term.write('', () => {
      if (this.gone || this.term.buffer.active.type === 'alternate') return;
      this.term.write(`\x18\x1b[0m${this.term.buffer.active.cursorX > 0 ? '\r\n' : ''}\x1b[2m── ${words} ──\x1b[0m\r\n`);
    });
  }

  get taken(): boolean {
    return this.mine;
  }
  /** From now on keys go to the program, and it gets the size that is seen. */
  take(): void {
    if (this.mine || this.stream?.state.is !== 'live') return;
    this.mine = true;
    this.lockKeys();
    this.fit();
    this.term.scrollToBottom();
    this.term.focus();
    // What was asked before this was asked of somebody else.
    this.term.write('', () => (this.answering = this.mine));
    this.hears.taken(true);
  }
  giveBack(): void {
    if (!this.mine) return;
    this.mine = this.answering = false;
    this.lockKeys();
    this.following = true;
    this.fit();
    this.box.focus();
    this.hears.taken(false);
  }
  private lockKeys(): void {
    this.term.options.disableStdin = !this.mine;
    // A field that takes no keys must not take the focus either: the box has it, and the page's own keys work.
    if (this.term.textarea) this.term.textarea.disabled = !this.mine;
  }
  /** Ctrl-C, whoever has the keyboard. */
  async interrupt(): Promise<void> {
    await this.stream?.type('\x03');
  }

  /** Sizes the terminal: to its program while one looks, to the box while one types. */
  fit(): void {
    if (this.gone) return;
    const { term, box } = this;
    // What is hidden has no size, but a program gets its own back all the same.
    if (box.clientWidth > 0) this.fitType();
    box.classList.toggle('fits', this.mine);
    const fits = this.mine ? (this.fitting.proposeDimensions() ?? term) : { cols: OWN_COLS, rows: OWN_ROWS };
    if (fits.cols !== term.cols || fits.rows !== term.rows) term.resize(fits.cols, fits.rows);
    this.tellSize();
    this.hears.size(term.cols, term.rows);
    this.keepUp();
  }
  private fitType(): void {
    const { term, box } = this;
    const full = Number.parseFloat(getComputedStyle(box).fontSize) || TYPE;
    const screen = term.element?.querySelector<HTMLElement>('.xterm-screen');
    const advance = screen ? screen.clientWidth / term.cols / (term.options.fontSize ?? full) : 0;
    const room = box.clientWidth - PAD * 2 - SCROLLBAR;
    term.options.fontSize = this.mine ? full : typeSize(full, advance || 0.6, this.widest, room);
  }
  /** The program learns our size while we type, and has its own again afterwards, however we came to leave it. */
  private tellSize(): void {
    const { cols, rows } = this.term;
    const told = `${cols} ${rows}`;
    if (this.stream?.state.is !== 'live' || told === this.told) return;
    this.told = told;
    this.stream.resize(cols, rows).catch((error: unknown) => this.hears.trouble(error));
  }
  /** Lines that are wider than all before make the type smaller, as far as it can be read; it does not grow again. */
  private drew(start: number, end: number): void {
    if (this.gone) return;
    const { active } = this.term.buffer;
    let widest = this.widest;
    for (let y = start; y <= end; y++) widest = Math.max(widest, active.getLine(active.viewportY + y)?.translateToString(true).length ?? 0);
    if (widest > this.widest && !this.mine) {
      this.widest = widest;
      this.fit();
    } else this.keepUp();
  }
  private bottom(): number {
    const { term, box } = this;
    const screen = term.element?.querySelector<HTMLElement>('.xterm-screen');
    if (!screen || this.mine) return 0;
    const { active } = term.buffer;
    let last = active.cursorY;
    for (let y = term.rows - 1; y > last; y--) if (active.getLine(active.baseY + y)?.translateToString(true)) last = y;
    return follow(last, term.rows, screen.clientHeight / term.rows, box.clientHeight, PAD);
  }
  /** The newest line stays in sight until one scrolls away from it. */
  private keepUp(): void {
    if (this.gone) return;
    const at = this.bottom();
    const { style } = this.box;
    const cell = (this.term.element?.querySelector<HTMLElement>('.xterm-screen')?.clientWidth ?? 0) / this.term.cols;
    // Rows and columns that nothing was written to are no reason to scroll.
    style.overflowX = !this.mine && this.widest * cell > this.box.clientWidth - PAD * 2 ? 'auto' : 'hidden';
    style.overflowY = at > 0 ? 'auto' : 'hidden';
    if (!this.following) return;
    if (Math.abs(this.box.scrollTop - at) > 1) this.box.scrollTop = at;
  }
  /** One wheel for two scrolls: up through the box, then through what was printed; down the other way round. */
  private wheel(event: WheelEvent): void {
    if (this.mine) return;
    const { active } = this.term.buffer;
    const inBox = event.deltaY < 0 ? this.box.scrollTop > 0 : active.viewportY >= active.baseY;
    if (inBox || Math.abs(event.deltaX) > Math.abs(event.deltaY)) event.stopPropagation();
  }
  private scrollBy(lines: number): void {
    const { active } = this.term.buffer;
    const row = this.box.scrollHeight / this.term.rows;
    if (lines < 0 ? this.box.scrollTop > 0 : active.viewportY >= active.baseY) this.box.scrollBy(0, lines * row);
    else this.term.scrollLines(lines);
  }

  /** Whether xterm shall make typing of a key; the few that are ours are no key of any terminal program. */
  private forProgram(event: KeyboardEvent): boolean {
    if (!this.mine) return false;
    return !this.ours(event);
  }
  private ours(event: KeyboardEvent): boolean {
    const chord = (event.ctrlKey && event.shiftKey) || (event.metaKey && event.code !== 'Escape');
    if (!chord || event.altKey) return false;
    const act = { Escape: () => this.giveBack(), KeyC: () => void this.copy(), KeyF: () => this.hears.search() }[event.code];
    // The browser pastes by itself; `brought` judges it.
    if (!act) return event.code === 'KeyV';
    if (event.type === 'keydown') {
      event.preventDefault();
      event.stopPropagation();
      act();
    }
    return true;
  }
  private keyInBox(event: KeyboardEvent): void {
    // Nothing of what is typed here is a key of the window.
    if (this.mine) return event.stopPropagation();
    if (event.target !== this.box) return;
    const page = Math.max(1, Math.floor(this.box.clientHeight / (this.box.scrollHeight / this.term.rows)) - 1);
    const by = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page, Home: -this.term.buffer.active.length, End: this.term.buffer.active.length }[event.key];
    if (by !== undefined && !event.ctrlKey && !event.altKey) this.scrollBy(by);
    else if (event.key === 'Enter') this.take();
    else if (!this.ours(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  private brought(event: ClipboardEvent | DragEvent): void {
    event.preventDefault();
    event.stopPropagation();
    if (event.type === 'dragover') return;
    const from = 'clipboardData' in event ? event.clipboardData : event.dataTransfer;
    this.paste(from?.getData('text/plain') ?? '');
  }
  /** Types what is pasted, or asks first. */
  paste(text: string): void {
    if (!text) return;
    if (!this.mine) return this.hears.trouble(new Error(TAKE_FIRST));
    const paste = judgePaste(text, this.term.modes.bracketedPasteMode);
    if (paste.why.length > 0) this.hears.paste(paste, () => this.mine && this.keys.press(paste.text));
    else this.keys.press(paste.text);
  }
  async copy(): Promise<void> {
    const text = this.term.getSelection();
    if (!text) return this.hears.trouble(new Error('Nothing is selected in the terminal'));
    try {
      await navigator.clipboard.writeText(text);
      this.hears.copied();
    } catch {
      this.hears.trouble(new Error(REFUSED_COPY));
    }
  }
  get selected(): boolean {
    return this.term.hasSelection();
  }

  find(words: string, back = false): void {
    if (!words) return this.endFind();
    const how = { decorations: FOUND, incremental: false };
    if (back) this.search.findPrevious(words, how);
    else this.search.findNext(words, how);
  }
  endFind(): void {
    this.search.clearDecorations();
    this.term.clearSelection();
    this.hears.found(0, 0);
  }

  private linkSeen(text: string): void {
    this.hears.link(targetOf(text) ?? false);
  }
  private linkClicked(event: MouseEvent, text: string): void {
    const target = targetOf(text);
    if (target && (event.ctrlKey || event.metaKey)) this.hears.open(target.url);
  }

  focus(): void {
    if (this.mine) this.term.focus();
    else this.box.focus();
  }
  close(): void {
    if (this.gone) return;
    // Its own size again, before nobody looks any more.
    if (this.mine) this.giveBack();
    this.gone = true;
    this.off.abort();
    this.sized.disconnect();
    this.stream?.close();
    this.term.dispose();
  }
}
