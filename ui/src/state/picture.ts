// What a desk's terminal looks like from afar: runs of ink on a small screen, for the monitors on the floor.
// The terminal's pool makes it from real bytes; the floor prints it. Not here: characters, which nobody could read there.

/** Columns and rows of the small screen: the newest lines of what is shown, wider ones cut. */
export const PICTURE_COLS = 64;
export const PICTURE_ROWS = 12;

/** A run of written cells in one colour: from column `at`, `len` columns wide, `ink` as 0xRRGGBB. */
export interface InkRun {
  at: number;
  len: number;
  ink: number;
}
export interface ScreenPicture {
  /** Grows with every change; the same version is never printed twice. */
  version: number;
  /** At most PICTURE_ROWS, oldest first; an empty row is an empty list. */
  rows: readonly (readonly InkRun[])[];
  /** Lines that ever scrolled out at the top, so that printing can be shown as moving. */
  scrolled: number;
}
