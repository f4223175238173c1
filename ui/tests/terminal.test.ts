// The terminal's parts that need no browser: bytes in order whatever the way does, credit, what is typed, what a paste may
// hold, where a link goes, and what hostile output does not do. Not here: how it looks and feels (terminal-browser.mjs).
import { Terminal } from '@xterm/xterm';
import { describe, expect, it, vi } from 'vitest';
import { Refused, type Host, type Link, type TerminalLink, type TerminalNews } from '../src/host/host';
import { CREDIT, RecordedTerminal } from '../src/host/replay-terminal';
import { holdBack } from '../src/terminal/hostile';
import { Keys, WAITING_MAX } from '../src/terminal/keys';
import { targetOf } from '../src/terminal/links';
import { drawsByWebgl } from '../src/terminal/look';
import { judgePaste, PASTE_MAX } from '../src/terminal/paste';
import { bytesInWords, follow, typeSize } from '../src/terminal/size';
import { Stream, type StreamState } from '../src/terminal/stream';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const settled = (): Promise<void> => new Promise((done) => setTimeout(done));

/** An office whose terminal a test plays by hand. */
class Office {
  each: (news: TerminalNews) => void = () => {};
  asked: (number | null)[] = [];
  credit = 0;
  closed = 0;
  typed: string[] = [];
  refuses: Refused | null = null;
  private links: ((link: Link) => void)[] = [];
  terminal = (_: string, from: number | null, each: (news: TerminalNews) => void): Promise<TerminalLink> => {
    this.asked.push(from);
    this.each = each;
    if (this.refuses) return Promise.reject(this.refuses);
    return Promise.resolve({
      type: (text: string) => Promise.resolve(void this.typed.push(text)),
      resize: () => Promise.resolve(),
      drawn: (n: number) => void (this.credit += n),
      close: () => void this.closed++,
    });
  };
  onLink = (each: (link: Link) => void): (() => void) => {
    this.links.push(each);
    each('up');
    return () => (this.links = this.links.filter((it) => it !== each));
  };
  link(link: Link): void {
    for (const each of this.links) each(link);
  }
  print(offset: number, words: string): void {
    this.each({ kind: 'bytes', offset, bytes: bytes(words) });
  }
}

function watched(office: Office | Pick<Host, 'terminal' | 'onLink'>, from: number | null = 0) {
  const seen = { text: '', gaps: [] as [number, boolean][], states: [] as StreamState['is'][], waiting: [] as (() => void)[], slow: false };
  const stream = new Stream(office, '1', from, {
    bytes: (more, done) => {
      seen.text += text(more);
      if (seen.slow) seen.waiting.push(done);
      else done();
    },
    gap: (n, earlier) => seen.gaps.push([n, earlier]),
    state: (state) => seen.states.push(state.is),
  });
  return { stream, seen };
}

