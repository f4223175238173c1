// What a person types, in order and one piece at a time, whatever the way to the office takes. A refusal ends what still
// waits and is said. Not here: which keys are typed (screen.ts) and what a paste may hold (paste.ts).

/** Characters that may wait for a program that does not read. */
export const WAITING_MAX = 256 * 1024;
const PIECE = 16 * 1024;

export class Keys {
  private waiting = '';
  private busy = false;

  constructor(
    private readonly type: (text: string) => Promise<void>,
    private readonly refused: (error: unknown) => void,
  ) {}

  press(text: string): void {
    if (this.waiting.length + text.length > WAITING_MAX) return this.refused(new Error('Too much waits to be typed; this was not'));
    this.waiting += text;
    if (!this.busy) void this.flow();
  }

  private async flow(): Promise<void> {
    this.busy = true;
    while (this.waiting) {
      const piece = cut(this.waiting);
      this.waiting = this.waiting.slice(piece.length);
      try {
        await this.type(piece);
      } catch (error) {
        this.waiting = '';
        this.refused(error);
      }
    }
    this.busy = false;
  }
}

/** The first piece, never ending within a character. */
function cut(text: string): string {
  if (text.length <= PIECE) return text;
  const last = text.charCodeAt(PIECE - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? PIECE - 1 : PIECE);
}
