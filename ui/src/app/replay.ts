// The replay page: the whole window on a recorded night, for tests and for looking at it without an office.
//   ?from=N  opens after N pushes      ?empty  opens on an office in which nothing is yet
//   ?tasks=N  with so many more tasks and twice as many events, to see that it stays quick
// Not here: anything the product ships.
import { mount } from 'svelte';
import answers from '../../tests/fixtures/answers.json';
import deeds from '../../tests/fixtures/deeds.json';
import lines from '../../tests/fixtures/office.jsonl?raw';
import { readRecording, Replay, type Deed, type Recording } from '../host/replay';
import App from './App.svelte';
import { emptied, flooded } from './replays';

declare global {
  interface Window {
    replay?: Replay;
  }
}

const asked = new URLSearchParams(location.search);
const night = readRecording(lines, answers as Recording['answers'], deeds as unknown as Deed[]);
const recording = asked.has('empty') ? emptied(night) : asked.has('tasks') ? flooded(night, Number(asked.get('tasks'))) : night;
const host = new Replay(recording, asked.has('from') ? Number(asked.get('from')) : asked.has('empty') ? 0 : undefined);
window.replay = host;
mount(App, { target: document.body, props: { host } });
