// The four dialects agent CLIs speak with a model: how a conversation is read from each, how a step is written back.
// Which step answers is chosen in model.mjs.

import { randomBytes } from 'node:crypto';

const id = (prefix) => `${prefix}_${randomBytes(9).toString('hex')}`;
/** What CLIs wrap around the user's own words. */
const WRAPPED = /<(system-reminder|environment_context|user_instructions|permissions instructions|session_context|INSTRUCTIONS|recommended_plugins|skills_instructions)>[\s\S]*?<\/\1>|\[Request interrupted by user[^\]]*\]|# AGENTS\.md instructions[^\n]*/g;
const own = (text) => text.replace(WRAPPED, '').trim();

function flat(content) {
  if (content === undefined || content === null) return '';
  if (typeof content === 'string') return content;
  const list = Array.isArray(content) ? content : [content];
  return list.map((part) => (typeof part === 'string' || Array.isArray(part) ? flat(part) : flat(part?.text ?? part?.content ?? part?.output))).join('\n');
}

const ENDINGS = [
  ['/messages', 'anthropic'],
  ['/responses', 'responses'],
  ['/chat/completions', 'chat'],
  [':generateContent', 'gemini'],
  [':streamGenerateContent', 'gemini'],
];

/** The dialect of a path, if it is one. */
export const dialectOf = (path) => ENDINGS.find(([ending]) => path.endsWith(ending))?.[1];

const READ = {
  anthropic(body) {
    const seen = { user: '', turns: 0, result: '' };
    for (const { role, content } of body.messages ?? []) {
      const blocks = Array.isArray(content) ? content : [{ type: 'text', text: content }];
      const results = blocks.filter(({ type }) => type === 'tool_result');
      if (role === 'assistant') seen.turns += 1;
      if (role !== 'user') continue;
      if (results.length > 0) seen.result = flat(results.map((block) => block.content));
      const said = own(flat(blocks.filter(({ type }) => type === 'text')));
      if (said) Object.assign(seen, { user: said, turns: 0 });
    }
    return { ...seen, tools: (body.tools ?? []).map(({ name }) => name), system: flat(body.system) };
  },
  responses(body) {
    const seen = { user: '', turns: 0, result: '' };
    const items = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : (body.input ?? []);
    for (const item of items) {
      const type = item.type ?? 'message';
      if (type === 'message' && item.role === 'user') {
        const said = own(flat(item.content));
        if (said) Object.assign(seen, { user: said, turns: 0 });
      } else if (type.endsWith('_output')) Object.assign(seen, { result: flat(item.output), turns: seen.turns + 1 });
    }
    const developer = items.filter(({ role }) => role === 'developer').map(({ content }) => flat(content));
    const named = (tool) => (tool.tools ? tool.tools.map((inner) => `${tool.name}.${inner.name}`) : [tool.name ?? tool.type]);
    // Newer models are given their tools as an item of the conversation.
    const offered = [...(body.tools ?? []), ...items.flatMap((item) => (item.type === 'additional_tools' ? item.tools : []))];
    return { ...seen, tools: offered.flatMap(named), system: [body.instructions ?? '', ...developer].join('\n') };
  },
  chat(body) {
    const seen = { user: '', turns: 0, result: '', system: '' };
    for (const { role, content } of body.messages ?? []) {
      if (role === 'user') Object.assign(seen, { user: own(flat(content)) || seen.user, turns: 0 });
      else if (role === 'assistant') seen.turns += 1;
      else if (role === 'tool') seen.result = flat(content);
      else seen.system += flat(content);
    }
    return { ...seen, tools: (body.tools ?? []).map((tool) => tool.function.name) };
  },
  gemini(body) {
    const seen = { user: '', turns: 0, result: '' };
    for (const { role, parts } of body.contents ?? []) {
      if (role === 'model') {
        seen.turns += 1;
        continue;
      }
      const results = parts.filter((part) => part.functionResponse);
      const said = own(flat(parts));
      if (results.length > 0) seen.result = JSON.stringify(results.at(-1).functionResponse.response);
      else if (said) Object.assign(seen, { user: said, turns: 0 });
    }
    const tools = (body.tools ?? []).flatMap((tool) => (tool.functionDeclarations ?? []).map(({ name }) => name));
    return { ...seen, tools, system: flat(body.systemInstruction?.parts) };
  },
};

/** What a request says: the user's last words, the turns since, the last tool's result, the tools offered, the system prompt. */
export const read = (dialect, body) => READ[dialect](body);

/** All that was said so far, in one text: for looking whether something is in it. */
export const everything = (body) => flat((body.messages ?? body.input ?? body.contents ?? []).map?.((item) => item.content ?? item.parts ?? item.output) ?? body.input);

/** An error as the dialect spells it. */
export function fail(dialect, { error: code, type = 'rate_limit_error', message = 'scripted error', extra = {}, details = [] }) {
  if (dialect === 'gemini') return { error: { code, message, status: 'RESOURCE_EXHAUSTED', details } };
  return { type: 'error', error: { type, message, ...extra } };
}

/** Server-sent events; `cut` breaks the connection before the last of them. */
function events(response, headers = {}) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', connection: 'close', ...headers });
  return (value, name) => {
    const data = typeof value === 'string' ? value : JSON.stringify(value);
    response.write(`${name ? `event: ${name}\n` : ''}data: ${data}\n\n`);
  };
}

/** The words of a text, one by one; a cut stream ends for good in the middle. */
async function* words({ text = '', cut, gap }, response) {
  const all = text.match(/\S+\s*|\s+/g) ?? [];
  for (const [index, word] of all.entries()) {
    if (cut && index >= all.length / 2) {
      response.destroy();
      throw new Error('cut');
    }
    yield word;
    if (gap) await new Promise((done) => setTimeout(done, gap * 1000));
  }
}