describe('a stream of a terminal', () => {
  it('hands every byte on once, in order, over a loss and a new attachment that overlaps', async () => {
    const office = new Office();
    const { stream, seen } = watched(office);
    await settled();
    office.print(0, 'one two ');
    office.link('lost');
    office.each({ kind: 'lost' });
    expect(stream.state.is).toBe('lost');
    office.link('up');
    await settled();
    expect(office.asked).toEqual([0, 8]);
    office.print(4, 'two three');
    expect(seen.text).toBe('one two three');
    expect(seen.gaps).toEqual([]);
  });

  it('waits for an office that is still looked for, and goes on where it was, however late the words come', async () => {
    for (const backFirst of [false, true]) {
      const office = new Office();
      const { stream, seen } = watched(office);
      await settled();
      office.print(0, 'one ');
      office.refuses = new Refused({ code: 'no_office', message: 'The office is gone; looking for it', detail: '' });
      // The terminal hears of it before the link does, and asks in vain.
      office.each({ kind: 'lost' });
      if (backFirst) office.link('up');
      office.refuses = null;
      await settled();
      if (!backFirst) {
        expect(stream.state.is).toBe('lost');
        office.link('lost');
        office.link('up');
        await settled();
      }
      expect(stream.state.is).toBe('live');
      expect(seen.states).not.toContain('refused');
      office.print(4, 'two');
      expect(seen.text).toBe('one two');
      expect(office.asked.at(-1)).toBe(4);
    }
  });
  it('goes on too when the word that the office is back overtakes the word that it was lost', async () => {
    const office = new Office();
    const { stream, seen } = watched(office);
    await settled();
    office.print(0, 'one');
    office.link('lost');
    office.link('up');
    office.each({ kind: 'lost' });
    await settled();
    office.print(3, ' two');
    expect([stream.state.is, seen.text]).toEqual(['live', 'one two']);
  });

  it('listens to no news of an attachment that is over', async () => {
    const office = new Office();
    const { seen } = watched(office);
    await settled();
    const { each } = office;
    office.print(0, 'one');
    office.each({ kind: 'lost' });
    await settled();
    each({ kind: 'bytes', offset: 3, bytes: bytes('LATE') });
    office.print(3, ' two');
    expect(seen.text).toBe('one two');
  });

  it('says what is missing: earlier output, and what came too fast, announced or not', async () => {
    const office = new Office();
    const { seen } = watched(office);
    await settled();
    office.each({ kind: 'gap', from: 0, to: 1000 });
    office.print(1000, 'a');
    office.each({ kind: 'gap', from: 1001, to: 1501 });
    office.print(1501, 'b');
    office.print(1602, 'c');
    expect(seen.text).toBe('abc');
    expect(seen.gaps).toEqual([[1000, true], [500, false], [100, false]]);
  });

  it('gives credit for what is drawn and for what it knew already, and none before', async () => {
    const office = new Office();
    const { seen } = watched(office);
    seen.slow = true;
    await settled();
    office.print(0, 'abcd');
    expect(office.credit).toBe(0);
    seen.waiting.shift()!();
    expect(office.credit).toBe(4);
    office.print(2, 'cdef');
    expect(office.credit).toBe(6);
    seen.waiting.shift()!();
    expect(office.credit).toBe(8);
  });

  it('owes nothing for bytes that came before the link did', async () => {
    const office = new Office();
    watched(office);
    office.print(0, 'abcd');
    await settled();
    expect(office.credit).toBe(4);
  });

  it('shows a refusal as the answer it is, and waits for an office that cannot be reached', async () => {
    const office = new Office();
    office.refuses = new Refused({ code: 'wrong_state', message: 'no program runs', detail: '' });
    const { stream } = watched(office);
    await settled();
    expect(stream.state).toMatchObject({ is: 'refused', refusal: { message: 'no program runs' } });
    office.refuses = new Refused({ code: 'unavailable', message: 'gone', detail: '' });
    const away = watched(office).stream;
    office.link('lost');
    await settled();
    expect(away.state.is).toBe('lost');
    office.refuses = null;
    office.link('up');
    await settled();
    expect(away.state.is).toBe('live');
  });

  it('goes on at the very next byte beyond four gigabytes', async () => {
    const office = new Office();
    watched(office, null);
    await settled();
    office.print(5_000_000_000, 'far');
    office.each({ kind: 'lost' });
    await settled();
    expect(office.asked).toEqual([null, 5_000_000_003]);
  });

  it('detaches when it is closed, also while it is being attached', async () => {
    const office = new Office();
    watched(office).stream.close();
    await settled();
    expect(office.closed).toBe(1);
    const { stream } = watched(office);
    await settled();
    stream.close();
    stream.close();
    expect(office.closed).toBe(2);
    await expect(stream.type('x')).rejects.toThrow('not attached');
  });
});

describe('a slow viewer of a flood', () => {
  const host = (terminal: RecordedTerminal) => ({
    terminal: async (_: string, from: number | null, each: (news: TerminalNews) => void) => terminal.attach(from, each),
    onLink: (each: (link: Link) => void) => (each('up'), () => {}),
  });

  it('is sent no more than its credit, is told of the hole, and ends with the newest byte', async () => {
    const terminal = new RecordedTerminal();
    const { seen, stream } = watched(host(terminal));
    seen.slow = true;
    await settled();
    const line = `${'x'.repeat(99)}\n`;
    for (let n = 0; n < 50; n++) terminal.print(bytes(line.repeat(1000)));
    expect(seen.text.length).toBe(CREDIT);
    terminal.print(bytes('the end'));
    while (seen.waiting.length > 0) {
      seen.waiting.splice(0).forEach((done) => done());
      await settled();
    }
    expect(seen.text.endsWith('the end')).toBe(true);
    expect(seen.gaps.length).toBeGreaterThan(0);
    const missed = seen.gaps.reduce((sum, [n]) => sum + n, 0);
    expect(seen.text.length + missed).toBe(50 * 100_000 + 7);
    expect(stream.at).toBe(50 * 100_000 + 7);
  });
});

