// The recorded night for tests, read from disk. Not here: what a test expects of it.
import { readFileSync } from 'node:fs';
import { readRecording, type Deed, type Recording } from '../src/host/replay';
import type { Noun } from '../src/bindings';

const read = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
export const recorded = (): Recording =>
  readRecording(read('office.jsonl'), JSON.parse(read('answers.json')) as Recording['answers'], JSON.parse(read('deeds.json')) as Deed[]);
export const atTheEnd = (): { seq: number; nouns: Noun[] } => JSON.parse(read('office.end.json')) as { seq: number; nouns: Noun[] };
