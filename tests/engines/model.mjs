// The scripted model server: answers agent CLIs as Anthropic Messages, OpenAI Responses and Chat, and Gemini do, from a script
// instead of a model. Loopback only, no dependency. How the four are spelled is in lib/dialects.mjs.
//
//   node tests/engines/model.mjs --port 8791 --script script.json --log requests.jsonl
//
// A script is {"scenes": [{"match": REGEX, "steps": [STEP...]}], "default": STEP, "aux": STEP}. The first scene whose REGEX is
// found in the last thing the user said plays; which step, the conversation itself says (assistant turns since then), so any
// number of agents share one server and a resumed one goes on where it was. A STEP is
//   {"text": "..."} and/or {"tool": NAME, "input": {...}} or {"tools": [{...}]}; {user} and {result} are filled in
//   {"error": 429, "type", "message", "headers", "times"}     falls through to the next step after `times`
//   "delay" s before the first byte, "gap" s between chunks, "cut": true ends the stream half way, "silent": true never answers
//   "usage": {"input", "output", "cache_read", "cache_write"}, "headers", "stop"
// Requests without tools (titles, topics) are answered by "aux". Control: GET /__log, PUT /__script, GET /__usage, GET /__health.

import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { dialectOf, everything, fail, read, write } from './lib/dialects.mjs';

const LARGEST = 64 * 1024 * 1024;

/** Which step answers: the scene by the user's words, the step by the turns since. Errors are counted per words. */
export function choose(script, fails, { user, turns, result, tools }) {
  if (tools.length === 0) return { text: 'aux', ...script.aux };
  const scene = (script.scenes ?? []).find(({ match }) => new RegExp(match, 's').test(user));
  let left = turns;
  let found;
  for (const [index, step] of scene?.steps.entries() ?? []) {
    if (step.error || step.silent) {
      const key = `${scene.match}\0${index}\0${user}`;
      const times = fails.get(key) ?? 0;
      if (times >= (step.times ?? Infinity)) continue;
      fails.set(key, times + 1);
      return step;
    }
    if (left-- === 0) {
      found = step;
      break;
    }
  }
  found = { ...(found ?? script.default ?? { text: 'OK: {user}' }) };
  if (found.text) found.text = found.text.replaceAll('{user}', user.slice(-300)).replaceAll('{result}', result.slice(0, 600));
  return found;
}

async function bodyOf(request) {
  const parts = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length > LARGEST) throw new Error('too long');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Starts a server; gives back where it listens, its log, what it said of usage, and how to end it. */
export async function serve({ script = {}, port = 0, log } = {}) {
  const state = { script, fails: new Map(), requests: [], usage: { input: 0, output: 0, cache_read: 0, cache_write: 0 }, all: { input: 0, output: 0, cache_read: 0, cache_write: 0 } };
  const json = (response, code, value, headers = {}) => {
    response.writeHead(code, { 'content-type': 'application/json', 'request-id': `req_${state.requests.length}`, ...headers });
    response.end(JSON.stringify(value));
  };

  async function control(request, response, path) {
    if (request.method === 'PUT') {
      state.script = JSON.parse(await bodyOf(request));
      state.fails.clear();
      return json(response, 200, {});
    }
    if (path === '/__log') return json(response, 200, state.requests);
    if (path === '/__usage') return json(response, 200, state.usage);
    return json(response, path === '/__health' ? 200 : 404, { path });
  }

  async function answer(request, response) {
    const path = request.url.split('?')[0];
    if (path.startsWith('/__')) return control(request, response, path);
    if (request.method !== 'POST') {
      if (!path.endsWith('/models')) return json(response, request.method === 'HEAD' ? 200 : 404, { path });
      return json(response, 200, { object: 'list', data: [{ id: 'scripted', object: 'model', type: 'model' }], models: [] });
    }
    const raw = await bodyOf(request);
    const asked = JSON.parse(raw.toString() || '{}');
    if (/[:/]count_?tokens$/i.test(path)) return json(response, 200, { input_tokens: raw.length >> 2, totalTokens: raw.length >> 2 });
    const dialect = dialectOf(path);
    if (!dialect) return json(response, 404, { error: { type: 'not_found_error', message: path } });
    const seen = read(dialect, asked);
    const step = choose(state.script, state.fails, seen);
    const line = {
      at: Date.now(),
      path: request.url,
      model: asked.model,
      stream: dialect === 'gemini' ? path.includes('stream') : Boolean(asked.stream),
      ...seen,
      user: seen.user.slice(-400),
      user_length: seen.user.length,
      conversation: everything(asked).slice(-20000),
      memory: raw.includes('marzipan'),
      system: seen.system.slice(-600),
      system_length: seen.system.length,
      step,
      headers: request.headers,
    };
    state.requests.push(line);
    if (log) appendFileSync(log, `${JSON.stringify(line)}\n`);
    if (step.silent) return; // held open without a byte, until the client gives up
    if (step.delay) await new Promise((done) => setTimeout(done, step.delay * 1000));
    if (step.error) return json(response, step.error, fail(dialect, step), step.headers);
    const usage = { input: raw.length >> 2, output: 20, cache_read: 0, cache_write: 0, ...step.usage };
    // Calls without tools are the program's own, in the background: a meter sees those too.
    for (const kind of Object.keys(usage)) {
      state.all[kind] += usage[kind];
      if (seen.tools.length > 0) state.usage[kind] += usage[kind];
    }
    await write(dialect, { asked, step, usage, stream: line.stream, response, json });
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (!response.headersSent) json(response, 400, { error: { type: 'invalid_request_error', message: String(error) } });
      else response.destroy();
    });
  });
  server.requestTimeout = 0;
  await new Promise((ready, broken) => server.once('error', broken).listen(port, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    state,
    end: () => new Promise((done) => (server.close(done), server.closeAllConnections())),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '8791' }, script: { type: 'string' }, log: { type: 'string' } } });
  const script = values.script ? JSON.parse(readFileSync(values.script, 'utf8')) : {};
  const { url } = await serve({ script, port: Number(values.port), log: values.log });
  console.log(`scripted model on ${url}`);
}
