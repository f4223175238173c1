// Writes every icon from afterhours.svg: the window, the packages and the tray. Run it after the drawing changes:
//   node icons/make.mjs        (needs rsvg-convert, from the package librsvg2-bin)
// What it writes is committed, because the program is built with it.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = dirname(fileURLToPath(import.meta.url));
const drawing = readFileSync(join(FOLDER, 'afterhours.svg'), 'utf8');

/** The tray shows the desk alone, as large as it goes, with a mark when somebody needs its owner. */
const tray = (needsYou) => {
  const alone = drawing.replace(/<g id="night-around">[\s\S]*?<\/g>/, '').replace('viewBox="0 0 512 512"', 'viewBox="40 56 432 432"');
  return needsYou ? alone.replace('<g id="needs-you" display="none">', '<g id="needs-you">') : alone;
};

/** File name, drawing, size in pixels. */
const PICTURES = [
  ['32x32.png', drawing, 32],
  ['128x128.png', drawing, 128],
  ['128x128@2x.png', drawing, 256],
  ['512x512.png', drawing, 512],
  ['tray-calm.png', tray(false), 64],
  ['tray-needs-you.png', tray(true), 64],
];

for (const [name, svg, size] of PICTURES) {
  const done = spawnSync('rsvg-convert', ['--width', String(size), '--height', String(size)], { input: svg, maxBuffer: 16 << 20 });
  if (done.error) throw new Error(`rsvg-convert: ${done.error.message}: install librsvg2-bin`);
  if (done.status !== 0) throw new Error(`${name}: ${done.stderr}`);
  writeFileSync(join(FOLDER, name), done.stdout);
  console.log(`${name}  ${size} x ${size}`);
}
