// The door's protocol from Node, for recording a real office: questions, pushes and terminal bytes on one connection.
// Not here: the window's way, which goes through the shell.

import { connect } from 'node:net';

const HEADER = 5;
/** Before terminal bytes: the stream as u32 and the offset as u64. */
const BYTES_HEADER = 12;
const CREDIT = 1024 * 1024;

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
/** What `holds` gives as soon as it gives anything; half a minute at most. */
export async function until(what, holds) {
  for (let tries = 0; tries < 600; tries++) {
    const found = await holds();
    if (found) return found;
    await pause(50);
  }
  throw new Error(`it never came to pass: ${what}`);
}

export async function knock(path) {
  const socket = connect(path);
  await new Promise((open, fail) => socket.once('connect', open).once('error', fail));
  let bytes = Buffer.alloc(0);
  const waiting = new Map();
  const listeners = [];
  const streams = new Map();
  let greeted;
  const greeting = new Promise((done) => (greeted = done));
  let next = 1;

  const send = (value) => {
    const body = Buffer.from(JSON.stringify(value));
    const head = Buffer.alloc(HEADER);
    head.writeUInt32LE(body.length, 0);
    socket.write(Buffer.concat([head, body]));
  };
  const take = (push) => {
    if (push.kind === 'welcome' || push.kind === 'refused') return greeted(push);
    if (push.kind !== 'answer' && push.kind !== 'refusal') return listeners.forEach((listen) => listen(push));
    const { answer, fail } = waiting.get(push.id);
    waiting.delete(push.id);
    if (push.kind === 'answer') answer(push.answer);
    else fail(Object.assign(new Error(`${push.refusal.message}: ${push.refusal.detail}`), { refusal: push.refusal }));
  };
  socket.on('data', (more) => {
    bytes = Buffer.concat([bytes, more]);
    while (bytes.length >= HEADER && bytes.length >= HEADER + bytes.readUInt32LE(0)) {
      const end = HEADER + bytes.readUInt32LE(0);
      if (bytes[4] === 0) take(JSON.parse(bytes.subarray(HEADER, end).toString()));
      else streams.get(bytes.readUInt32LE(HEADER))?.(Buffer.from(bytes.subarray(HEADER + BYTES_HEADER, end)));
      bytes = bytes.subarray(end);
    }
  });
  send({ protocol: 1, min: 1, client: 'recorder', token: null });
  const ask = (ask) =>
    new Promise((answer, fail) => {
      waiting.set(next, { answer, fail });
      send({ id: next++, ask });
    });
  return {
    greeting: await greeting,
    ask,
    /** All that a desk's terminal prints from its first byte, up to a megabyte. */
    attach: (desk, each) => {
      const stream = streams.size + 1;
      streams.set(stream, each);
      return ask({ ask: 'attach', desk, stream, from: 0, credit: CREDIT });
    },
    listen: (each) => listeners.push(each),
    close: () => socket.end(),
  };
}
