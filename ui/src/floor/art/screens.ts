// Screens that do not scroll: request dialog, red log, clock, check, pause bars, key, dead, black. Flat, origin lower left.
// Not here: live terminals (floor/render/screens.ts prints those from rows of runs).
import { SCREEN } from '../model/draw-desk';
import type { ScreenKind } from '../model/state';
import { rng, TAU } from '../model/numbers';
import type { Ctx, Pen } from './pen';

const BG: Partial<Record<ScreenKind, string>> = {
  black: '#1a1f3f',
  red: '#3a1526',
  dead: '#2a0f1c',
  dialog: '#33260f',
  key: '#33260f',
  clock: '#141a3c',
  check: '#12311f',
};
export const LIVE_BG = 0x101a3c;
/** One text row: pitch and thickness in px at zoom 1. */
export const ROW_PITCH = 2.9;
export const ROW_H = 1.35;
const COLS = 40;

type Bar = (x: number, y: number, ww: number, col: string, a?: number, hh?: number) => void;

export function stillScreen(P: Pen, kind: ScreenKind): void {
  const c = P.c;
  const { w, h } = SCREEN;
  P.rrect(0, -h, w, h, 1.2, BG[kind] ?? '#101a3c', { e: 1 });
  if (!P.emit || kind === 'black') return;
  c.save();
  c.beginPath();
  c.rect(0.6, -h + 0.6, w - 1.2, h - 1.2);
  c.clip();
  c.globalCompositeOperation = 'source-over';
  const bar: Bar = (x, y, ww, col, a = 1, hh = ROW_H) => {
    c.globalAlpha = a;
    c.fillStyle = col;
    c.fillRect(x, y, ww, hh);
  };
  c.lineCap = c.lineJoin = 'round';
  if (kind === 'dialog' || kind === 'key' || kind === 'red' || kind === 'pause') backLog(bar, w, h, kind === 'pause' ? 0.35 : 0.9);
  if (kind === 'check') check(c, bar, w, h);
  else if (kind === 'clock') clock(c, bar, w, h);
  else if (kind === 'dialog') dialog(c, bar, w, h);
  else if (kind === 'key') keyForm(c, bar, w, h);
  else if (kind === 'red') for (let i = 0; i < 4; i++) bar(3, -h + 6 + i * 5.6, w * (0.35 + ((i * 37) % 40) / 100), '#ff8072', 1, 1.5);
  else if (kind === 'dead') dead(c, bar, w, h);
  else if (kind === 'boot') boot(c, bar, w, h);
  else if (kind === 'diff') diff(c, bar, w, h);
  else if (kind === 'dim') asleep(c, w, h);
  else if (kind === 'pause') for (const x of [-5.5, 2]) bar(w / 2 + x, -h * 0.68, 3.5, '#dfe4ff', 1, h * 0.36);
  const g = c.createLinearGradient(0, -h, w, 0);
  g.addColorStop(0, 'rgba(255,255,255,.13)');
  g.addColorStop(0.5, 'rgba(255,255,255,0)');
  c.globalAlpha = 1;
  c.fillStyle = g;
  c.fillRect(0, -h, w, h);
  c.restore();
}