const callsOf = (step) => step.tools ?? (step.tool ? [step] : []);

const WRITE = {
  async anthropic({ asked, step, usage, stream, response, json }) {
    const calls = callsOf(step);
    const stop = step.stop ?? (calls.length > 0 ? 'tool_use' : 'end_turn');
    const spent = {
      input_tokens: usage.input,
      output_tokens: usage.output,
      cache_read_input_tokens: usage.cache_read,
      cache_creation_input_tokens: usage.cache_write,
    };
    const message = { id: id('msg'), type: 'message', role: 'assistant', model: asked.model, stop_sequence: null };
    const uses = calls.map(({ tool, input = {} }) => ({ type: 'tool_use', id: id('toolu'), name: tool, input }));
    const blocks = [...(step.text ? [{ type: 'text', text: step.text }] : []), ...uses];
    if (!stream) return json(response, 200, { ...message, content: blocks, stop_reason: stop, usage: spent }, step.headers);
    const send = events(response, step.headers);
    const event = (type, rest) => send({ type, ...rest }, type);
    event('message_start', { message: { ...message, content: [], stop_reason: null, usage: { ...spent, output_tokens: 1 } } });
    for (const [index, block] of blocks.entries()) {
      if (block.type === 'text') {
        event('content_block_start', { index, content_block: { type: 'text', text: '' } });
        for await (const text of words(step, response)) event('content_block_delta', { index, delta: { type: 'text_delta', text } });
      } else {
        event('content_block_start', { index, content_block: { ...block, input: {} } });
        event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: JSON.stringify(block.input) } });
      }
      event('content_block_stop', { index });
    }
    event('message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage: spent });
    event('message_stop', {});
    return response.end();
  },

  async responses({ asked, step, usage, stream, response, json }) {
    const said = {
      type: 'message',
      id: id('msg'),
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: step.text, annotations: [] }],
    };
    const called = callsOf(step).map(({ tool, input = {}, namespace, custom }) => ({
      ...(custom === undefined
        ? { type: 'function_call', id: id('fc'), arguments: JSON.stringify(input) }
        : { type: 'custom_tool_call', id: id('ctc'), input: custom }),
      call_id: id('call'),
      name: tool,
      status: 'completed',
      ...(namespace ? { namespace } : {}),
    }));
    const output = [...(step.text ? [said] : []), ...called];
    const spent = {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: usage.cache_read },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: usage.input + usage.output,
    };
    const whole = { id: id('resp'), object: 'response', created_at: Math.floor(Date.now() / 1000), model: asked.model, status: 'completed', output, usage: spent };
    if (!stream) return json(response, 200, whole, step.headers);
    const send = events(response, step.headers);
    const event = (type, rest) => send({ type, ...rest }, type);
    event('response.created', { response: { ...whole, status: 'in_progress', output: [], usage: null } });
    for (const [output_index, item] of output.entries()) {
      const begun = { ...item, status: 'in_progress', ...(item.type === 'message' ? { content: [] } : {}) };
      event('response.output_item.added', { output_index, item: begun });
      if (item.type === 'message') {
        for await (const delta of words(step, response)) {
          event('response.output_text.delta', { item_id: item.id, output_index, content_index: 0, delta });
        }
      }
      event('response.output_item.done', { output_index, item });
    }
    event('response.completed', { response: whole });
    return response.end();
  },

  async chat({ asked, step, usage, stream, response, json }) {
    const called = callsOf(step).map(({ tool, input = {} }, index) => ({
      index,
      id: id('call'),
      type: 'function',
      function: { name: tool, arguments: JSON.stringify(input) },
    }));
    const finish_reason = called.length > 0 ? 'tool_calls' : 'stop';
    const spent = {
      prompt_tokens: usage.input,
      completion_tokens: usage.output,
      total_tokens: usage.input + usage.output,
      prompt_tokens_details: { cached_tokens: usage.cache_read },
    };
    const base = { id: id('chatcmpl'), created: Math.floor(Date.now() / 1000), model: asked.model };
    if (!stream) {
      const message = { role: 'assistant', content: step.text, ...(called.length > 0 ? { tool_calls: called } : {}) };
      const choices = [{ index: 0, finish_reason, message }];
      return json(response, 200, { ...base, object: 'chat.completion', usage: spent, choices }, step.headers);
    }
    const send = events(response, step.headers);
    const chunk = (delta, finish = null, rest = {}) =>
      send({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }], ...rest });
    chunk({ role: 'assistant', content: '' });
    for await (const content of words(step, response)) chunk({ content });
    if (called.length > 0) chunk({ tool_calls: called });
    chunk({}, finish_reason, { usage: spent });
    send('[DONE]');
    return response.end();
  },

  async gemini({ step, usage, stream, response, json }) {
    const parts = [
      ...(step.text ? [{ text: step.text }] : []),
      ...callsOf(step).map(({ tool, input = {} }) => ({ functionCall: { name: tool, args: input }, thoughtSignature: 'c2ln' })),
    ];
    const whole = {
      candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }],
      usageMetadata: {
        promptTokenCount: usage.input,
        candidatesTokenCount: usage.output,
        totalTokenCount: usage.input + usage.output,
      },
      modelVersion: 'scripted',
    };
    if (!stream) return json(response, 200, whole, step.headers);
    events(response, step.headers)(whole);
    return response.end();
  },
};

/** Writes a step as the dialect spells it. */
export const write = (dialect, answer) => WRITE[dialect](answer);
