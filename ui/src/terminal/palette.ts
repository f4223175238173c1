// The colours of a terminal, the same on the screen of an open desk and on the monitors of the floor. It stays dark by day:
// programs choose their colours for a dark ground. Not here: fonts and the rest of the look (look.ts).

export const GROUND = 0x080b25;
export const INK = 0xd7dcff;
export const FAINT = 0x8e97cc;
/** Black to white, then the bright ones. */
export const ANSI: readonly number[] = [
  0x2b3166, 0xff9d92, 0x86e7ba, 0xffd9a0, 0x9db4ff, 0xd7b3ff, 0x8fe0e8, 0xd7dcff,
  0x6f7bb8, 0xffb8b0, 0xa8f2cf, 0xffe7c2, 0xbccbff, 0xe6d0ff, 0xb4eef3, 0xffffff,
];

const STEPS = [0, 95, 135, 175, 215, 255] as const;
const GREY_FROM = 232;
/** A colour of the palette of 256, as 0xRRGGBB. */
export function colour(index: number): number {
  if (index < 16) return ANSI[index] ?? INK;
  if (index >= GREY_FROM) {
    const grey = 8 + (index - GREY_FROM) * 10;
    return (grey << 16) | (grey << 8) | grey;
  }
  const cube = index - 16;
  return (STEPS[Math.floor(cube / 36)]! << 16) | (STEPS[Math.floor(cube / 6) % 6]! << 8) | STEPS[cube % 6]!;
}

export const css = (rgb: number): string => `#${rgb.toString(16).padStart(6, '0')}`;
