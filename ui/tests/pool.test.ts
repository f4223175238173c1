// The terminals behind the floor's monitors: who is watched, what is published and how often, and what a flood costs.
// Not here: what the floor makes of a picture.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Host, TerminalLink, TerminalNews } from '../src/host/host';
import { Pool, WATCHED_MAX, type Wanted } from '../src/terminal/pool';
import { Tiny } from '../src/terminal/tiny';
import { ANSI, INK } from '../src/terminal/palette';
import { PICTURE_COLS, PICTURE_ROWS } from '../src/state/picture';

interface Desk {
  window: number;
  each: (news: TerminalNews) => void;
  credit: number;
  at: number;
}
function office() {
  const desks = new Map<number, Desk>();
  const closed: number[] = [];
  const host = {
    terminal: async (name: string, _: number | null, each: (news: TerminalNews) => void, window = Infinity): Promise<TerminalLink> => {
      const desk: Desk = { each, window, credit: 0, at: 0 };
      desks.set(Number(name), desk);
      return { type: () => Promise.reject(new Error('a monitor types nothing')), resize: () => Promise.reject(new Error('a monitor resizes nothing')), drawn: (n) => void (desk.credit += n), close: () => void closed.push(Number(name)) };
    },
    onLink: (each: (link: 'up') => void) => (each('up'), () => {}),
  } as unknown as Host;
  const print = (desk: number, words: string): void => {
    const it = desks.get(desk)!;
    const bytes = new TextEncoder().encode(words);
    it.each({ kind: 'bytes', offset: it.at, bytes });
    it.at += bytes.length;
  };
  return { host, desks, closed, print };
}
const some = (n: number, rank = 1): Wanted[] => Array.from({ length: n }, (_, i) => ({ desk: i + 1, run: i + 1, rank }));
const there = new Set(Array.from({ length: 60 }, (_, i) => i + 1));
const opened = (host: Host) => new Pool(host, async () => () => new Tiny());

describe('the pool', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const flow = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

  it('watches those who matter most, at most so many', async () => {
    const { host } = office();
    const pool = opened(host);
    pool.show([...some(20), { desk: 40, run: 40, rank: 0 }], there);
    await flow(0);
    expect(pool.watched.length).toBe(WATCHED_MAX);
    expect(pool.watched).toContain(40);
  });

  it('publishes at most eight times a second, and only when something changed', async () => {
    const { host, print } = office();
    const pool = opened(host);
    pool.show(some(1), there);
    await flow(0);
    let heard = 0;
    pool.pictures.onChange(() => heard++);
    for (let n = 0; n < 100; n++) {
      print(1, `line ${n}\r\n`);
      await flow(10);
    }
    expect(heard).toBeGreaterThan(6);
    expect(heard).toBeLessThanOrEqual(9);
    await flow(200);
    const before = pool.pictures.get(1)!.version;
    print(1, '\x1b[0m');
    await flow(200);
    expect(pool.pictures.get(1)!.version).toBe(before);
  });

  it('has no timer while nothing prints', async () => {
    const { host, print } = office();
    const pool = opened(host);
    pool.show(some(5), there);
    await flow(0);
    print(1, 'hello');
    await flow(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives a flood no more credit than a monitor needs, and shows its newest lines', async () => {
    const { host, print, desks } = office();
    const pool = opened(host);
    pool.show(some(1), there);
    await flow(0);
    const desk = desks.get(1)!;
    const line = `${'flood '.repeat(10)}\r\n`;
    const SECONDS = 3;
    for (let ms = 0; ms < SECONDS * 1000; ms += 5) {
      while (desk.at - desk.credit + line.length <= desk.window) print(1, line);
      await flow(5);
    }
    expect(desk.at / SECONDS).toBeGreaterThan(64 * 1024);
    expect(desk.at / SECONDS).toBeLessThan(192 * 1024);
    print(1, '\x1b[31mnewest\x1b[0m\r\n');
    await flow(2000);
    expect(pool.pictures.get(1)!.rows.at(-2)).toEqual([{ at: 0, len: 6, ink: ANSI[1] }]);
    expect(desk.credit).toBe(desk.at);
  });

  it('shows what comes after a hole without the colours and halves of before', async () => {
    const { host, desks, print } = office();
    const pool = opened(host);
    pool.show(some(1), there);
    await flow(0);
    print(1, 'a\r\n\x1b[31;4');
    const desk = desks.get(1)!;
    desk.each({ kind: 'gap', from: desk.at, to: (desk.at += 5_000_000) });
    print(1, 'plain');
    await flow(300);
    expect(pool.pictures.get(1)!.rows.at(-1)).toEqual([{ at: 0, len: 5, ink: INK }]);
  });

  it('leaves a hidden window, a run that is over and a desk that is gone', async () => {
    const { host, print, closed } = office();
    const pool = opened(host);
    pool.show(some(2), there);
    await flow(0);
    print(1, 'one');
    print(2, 'two');
    await flow(200);
    pool.visible(false);
    expect(closed.sort()).toEqual([1, 2]);
    expect(pool.pictures.get(1)!.rows).toEqual([[{ at: 0, len: 3, ink: INK }]]);
    pool.visible(true);
    await flow(0);
    expect(pool.watched).toEqual([1, 2]);
    pool.show([{ desk: 1, run: 7, rank: 1 }], new Set([1]));
    expect(closed).toEqual([1, 2, 1, 2]);
    expect(pool.pictures.get(2)).toBeUndefined();
    expect(pool.watched).toEqual([1]);
    pool.close();
    expect(pool.watched).toEqual([]);
  });

  it('counts on where a desk is watched again, so that no monitor runs backwards', async () => {
    const { host, print } = office();
    const pool = opened(host);
    pool.show(some(1), there);
    await flow(0);
    print(1, 'line\r\n'.repeat(100));
    await flow(200);
    const before = pool.pictures.get(1)!;
    pool.visible(false);
    pool.visible(true);
    await flow(0);
    print(1, 'line\r\n'.repeat(5));
    await flow(200);
    const after = pool.pictures.get(1)!;
    expect(after.version).toBeGreaterThan(before.version);
    expect(after.scrolled).toBeGreaterThanOrEqual(before.scrolled);
  });
});

describe('a picture', () => {
  async function of(words: string) {
    const tiny = new Tiny();
    await new Promise<void>((done) => tiny.write(new TextEncoder().encode(words), done));
    return tiny.look();
  }
  it('is the words of the newest lines in their colours, cut at its edge', async () => {
    const { rows } = await of(`\x1b[32mok\x1b[0m two\r\n\r\n\x1b[41m  \x1b[0m\x1b[7mlit\x1b[0m ${'x'.repeat(100)}`);
    expect(rows[0]).toEqual([{ at: 0, len: 2, ink: ANSI[2] }, { at: 3, len: 3, ink: INK }]);
    expect(rows[1]).toEqual([]);
    expect(rows[2]).toEqual([{ at: 0, len: 2, ink: ANSI[1] }, { at: 2, len: 3, ink: INK }, { at: 6, len: PICTURE_COLS - 6, ink: INK }]);
  });
  it('has a wide character on two columns', async () => {
    expect((await of('表x')).rows).toEqual([[{ at: 0, len: 3, ink: INK }]]);
  });
  it('counts every line that went out at the top', async () => {
    const short = await of('line\r\n'.repeat(11));
    expect([short.rows.length, short.scrolled]).toEqual([PICTURE_ROWS, 0]);
    expect((await of('line\r\n'.repeat(12))).scrolled).toBe(1);
    expect((await of('line\r\n'.repeat(1012))).scrolled).toBe(1001);
  });
});
