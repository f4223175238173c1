// How an open terminal looks, and what draws it. The DOM draws everywhere; WebGL is faster where it can be relied on.
// Not here: which bytes are shown (screen.ts).
import type { ITerminalOptions, Terminal } from '@xterm/xterm';
import { ANSI, css, GROUND, INK } from './palette';

export type Renderer = 'auto' | 'dom' | 'webgl';

/**
 * WebKit on Linux shows a terminal drawn by WebGL one write late under flags its owners set for other reasons, and software
 * WebGL is slower than the DOM: both draw by the DOM unless told otherwise.
 */
export function drawsByWebgl(set: Renderer, agent: string, card: () => string): boolean {
  if (set !== 'auto') return set === 'webgl';
  const webkit = /AppleWebKit/.test(agent) && !/Chrome|Chromium|Edg\//.test(agent);
  if (webkit && /Linux|X11/.test(agent)) return false;
  return !/swiftshader|llvmpipe|software|^$/i.test(card());
}

/** What draws WebGL here, in the driver's words; empty without WebGL. */
export function card(): string {
  const gl = document.createElement('canvas').getContext('webgl2');
  if (!gl) return '';
  const told = gl.getExtension('WEBGL_debug_renderer_info');
  const name = String(gl.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return name;
}

/** Draws by WebGL until its context is lost; then, or if it cannot, the DOM draws on. */
export async function byWebgl(term: Terminal): Promise<void> {
  try {
    const { WebglAddon } = await import('@xterm/addon-webgl');
    const addon = new WebglAddon();
    addon.onContextLoss(() => addon.dispose());
    term.loadAddon(addon);
  } catch {
    // The DOM draws already.
  }
}

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;
const named = Object.fromEntries(
  NAMES.flatMap((name, i) => [
    [name, css(ANSI[i]!)],
    [`bright${name[0]!.toUpperCase()}${name.slice(1)}`, css(ANSI[i + 8]!)],
  ]),
);

export const FONT = '"JetBrains Mono", ui-monospace, monospace';
export const TYPE = 12.6;
/** Lines that are kept above the screen: what the office holds of a terminal in memory, and a bound to ours. */
const LINES_MAX = 10_000;
/** The design's 1.56 of the size, over what the font itself takes. */
const LINE = 1.18;
const READABLE = 4.5;

export const LOOK: ITerminalOptions = {
  fontFamily: FONT,
  fontSize: TYPE,
  fontWeight: 400,
  fontWeightBold: 600,
  lineHeight: LINE,
  scrollback: LINES_MAX,
  minimumContrastRatio: READABLE,
  cursorStyle: 'block',
  cursorInactiveStyle: 'outline',
  cursorBlink: false,
  allowProposedApi: true,
  disableStdin: true,
  logLevel: 'off',
  theme: {
    ...named,
    background: css(GROUND),
    foreground: css(INK),
    cursor: '#8dffe0',
    cursorAccent: css(GROUND),
    selectionBackground: '#4a55b8aa',
    scrollbarSliderBackground: '#a8b4ff33',
    scrollbarSliderHoverBackground: '#a8b4ff66',
    scrollbarSliderActiveBackground: '#a8b4ff88',
  },
};

/** How found text is marked. */
export const FOUND = {
  matchBackground: '#5a4a12',
  matchOverviewRuler: '#ffb53d',
  activeMatchBackground: '#b87a10',
  activeMatchColorOverviewRuler: '#ffb53d',
};