describe('typing', () => {
  it('goes one piece after the other, in order, however slow the way', async () => {
    const sent: string[] = [];
    const gates: (() => void)[] = [];
    const keys = new Keys((text) => (sent.push(text), new Promise((done) => gates.push(done))), () => {});
    for (const key of 'hello') keys.press(key);
    expect(sent).toEqual(['h']);
    gates.shift()!();
    await settled();
    expect(sent).toEqual(['h', 'ello']);
  });

  it('drops what waits when it is refused, says so once, and types again afterwards', async () => {
    const sent: string[] = [];
    const refused = vi.fn();
    let open = false;
    const keys = new Keys(async (text) => {
      if (!open) throw new Error('does not read');
      sent.push(text);
    }, refused);
    for (const key of 'hello') keys.press(key);
    await settled();
    expect(refused).toHaveBeenCalledTimes(1);
    open = true;
    keys.press('again');
    await settled();
    expect(sent).toEqual(['again']);
  });

  it('never cuts within a character and is bounded', async () => {
    const sent: string[] = [];
    const refused = vi.fn();
    const keys = new Keys(async (text) => void sent.push(text), refused);
    const faces = 'a' + '🙂'.repeat(20_000);
    keys.press(faces);
    keys.press('x'.repeat(WAITING_MAX));
    expect(refused).toHaveBeenCalledTimes(1);
    await vi.waitFor(() => expect(sent.join('')).toBe(faces));
    expect(sent.length).toBeGreaterThan(2);
    expect(sent.some((piece) => /\p{Surrogate}/u.test(piece))).toBe(false);
  });
});

describe('a paste', () => {
  it('of one plain line is typed at once', () => {
    expect(judgePaste('git status', false)).toEqual({ text: 'git status', shown: 'git status', why: [] });
  });
  it('of several lines is asked about, and typed as Enter or within the brackets of a program that wants them', () => {
    const bare = judgePaste('one\r\ntwo\n', false);
    expect(bare.text).toBe('one\rtwo\r');
    expect(bare.shown).toBe('one⏎\ntwo⏎\n');
    expect(bare.why).toEqual(['it has 3 lines, and each line end is typed as Enter']);
    expect(judgePaste('one\ntwo', true).text).toBe('\x1b[200~one\rtwo\x1b[201~');
  });
  it('cannot end its own brackets, nor bring a control character with it', () => {
    const paste = judgePaste('a\x1b[201~\x03rm -rf ~\x9b31m\x07', true);
    expect(paste.text).toBe('\x1b[200~a[201~rm -rf ~31m\x1b[201~');
    expect(paste.why).toEqual(['4 control characters would be left out']);
  });
  it('with characters nobody sees shows them', () => {
    const paste = judgePaste('safe\u202ecod.sh\u200b', false);
    expect(paste.shown).toBe('safe⟨U+202E⟩cod.sh⟨U+200B⟩');
    expect(paste.why).toEqual(['it holds 2 characters that cannot be seen']);
  });
  it('of a whole file is refused', () => {
    const paste = judgePaste('x'.repeat(PASTE_MAX + 1), false);
    expect(paste.text).toBe('');
    expect(paste.why[0]).toMatch(/put it into a file instead/);
  });
});

describe('a link', () => {
  it.each([
    ['https://example.com/a?b=c', 'https://example.com/a?b=c', 'example.com'],
    ['HTTP://EXAMPLE.com:8080', 'http://example.com:8080/', 'example.com:8080'],
    ['https://ex\u0430mple.com', 'https://xn--exmple-4nf.com/', 'xn--exmple-4nf.com'],
  ])('%s goes to %s', (link, url, host) => expect(targetOf(link)).toEqual({ url, host }));
  it.each(['javascript:alert(1)', 'file:///etc/passwd', 'data:text/html,x', 'ssh://host', 'https://bank.example@evil.example/', 'no link', ''])('%s is not followed', (link) =>
    expect(targetOf(link)).toBeNull(),
  );
});

