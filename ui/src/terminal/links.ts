// Links in what a program printed. Its words may lie about where a link goes, so only the real target counts: it is shown,
// and followed by Ctrl or Cmd and a click. http and https, nothing else. Not here: opening it (the shell).

export interface Target {
  url: string;
  /** The part that says whose page it is, to be shown loudest. */
  host: string;
}

/** Where a link really goes, as the browser would read it, or null when it is not to be followed. */
export function targetOf(link: string): Target | null {
  let url: URL;
  try {
    url = new URL(link);
  } catch {
    return null;
  }
  // A name before the host is there to be mistaken for it.
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.username || url.password) return null;
  return { url: url.href, host: url.host };
}
