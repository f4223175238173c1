// The window's page: tells the shell that it is there, says in words where the office stands until there is one, and then
// shows it. When the office is lost later the floor stays, and the words stand over it.
// Not here: the replay page that tests open (replay.ts).
import { mount } from 'svelte';
import { TauriHost, type News } from '../host/tauri';
import App from './App.svelte';
import Standing from './Standing.svelte';
import { standing } from './standing.svelte';

const host = new TauriHost();
let shown = false;

function hear(news: News): void {
  standing.hear(news);
  if (news.news !== 'up' || shown) return;
  shown = true;
  mount(App, { target: document.body, props: { host } });
}

mount(Standing, { target: document.body, props: { tryAgain: () => void host.tryAgain(), here: () => void host.connectTo(null) } });
host.connect(hear).catch((error: unknown) => {
  standing.hear({ news: 'down', refusal: { code: 'trouble', message: 'the window cannot speak to its own shell', detail: String(error) } });
});
