// The door's protocol from Node, for recording a real office: control frames only, one connection.
// Not here: terminal bytes. The window itself comes through the shell.

import { connect } from 'node:net';

const HEADER = 5;

export async function knock(path) {
  const socket = connect(path);
  await new Promise((open, fail) => socket.once('connect', open).once('error', fail));
  let bytes = Buffer.alloc(0);
  const waiting = new Map();
  const listeners = [];
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
      bytes = bytes.subarray(end);
    }
  });
  send({ protocol: 1, min: 1, client: 'recorder', token: null });
  return {
    greeting: await greeting,
    ask: (ask) =>
      new Promise((answer, fail) => {
        waiting.set(next, { answer, fail });
        send({ id: next++, ask });
      }),
    listen: (each) => listeners.push(each),
    close: () => socket.end(),
  };
}
