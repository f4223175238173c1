// The window's page. It is of use only inside the window, where the shell gives it its host.
// Not here: the replay page that tests open (replay.ts).
const place = document.createElement('main');
place.style.cssText = 'position:fixed;inset:0;display:grid;place-content:center;text-align:center;font:16px system-ui,sans-serif';
place.innerHTML = '<h1>Afterhours</h1><p>This page is the inside of the window. <code>npm start</code> opens it.</p>';
document.body.append(place);
