// The replay page: the whole window on a recorded night, for tests and for looking at it without an office.
//   ?from=N  opens after N pushes      ?empty  opens on an office in which nothing is yet
//   ?spent  with what each run took, and budgets
//   ?tasks=N  with so many more tasks and twice as many events, to see that it stays quick
// Not here: anything the product ships.
import { mount } from 'svelte';
import answers from '../../tests/fixtures/answers.json';
import deeds from '../../tests/fixtures/deeds.json';
import screens from '../../tests/fixtures/terminals.json';
import lines from '../../tests/fixtures/office.jsonl?raw';
import { RecordedTerminal } from '../host/replay-terminal';
import { readRecording, Replay, type Deed, type Recording } from '../host/replay';
import App from './App.svelte';
import type { Shop } from './office.svelte';
import { costly, emptied, flooded } from './replays';

declare global {
  interface Window {
    replay?: Replay;
    shop?: Shop;
  }
}

const asked = new URLSearchParams(location.search);
const night = readRecording(lines, answers as Recording['answers'], deeds as unknown as Deed[]);
const recording = asked.has('empty') ? emptied(night) : asked.has('spent') ? costly(night) : asked.has('tasks') ? flooded(night, Number(asked.get('tasks'))) : night;
const host = new Replay(recording, asked.has('from') ? Number(asked.get('from')) : asked.has('empty') ? 0 : undefined);
const desks = new Map(recording.pushes.flatMap(({ nouns }) => nouns.flatMap((noun) => (noun.noun === 'desk' ? [[noun.name, noun.id] as const] : []))));
for (const [name, bytes] of Object.entries(screens)) {
  const desk = desks.get(name);
  if (desk !== undefined) host.terminals.set(desk, new RecordedTerminal(Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0))));
}
window.replay = host;
window.shop = mount(App, { target: document.body, props: { host } }).inside();
