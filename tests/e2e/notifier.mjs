// A real notification daemon (dunst) in a world, and who clicks in it: dunst 1.9 has no buttons to aim at, it offers its actions
// to a menu program, which is a script here that takes the wanted line. What was sent is read off the bus, because the menu
// keeps no order. Not here: what is told (src-tauri/src/notify.rs).

import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './driver.mjs';

const run = promisify(execFile);

/** Starts the daemon on the world's bus and screen; before the window shows anything. */
export async function openNotifier(world) {
  const notifier = new Notifier(world);
  await notifier.begin();
  return notifier;
}

class Notifier {
  constructor(world) {
    this.world = world;
    this.wish = join(world.folder, 'wanted-line');
  }
  async begin() {
    const { world, wish } = this;
    const menu = join(world.folder, 'menu.sh');
    writeFileSync(menu, `#!/bin/sh\nexec grep -m1 -F -- "$(cat '${wish}')"\n`);
    chmodSync(menu, 0o700);
    const settings = join(world.folder, 'dunstrc');
    // Nothing goes away by itself: what is gone was clicked, or taken back.
    writeFileSync(settings, `[global]\n\tdmenu = ${menu}\n\tfont = Sans 10\n\tidle_threshold = 0\n[urgency_low]\n\ttimeout = 0\n[urgency_normal]\n\ttimeout = 0\n[urgency_critical]\n\ttimeout = 0\n`);
    this.bus = world.start('dbus-monitor', 'dbus-monitor', ['--session', "interface='org.freedesktop.Notifications',member='Notify'"]);
    world.start('dunst', 'dunst', ['-conf', settings]);
    await until('the notification daemon answers', () => this.shown().then((count) => count === 0));
  }
  #ctl(...args) {
    return run('dunstctl', args, { env: this.world.env }).then(({ stdout }) => stdout);
  }
  /** How many notifications stand on the screen. */
  async shown() {
    return Number(await this.#ctl('count', 'displayed'));
  }
  /** What was sent so far: title, body and the actions in their order, as title and as key of each. */
  sent() {
    return this.bus.said().split(/^method call /m).slice(1).map((call) => {
      const strings = [...call.matchAll(/^ {3}string "((?:[^"]|"(?!\n))*)"$/gm)].map(([, text]) => text);
      const listed = /^ {3}array \[\n([\s\S]*?)^ {3}\]/m.exec(call)?.[1] ?? '';
      const actions = [...listed.matchAll(/^ {6}string "(.*)"$/gm)].map(([, text]) => text);
      return { title: strings[2], body: strings[3], actions: actions.filter((_, i) => i % 2 === 1 && actions[i - 1] !== 'default'), keys: actions.filter((_, i) => i % 2 === 0) };
    });
  }
  /** Waits for the notification with this title, and gives it back. */
  told(title) {
    return until(`a notification says ${title}`, () => this.sent().find((one) => one.title === title));
  }
  /** Clicks an action of the notification with this title. */
  async choose(action, title) {
    writeFileSync(this.wish, `#${action} (${title})`);
    await this.#ctl('context');
  }
  /** Clicks the notification itself. */
  click(title) {
    writeFileSync(this.wish, `# (${title})`);
    return this.#ctl('context');
  }
}
