// Approved pictures of the floor: small, still, the same on every machine but for the edges of letters.
// `node tests/pictures.mjs` draws them anew into tests/approved; look at them before they are committed.
// Compared by the mean colour of blocks of 4 x 4 px, so that a smoothed edge is no difference and a missing lamp is one.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBrowser, TARGET } from './page.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const APPROVED = join(HERE, 'approved');
const SIZE = { width: 500, height: 320 };
const NIGHT = 1.2;
const MORNING = 7.05;
/** Each is drawn without moving: `still`, by a clock that stands. */
export const PICTURES = [
  { name: 'night', query: `?still&rails=0&states=mixed&hour=${NIGHT}`, ...SIZE },
  { name: 'morning', query: `?still&rails=0&states=mixed&hour=${MORNING}`, ...SIZE },
  { name: 'states-night', query: `?view=sheet&hour=${NIGHT}`, width: 560, height: 376 },
  { name: 'states-morning', query: `?view=sheet&hour=${MORNING}`, width: 560, height: 376 },
];
/** Blocks that may differ: 4 in 1000, each by more than 14 of 255 in one colour. */
const SHARE = 0.004;
const STEP = 14;

export async function draw(browser, { query, width, height }) {
  const page = await browser.lab({ query, width, height });
  const png = await page.screenshot();
  await page.close();
  return png;
}

/** What differs, as a share of all blocks; 1 where the sizes do. Worked out in a page, which reads PNG by itself. */
export async function difference(browser, a, b) {
  const page = await browser.blank();
  const share = await page.evaluate(
    async ({ files, step }) => {
      const blocks = async (base64) => {
        const bytes = Uint8Array.from(atob(base64), (it) => it.charCodeAt(0));
        const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
        const [w, h] = [Math.floor(image.width / 4), Math.floor(image.height / 4)];
        const c = new OffscreenCanvas(image.width, image.height).getContext('2d', { willReadFrequently: true });
        c.drawImage(image, 0, 0);
        const { data } = c.getImageData(0, 0, image.width, image.height);
        const out = new Float64Array(w * h * 3);
        for (let y = 0; y < h * 4; y++)
          for (let x = 0; x < w * 4; x++)
            for (let k = 0; k < 3; k++) out[((y >> 2) * w + (x >> 2)) * 3 + k] += data[(y * image.width + x) * 4 + k] / 16;
        return { out, w, h };
      };
      const [a, b] = await Promise.all(files.map(blocks));
      if (a.w !== b.w || a.h !== b.h) return 1;
      let differ = 0;
      for (let i = 0; i < a.w * a.h; i++) if ([0, 1, 2].some((k) => Math.abs(a.out[i * 3 + k] - b.out[i * 3 + k]) > step)) differ++;
      return differ / (a.w * a.h);
    },
    { files: [a, b].map((it) => it.toString('base64')), step: STEP },
  );
  await page.close();
  return share;
}

/** Why a picture is not the approved one, or null. What was drawn is left in target/floor-pictures to be looked at. */
export async function unlike(browser, picture) {
  const drawn = await draw(browser, picture);
  const share = await difference(browser, readFileSync(join(APPROVED, `${picture.name}.png`)), drawn);
  if (share <= SHARE) return null;
  const out = join(TARGET, 'floor-pictures');
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, `${picture.name}.png`), drawn);
  return `${picture.name}: ${(share * 100).toFixed(2)} % differs from tests/approved; what was drawn is in target/floor-pictures. If it is right: node tests/pictures.mjs`;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const browser = await openBrowser();
  try {
    mkdirSync(APPROVED, { recursive: true });
    for (const picture of PICTURES) {
      writeFileSync(join(APPROVED, `${picture.name}.png`), await draw(browser, picture));
      console.log(`tests/approved/${picture.name}.png`);
    }
  } finally {
    await browser.close();
  }
}