function backLog(bar: Bar, w: number, h: number, a: number): void {
  for (let i = 0; i < h / ROW_PITCH; i++)
    for (const r of inkRow(i)) bar((r.col / COLS) * w, -h + 2.4 + i * ROW_PITCH, (r.len / COLS) * w, r.colour, a);
}
const PALETTE = ['#7fe3b4', '#8fb8ff', '#cfd8ff', '#ffd08a', '#6f7bb8', '#cfd8ff', '#ff9db0'] as const;
/** Row n of the faint text behind a dialog or an alarm: a picture of text, the same on every desk. */
function inkRow(n: number): { col: number; len: number; colour: string }[] {
  const r = rng(41 * 131 + n * 17);
  let col = 1 + (r() > 0.55 ? 3 : 0) + (r() > 0.8 ? 3 : 0);
  const segs = 1 + Math.floor(r() * 3);
  if (r() > 0.88) return [];
  const out: { col: number; len: number; colour: string }[] = [];
  for (let k = 0; k < segs && col < COLS - 3; k++) {
    const len = Math.round(2.5 + r() * 9);
    out.push({ col, len: Math.min(len, COLS - 2 - col), colour: PALETTE[Math.floor(r() * PALETTE.length)]! });
    col += len + 1;
  }
  return out;
}
function check(c: Ctx, bar: Bar, w: number, h: number): void {
  for (let i = 0; i < 3; i++) bar(3, -h + 3 + i * 3, 8 + i * 4, '#7fe3b4', 0.6);
  c.globalAlpha = 1;
  c.strokeStyle = '#9cf08a';
  c.lineWidth = 3;
  c.beginPath();
  c.moveTo(w * 0.32, -h * 0.42);
  c.lineTo(w * 0.46, -h * 0.24);
  c.lineTo(w * 0.72, -h * 0.62);
  c.stroke();
}
function clock(c: Ctx, bar: Bar, w: number, h: number): void {
  c.globalAlpha = 0.9;
  c.strokeStyle = '#8fa3d8';
  c.lineWidth = 1.3;
  c.beginPath();
  c.arc(w / 2, -h / 2, 7, 0, TAU);
  c.moveTo(w / 2, -h / 2 - 4.4);
  c.lineTo(w / 2, -h / 2);
  c.lineTo(w / 2 + 3, -h / 2 + 1.6);
  c.stroke();
  bar(w / 2 - 9, -4.4, 18, '#4a568f', 1, 1.4);
  bar(w / 2 - 9, -4.4, 11, '#8fa3d8', 1, 1.4);
}
function frame(c: Ctx, w: number, h: number, col: string): void {
  c.globalAlpha = 0.92;
  c.fillStyle = '#1b1408';
  c.fillRect(3, -h * 0.68, w - 6, h * 0.42);
  c.strokeStyle = col;
  c.lineWidth = 1;
  c.strokeRect(3, -h * 0.68, w - 6, h * 0.42);
}
function dialog(c: Ctx, bar: Bar, w: number, h: number): void {
  frame(c, w, h, '#ffb53d');
  bar(5.5, -h * 0.6, w * 0.5, '#ffd58a');
  bar(5.5, -h * 0.45, 7, '#7fe3b4', 1, 2.2);
  bar(14.5, -h * 0.45, 7, '#ff8d7a', 1, 2.2);
}
function keyForm(c: Ctx, bar: Bar, w: number, h: number): void {
  frame(c, w, h, '#f2d28a');
  for (let i = 0; i < 5; i++) bar(6 + i * 4, -h * 0.5, 2, '#ffe7b0', 1, 2);
  bar(6, -h * 0.36, w * 0.5, '#f2d28a', 1, 1);
}
/** Three quarters of a ring, and a bar that has begun. */
function boot(c: Ctx, bar: Bar, w: number, h: number): void {
  c.globalAlpha = 1;
  c.strokeStyle = '#9db4ff';
  c.lineWidth = 2.2;
  c.beginPath();
  c.arc(w / 2, -h * 0.56, 6.2, -1.2, 3.4);
  c.stroke();
  bar(w / 2 - 11, -6.4, 22, '#3a4a8c', 1, 2);
  bar(w / 2 - 11, -6.4, 8, '#cfd8ff', 1, 2);
}
/** Old at the left, new at the right, as a reviewer has them. */
function diff(c: Ctx, bar: Bar, w: number, h: number): void {
  c.globalAlpha = 1;
  const half = w / 2;
  c.fillStyle = 'rgba(224,90,84,.30)';
  c.fillRect(2, -h + 10.4, half - 3, 5.6);
  c.fillStyle = 'rgba(88,200,130,.30)';
  c.fillRect(half + 1, -h + 10.4, half - 3, 8.6);
  const long = [0.7, 0.45, 0.8, 0.6, 0.36, 0.74, 0.5, 0.66];
  for (let i = 0; i < 8; i++) {
    const y = -h + 5 + i * 3.1;
    const changed = i === 2 || i === 3;
    bar(4, y, (half - 7) * long[i]!, changed ? '#ff9d92' : '#8f9ad0', 0.95, 1.5);
    bar(half + 3, y, (half - 7) * long[(i + 2) % 8]!, changed || i === 4 ? '#8ff0b4' : '#8f9ad0', 0.95, 1.5);
  }
  bar(half - 0.4, -h + 2.4, 0.8, '#3d4c92', 1, h - 4.8);
}
/** A screen saver: the moon over a low skyline. Nothing on it could be taken for something printed. */
function asleep(c: Ctx, w: number, h: number): void {
  c.globalAlpha = 0.75;
  c.fillStyle = '#5b6cb8';
  c.beginPath();
  c.arc(w * 0.62, -h * 0.62, 6, 0, TAU);
  c.fill();
  c.fillStyle = '#101a3c';
  c.globalAlpha = 1;
  c.beginPath();
  c.arc(w * 0.68, -h * 0.68, 5.2, 0, TAU);
  c.fill();
  c.fillStyle = '#2b3878';
  for (const [x, up] of [
    [0.04, 7],
    [0.2, 11],
    [0.34, 6],
    [0.5, 9],
    [0.66, 5],
    [0.8, 10],
  ] as const)
    c.fillRect(w * x, -up, w * 0.15, up);
}
function dead(c: Ctx, bar: Bar, w: number, h: number): void {
  c.strokeStyle = '#ff6b5e';
  c.lineWidth = 2.4;
  c.beginPath();
  for (const s of [1, -1]) {
    c.moveTo(w / 2 - 6, -h / 2 - 6 * s);
    c.lineTo(w / 2 + 6, -h / 2 + 6 * s);
  }
  c.stroke();
  bar(w / 2 - 10, -5, 20, '#ff8072', 0.8);
}
