// A terminal's buffer as runs of ink: the newest lines of what is shown, word by word in their colours.
// Not here: when it is looked at (pool.ts), and what a monitor makes of it (the floor).
import type { IBuffer, IBufferCell } from '@xterm/xterm';
import { PICTURE_COLS, PICTURE_ROWS, type InkRun } from '../state/picture';
import { colour, FAINT, INK } from './palette';

/** What stands in the last rows that hold something, and the number of the first of them. */
export function inkOf(buffer: IBuffer, rows: number): { first: number; rows: InkRun[][] } {
  const spare = buffer.getNullCell();
  let end = buffer.cursorY + 1;
  for (let y = rows; y > end; y--) if (buffer.getLine(buffer.baseY + y - 1)?.translateToString(true)) end = y;
  const first = Math.max(0, end - PICTURE_ROWS);
  const out: InkRun[][] = [];
  for (let y = first; y < end; y++) out.push(runs(buffer, buffer.baseY + y, spare));
  return { first, rows: out };
}

function runs(buffer: IBuffer, y: number, spare: IBufferCell): InkRun[] {
  const line = buffer.getLine(y);
  const out: InkRun[] = [];
  // The last run, while nothing empty or of another colour came after it.
  let open: InkRun | undefined;
  for (let x = 0; line && x < Math.min(PICTURE_COLS, line.length); x++) {
    const cell = line.getCell(x, spare);
    if (!cell) break;
    const ink = inkAt(cell);
    // The second half of a wide character belongs to its first.
    if (open && (cell.getWidth() === 0 || open.ink === ink)) open.len++;
    else if (ink === null) open = undefined;
    else {
      open = { at: x, len: 1, ink };
      out.push(open);
    }
  }
  return out;
}

/** The colour that is seen at a cell; null where it is empty. A coloured ground shows as ink, so that bars are seen. */
function inkAt(cell: IBufferCell): number | null {
  const written = cell.getChars().trim() !== '' && !cell.isInvisible();
  const ground = cell.isInverse() ? front(cell) : cell.isBgDefault() ? null : cell.isBgRGB() ? cell.getBgColor() : colour(cell.getBgColor());
  if (!written || cell.isInverse()) return ground;
  return front(cell);
}

function front(cell: IBufferCell): number {
  if (cell.isFgRGB()) return cell.getFgColor();
  if (cell.isFgDefault()) return cell.isDim() ? FAINT : INK;
  // Bold lifts the dark colours, as on a real screen.
  const index = cell.getFgColor();
  return colour(cell.isBold() && index < 8 ? index + 8 : index);
}
