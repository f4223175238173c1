// Asks a window to close as the cross on its frame does: by the message that a window manager sends. There is none on a screen of
// Xvfb, so it is said in X's own words. Not here: any other word of X.

import { connect } from 'node:net';

const SET_UP = Buffer.from([0x6c, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
const INTERN_ATOM = 16;
const SEND_EVENT = 25;
const GET_INPUT_FOCUS = 43;
const CLIENT_MESSAGE = 33;
const REPLY = 32;

function atomOf(name) {
  const words = Math.ceil(name.length / 4);
  const asked = Buffer.alloc(8 + words * 4);
  asked.writeUInt8(INTERN_ATOM);
  asked.writeUInt16LE(2 + words, 2);
  asked.writeUInt16LE(name.length, 4);
  asked.write(name, 8);
  return asked;
}

function close(window, protocols, remove) {
  const sent = Buffer.alloc(44);
  sent.writeUInt8(SEND_EVENT);
  sent.writeUInt16LE(11, 2);
  sent.writeUInt32LE(window, 4);
  sent.writeUInt8(CLIENT_MESSAGE, 12);
  sent.writeUInt8(32, 13);
  sent.writeUInt32LE(window, 16);
  sent.writeUInt32LE(protocols, 20);
  sent.writeUInt32LE(remove, 24);
  return sent;
}

/** Asks `window` (its number) on the screen `display` (such as `:7`) to close. */
export async function cross(display, window) {
  const socket = connect(`/tmp/.X11-unix/X${display.slice(1)}`);
  const bytes = socket[Symbol.asyncIterator]();
  let kept = Buffer.alloc(0);
  const read = async (many) => {
    while (kept.length < many) {
      const { value, done } = await bytes.next();
      if (done) throw new Error('the screen closed the connection');
      kept = Buffer.concat([kept, value]);
    }
    const taken = kept.subarray(0, many);
    kept = kept.subarray(many);
    return taken;
  };
  socket.write(SET_UP);
  const head = await read(8);
  if (head[0] !== 1) throw new Error('the screen lets nobody in');
  await read(head.readUInt16LE(6) * 4);
  const atom = async (name) => {
    socket.write(atomOf(name));
    return (await read(REPLY)).readUInt32LE(8);
  };
  const protocols = await atom('WM_PROTOCOLS');
  socket.write(close(Number(window), protocols, await atom('WM_DELETE_WINDOW')));
  // Answered only once what was sent before is done.
  socket.write(Buffer.from([GET_INPUT_FOCUS, 0, 1, 0]));
  await read(REPLY);
  socket.destroy();
}
