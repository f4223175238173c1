// Code in a card, coloured: highlight.js escapes what it is given before it is markup, and longer texts are escaped only.
// Not here: what is shown of a request (state/asking.ts).
import hljs from 'highlight.js/lib/common';

const COLOURED_MAX = 4000;
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign]!);

/** `language`: a name of highlight.js's or the end of a file's name. */
export function coloured(text: string, language: string | null): string {
  if (!language || text.length > COLOURED_MAX || !hljs.getLanguage(language)) return escaped(text);
  return hljs.highlight(text, { language, ignoreIllegals: true }).value;
}
