// Markdown -> markup that can do nothing. marked reads it, DOMPurify keeps a short list of elements and no attribute at all;
// links become buttons and pictures their words before that, so nothing is left that a browser would follow or load.
// Not here: showing it (Markdown.svelte).
import DOMPurify from 'dompurify';
import { Marked, Renderer, type Tokens } from 'marked';

const MOST = 256 * 1024;
const TAGS = 'p br hr em strong del code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 table thead tbody tr th td button span'.split(' ');
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
/** http and https only; anything else is shown as the words it is. */
const followed = (url: string): string | null => {
  try {
    const read = new URL(url);
    return read.protocol === 'https:' || read.protocol === 'http:' ? read.href : null;
  } catch {
    return null;
  }
};

class Plain extends Renderer {
  override link({ href, tokens }: Tokens.Link): string {
    const words = this.parser.parseInline(tokens);
    const url = followed(href);
    return url === null ? `${words} (${escaped(href)})` : `<button type="button" class="url" data-url="${escaped(url)}" title="${escaped(url)}">${words}</button>`;
  }
  override image({ text, href }: Tokens.Image): string {
    return `<span class="pic">[picture: ${escaped(text || href)}; pictures are not loaded]</span>`;
  }
  override html({ text }: Tokens.HTML | Tokens.Tag): string {
    return escaped(text);
  }
  override checkbox({ checked }: Tokens.Checkbox): string {
    return checked ? '☑ ' : '☐ ';
  }
}
const reader = new Marked({ gfm: true, async: false });

export function safeMarkup(text: string): string {
  const long = text.length > MOST;
  // Given here and not to the reader, which would take over an object's own functions and not those of a class.
  const html = reader.parse(long ? text.slice(0, MOST) : text, { renderer: new Plain(), async: false });
  const clean = DOMPurify.sanitize(html, { ALLOWED_TAGS: TAGS, ALLOWED_ATTR: ['class', 'data-url', 'title', 'type'], ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false });
  return long ? `${clean}<p>The rest is too long to be shown.</p>` : clean;
}
