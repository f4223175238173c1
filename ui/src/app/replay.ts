// The replay page: the whole window on a recorded night, for tests and for looking at it without an office.
//   ?from=N  opens after N pushes      ?theme=night|morning
// Not here: anything the product ships.
import { mount } from 'svelte';
import answers from '../../tests/fixtures/answers.json';
import deeds from '../../tests/fixtures/deeds.json';
import lines from '../../tests/fixtures/office.jsonl?raw';
import { readRecording, Replay, type Deed, type Recording } from '../host/replay';
import App from './App.svelte';

declare global {
  interface Window {
    replay?: Replay;
  }
}

const asked = new URLSearchParams(location.search);
const recording = readRecording(lines, answers as Recording['answers'], deeds as unknown as Deed[]);
const host = new Replay(recording, asked.has('from') ? Number(asked.get('from')) : undefined);
window.replay = host;
mount(App, { target: document.body, props: { host } });
