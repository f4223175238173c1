// The door's wire, as far as tests of the window need it: frames, a client that asks much at once, and a door that stands for an
// office of another version. Not here: the office's own client, which is Rust (crate door).

import { chmodSync, mkdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

const HEADER = 5;
const CONTROL = 0;
/** An office answers so many questions of one caller at a time, and some more. */
const AT_ONCE = 200;

function frame(value) {
  const json = Buffer.from(JSON.stringify(value));
  const head = Buffer.alloc(HEADER);
  head.writeUInt32LE(json.length);
  head.writeUInt8(CONTROL, 4);
  return Buffer.concat([head, json]);
}

/** Calls `each` with the JSON of every control frame that arrives. */
function frames(socket, each) {
  let kept = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    kept = Buffer.concat([kept, bytes]);
    while (kept.length >= HEADER && kept.length >= HEADER + kept.readUInt32LE()) {
      const end = HEADER + kept.readUInt32LE();
      if (kept[4] === CONTROL) each(JSON.parse(kept.subarray(HEADER, end)));
      kept = kept.subarray(end);
    }
  });
}

const socketOf = (office) => join(office, 'door.sock');

/** A door that greets every caller with `greeting`; gives back what ends it. */
export function standIn(office, greeting) {
  mkdirSync(office, { recursive: true, mode: 0o700 });
  const callers = new Set();
  const server = createServer((socket) => {
    callers.add(socket);
    socket.on('close', () => callers.delete(socket)).on('error', () => undefined);
    frames(socket, () => socket.write(frame(greeting)));
  });
  return new Promise((listening, failed) => {
    server.once('error', failed);
    server.listen(socketOf(office), () => {
      chmodSync(socketOf(office), 0o600);
      listening(() => {
        for (const socket of callers) socket.destroy();
        return new Promise((closed) => server.close(closed));
      });
    });
  });
}

/** Asks all of these, as many at once as an office takes from one caller; resolves when all are answered, throws at the first refusal. */
export function askAll(office, asks) {
  return new Promise((done, failed) => {
    const socket = connect(socketOf(office));
    const answers = [];
    let greeted = false;
    let asked = 0;
    const more = (many) => {
      const now = asks.slice(asked, asked + many).map((ask, n) => frame({ id: asked + n, ask }));
      asked += now.length;
      socket.write(Buffer.concat(now));
    };
    socket.once('error', failed).once('close', () => failed(new Error('the office closed the door')));
    frames(socket, (push) => {
      if (!greeted) {
        greeted = true;
        if (push.kind !== 'welcome') return failed(new Error(JSON.stringify(push)));
        more(AT_ONCE);
      } else if (push.kind === 'refusal') failed(new Error(JSON.stringify(push.refusal)));
      else if (push.kind === 'answer') {
        answers.push(push.answer);
        more(1);
      }
      if (answers.length < asks.length) return;
      done(answers);
      socket.destroy();
    });
    socket.write(frame({ protocol: 1, min: 1, client: 'test', token: null }));
  });
}
