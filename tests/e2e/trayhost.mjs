// Stands in for what shows a tray on a desktop: owns its name on the session bus and hears which item asks to be shown; what the
// item says of itself is then read off the bus. So much of D-Bus as that needs. Not here: how a tray looks.

import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { until } from './driver.mjs';

const run = promisify(execFile);
const WATCHER = 'org.kde.StatusNotifierWatcher';
const [CALL, REPLY] = [1, 2];
const [PATH, INTERFACE, MEMBER, REPLY_SERIAL, DESTINATION, SENDER, SIGNATURE] = [1, 2, 3, 5, 6, 7, 8];
const NO_REPLY = 1;

/** Bytes that know how they are to be aligned. */
class Writer {
  bytes = [];
  align(to) {
    while (this.bytes.length % to !== 0) this.bytes.push(0);
  }
  u32(value) {
    this.align(4);
    this.bytes.push(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24);
  }
  string(text) {
    this.u32(Buffer.byteLength(text));
    this.bytes.push(...Buffer.from(text), 0);
  }
  signature(text) {
    this.bytes.push(text.length, ...Buffer.from(text), 0);
  }
}

function message(type, serial, fields, body = []) {
  const list = new Writer();
  for (const [code, kind, value] of fields) {
    list.align(8);
    list.bytes.push(code);
    list.signature(kind);
    if (kind === 'u') list.u32(value);
    else if (kind === 'g') list.signature(value);
    else list.string(value);
  }
  const head = new Writer();
  head.bytes.push(0x6c, type, 0, 1);
  head.u32(body.length);
  head.u32(serial);
  head.u32(list.bytes.length);
  head.bytes.push(...list.bytes);
  head.align(8);
  return Buffer.from([...head.bytes, ...body]);
}

/** The first whole message of these bytes, and how long it is; nothing while it is not whole. */
function read(bytes) {
  if (bytes.length < 16) return undefined;
  const fieldsEnd = 16 + bytes.readUInt32LE(12);
  const bodyAt = Math.ceil(fieldsEnd / 8) * 8;
  const length = bodyAt + bytes.readUInt32LE(4);
  if (bytes.length < length) return undefined;
  const found = { type: bytes[1], flags: bytes[2], serial: bytes.readUInt32LE(8), length, body: bytes.subarray(bodyAt, length), fields: {} };
  for (let at = 16; at < fieldsEnd; ) {
    at = Math.ceil(at / 8) * 8;
    const code = bytes[at];
    const kind = String.fromCharCode(bytes[at + 2]);
    at += 4;
    if (kind === 'g') {
      found.fields[code] = bytes.toString('utf8', at + 1, at + 1 + bytes[at]);
      at += bytes[at] + 2;
    } else if (kind === 'u') {
      found.fields[code] = bytes.readUInt32LE(at);
      at += 4;
    } else {
      const size = bytes.readUInt32LE(at);
      found.fields[code] = bytes.toString('utf8', at + 4, at + 4 + size);
      at += size + 5;
    }
  }
  return found;
}

/** Takes the place on the world's bus; before the window opens. */
export async function openTrayHost(world) {
  const host = new TrayHost(world);
  await host.begin();
  return host;
}

class TrayHost {
  #serial = 0;
  #buffer = Buffer.alloc(0);
  #greeted = false;
  #answered = new Set();
  constructor(world) {
    this.world = world;
  }
  async begin() {
    const path = /unix:path=([^,]+)/.exec(this.world.env.DBUS_SESSION_BUS_ADDRESS)[1];
    this.socket = connect(path);
    this.socket.on('data', (bytes) => this.#hear(bytes));
    // The bus ends before this does.
    this.socket.on('error', () => undefined);
    this.socket.unref();
    const uid = Buffer.from(String(process.getuid())).toString('hex');
    this.socket.write(`\0AUTH EXTERNAL ${uid}\r\n`);
    await until('the bus lets us in', () => this.#greeted);
    this.#callBus('Hello');
    const asked = this.#callBus('RequestName', 'su', WATCHER);
    await until('the place is ours', () => this.#answered.has(asked));
  }
  #callBus(member, signature, text) {
    const body = new Writer();
    if (text !== undefined) {
      body.string(text);
      body.u32(0);
    }
    const fields = [[PATH, 'o', '/org/freedesktop/DBus'], [INTERFACE, 's', 'org.freedesktop.DBus'], [MEMBER, 's', member], [DESTINATION, 's', 'org.freedesktop.DBus']];
    if (signature) fields.push([SIGNATURE, 'g', signature]);
    this.socket.write(message(CALL, ++this.#serial, fields, body.bytes));
    return this.#serial;
  }
  #hear(bytes) {
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    if (!this.#greeted) {
      if (!this.#buffer.includes('\r\n')) return;
      this.#buffer = Buffer.alloc(0);
      this.#greeted = true;
      this.socket.write('BEGIN\r\n');
      return;
    }
    for (let one; (one = read(this.#buffer)); this.#buffer = this.#buffer.subarray(one.length)) this.#answer(one);
  }
  #answer({ type, flags, serial, fields, body }) {
    if (type === REPLY) this.#answered.add(fields[REPLY_SERIAL]);
    if (type !== CALL) return;
    if (fields[MEMBER] === 'RegisterStatusNotifierItem') this.item = { at: fields[SENDER], path: body.toString('utf8', 4, 4 + body.readUInt32LE(0)) };
    if (flags & NO_REPLY) return;
    const all = fields[MEMBER] === 'GetAll';
    const answer = [[REPLY_SERIAL, 'u', serial], [DESTINATION, 's', fields[SENDER]]];
    if (all) answer.push([SIGNATURE, 'g', 'a{sv}']);
    this.socket.write(message(REPLY, ++this.#serial, answer, all ? [0, 0, 0, 0, 0, 0, 0, 0] : []));
  }
  async #ask(path, method, ...args) {
    const { stdout } = await run('dbus-send', ['--session', '--print-reply', `--dest=${this.item.at}`, path, method, ...args], { env: this.world.env });
    return stdout;
  }
  /** One thing that the item says of itself. */
  async says(name) {
    const said = await this.#ask(this.item.path, 'org.freedesktop.DBus.Properties.Get', 'string:org.kde.StatusNotifierItem', `string:${name}`);
    return /variant +(?:string|object path) "(.*)"/.exec(said)?.[1];
  }
  /** The lines of its menu, each with its number; 0 is the menu itself. */
  async menu() {
    const said = await this.#ask(await this.says('Menu'), 'com.canonical.dbusmenu.GetLayout', 'int32:0', 'int32:-1', 'array:string:label');
    const lines = [...said.matchAll(/struct \{\s+int32 (\d+)\s+array \[\s+dict entry\(\s+string "label"\s+variant +string "(.*)"/g)];
    return lines.map(([, id, label]) => ({ id: Number(id), label: label.replaceAll('_', '') })).filter(({ id }) => id !== 0);
  }
  /** Clicks the line of its menu with this label. */
  async click(label) {
    const { id } = (await this.menu()).find((line) => line.label === label);
    await this.#ask(await this.says('Menu'), 'com.canonical.dbusmenu.Event', `int32:${id}`, 'string:clicked', 'variant:string:', 'uint32:0');
  }
}