describe('hostile output', () => {
  const QUESTIONS = ['\x1b[c', '\x1b[>c', '\x1b[=c', '\x9bc', '\x1b[5n', '\x1b[6n', '\x1b[?6n', '\x1b[?2004$p', '\x1b[4$p', '\x1b[>q', '\x1b[x'];
  const NEVER = ['\x1bP$qm\x1b\\', '\x1bP+q544e\x1b\\', '\x1b[21t', '\x1b[18t', '\x1b[14t', '\x1b]10;?\x07', '\x1b]11;?\x07', '\x1b]4;1;?\x07', '\x1b]52;c;?\x07'];
  async function said(output: string, answers: boolean): Promise<{ replies: string; titles: string[]; term: Terminal }> {
    const term = new Terminal({ cols: 80, rows: 24, allowProposedApi: true });
    holdBack(term.parser, () => answers);
    let replies = '';
    const titles: string[] = [];
    term.onData((data) => (replies += data));
    term.onTitleChange((title) => titles.push(title));
    await new Promise<void>((done) => term.write(output, done));
    return { replies, titles, term };
  }

  it('is never answered by one who only looks', async () => {
    expect((await said([...QUESTIONS, ...NEVER].join(''), false)).replies).toBe('');
  });
  it('is answered by who has the keyboard, but never in words of its own choosing', async () => {
    expect((await said(QUESTIONS.join(''), true)).replies).toMatch(/\x1b\[\?1;2c/);
    expect((await said(NEVER.join(''), true)).replies).toBe('');
  });
  it('names no window and resizes nothing', async () => {
    const { titles, term } = await said('\x1b]0;Approve everything\x07\x1b]2;root\x1b\\\x1b[8;200;500t\x1b[22;0t\x1b[23;0tfine', true);
    expect(titles).toEqual([]);
    expect([term.cols, term.rows]).toEqual([80, 24]);
    expect(term.buffer.active.getLine(0)!.translateToString(true)).toBe('fine');
  });
  it('of an endless line, of nothing but controls, or cut anywhere leaves a terminal that works', async () => {
    const junk = ['x'.repeat(2_000_000), '\x1b[999999999;999999999H', '\x1b[2147483647@', '\x1b[99999L\x1b[99999M', '\x1b]8;;http://x/' + 'y'.repeat(100_000) + '\x07', '\x1bP' + 'z'.repeat(100_000), '\x1b]52;c;' + 'A'.repeat(100_000)];
    const { term, replies } = await said(`${junk.join('')}\x18\x1bc\x1b[0mfine`, false);
    expect(replies).toBe('');
    expect(term.buffer.active.getLine(0)!.translateToString(true)).toBe('fine');
  });
});

describe('its size', () => {
  it('is the full one as long as lines fit, smaller down to what can be read, and never grows beyond', () => {
    expect(typeSize(12.6, 0.6, 60, 690)).toBe(12.6);
    expect(typeSize(12.6, 0.6, 100, 690)).toBe(11.5);
    expect(typeSize(12.6, 0.6, 120, 690)).toBeCloseTo(11);
    expect(typeSize(25.2, 0.6, 120, 690)).toBeCloseTo(22);
  });
  it('follows the last line and moves no farther than it must', () => {
    expect(follow(5, 40, 20, 400, 10)).toBe(0);
    expect(follow(39, 40, 20, 400, 10)).toBe(420);
  });
  it('shows a whole row first, where rows below leave room for that', () => {
    const at = follow(29, 40, 20, 385, 10);
    expect(at).toBe(250);
    expect((at - 10) % 20).toBe(0);
    expect(follow(39, 40, 20, 385, 10)).toBe(435);
  });
  it('is told in words', () => expect([12, 12_400, 3_200_000].map(bytesInWords)).toEqual(['12 bytes', '12 kB', '3.2 MB']));
});

describe('what draws it', () => {
  const WEBKIT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15';
  const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)';
  const EDGE = 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 Edg/120.0';
  it.each([
    ['auto', WEBKIT, 'a card', false],
    ['webgl', WEBKIT, 'a card', true],
    ['auto', MAC, 'Apple M1', true],
    ['auto', EDGE, 'a card', true],
    ['auto', EDGE, 'Google SwiftShader', false],
    ['auto', EDGE, '', false],
    ['dom', EDGE, 'a card', false],
  ] as const)('set to %s on %s with %s: by WebGL is %s', (set, agent, card, so) => expect(drawsByWebgl(set, agent, () => card)).toBe(so));
});
