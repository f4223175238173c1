// How fast this machine fills pictures, where nobody says it: some browsers hide whether a graphics card or the processor draws.
// Asked once, of a small canvas that is thrown away. Not here: what follows from it (index.ts).

const SIDE = 512;
const LAYERS = 12;
/** A graphics card, however modest, needs a millisecond or two; a processor at its best ten times that. */
const SLOW_MS = 12;
const TRIES = 3;

const VERTEX = `#version 300 es
void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0); }`;
/** About what a pixel of the lit floor costs: a few roots and waves. */
const FRAGMENT = `#version 300 es
precision highp float;
uniform float seed;
out vec4 colour;
void main() {
  vec2 p = gl_FragCoord.xy * 0.01 + seed;
  float v = sin(p.x) + sin(p.y * 1.3) + sqrt(abs(sin(p.x * p.y)));
  colour = vec4(fract(v), fract(v * 1.7), fract(v * 2.3), 0.5);
}`;

/** Whether it fills so slowly that no graphics card can be at work. What cannot be measured is taken for quick. */
export function fillsSlowly(gl: WebGL2RenderingContext): boolean {
  const { canvas } = gl;
  canvas.width = canvas.height = SIDE;
  gl.viewport(0, 0, SIDE, SIDE);
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind);
    if (!shader) return false;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) return false;
  gl.useProgram(program);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
  const seed = gl.getUniformLocation(program, 'seed');
  const pixel = new Uint8Array(4);
  const fill = (layers: number): number => {
    const began = performance.now();
    for (let i = 0; i < layers; i++) {
      gl.uniform1f(seed, i * 0.37);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    }
    // Only what is read must be done by then.
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    return performance.now() - began;
  };
  // The first one makes the program ready; a machine that was busy once may be quick the next time.
  fill(1);
  for (let n = 0; n < TRIES; n++) if (fill(LAYERS) < SLOW_MS) return false;
  return gl.getError() === gl.NO_ERROR;
}
