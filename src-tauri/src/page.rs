//! What the page may call: a handful of doors to the office and to the desktop, each a few lines. The page gets no other right.
//! Not here: any rule of the office, and what the streams carry (`stream.rs`).

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use office_core::{Code, Refusal, Seq};
use office_door::ClientError;
use office_door::wire::{Answer, Ask};
use office_reach::Destination;
use serde::Serialize;
use tauri::async_runtime::{JoinHandle, spawn};
use tauri::ipc::{Channel, InvokeResponseBody};
use tauri::{AppHandle, Manager, State};
use tauri_plugin_dialog::DialogExt;
use tauri_plugin_opener::OpenerExt;

use crate::choices::Choices;
use crate::health;
use crate::link::{Is, Link, Standing};
use crate::stream::Streams;
use crate::wanted::{Wanted, Wishes};
use crate::window::MAIN;

/// What a link may not be longer than.
const LINK_LONGEST: usize = 4096;

/// What the page is told without asking. `on` is the machine of the office; none is this one.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum News {
    /// The office is looked for or started.
    Looking { on: Option<String>, said: String },
    /// It is there.
    Up { on: Option<String>, office: String, dir: String, version: String },
    /// It cannot be had; why, and the way out.
    Down { on: Option<String>, refusal: Refusal },
    /// Something outside the page asks for this to be shown.
    Wanted { wanted: Wanted },
}

impl From<&Standing> for News {
    fn from(standing: &Standing) -> Self {
        let on = standing.on.clone();
        match &standing.is {
            Is::Looking { said } => Self::Looking { on, said: said.clone() },
            Is::Up(client) => {
                let welcome = client.welcome();
                let (office, dir) = (welcome.office.clone(), welcome.dir.clone());
                Self::Up { on, office, dir, version: welcome.version.clone() }
            }
            Is::Down(refusal) => Self::Down { on, refusal: refusal.clone() },
        }
    }
}

/// The page that listens now, if one does.
#[derive(Default)]
pub struct Listener(Mutex<Option<JoinHandle<()>>>);

type Said<T> = Result<T, Refusal>;

/// The page is there: tells it where the connection stands and what is wanted, from now on.
#[tauri::command]
pub fn connect(
    news: Channel<News>,
    link: State<'_, Link>,
    wishes: State<'_, Wishes>,
    streams: State<'_, Streams>,
    listener: State<'_, Listener>,
) {
    streams.clear();
    link.begins();
    let mut standing = link.watch();
    let wishes = wishes.inner().clone();
    let tell = spawn(async move {
        let first = News::from(&*standing.borrow_and_update());
        let mut alive = news.send(first).is_ok();
        while alive {
            let next = tokio::select! {
                changed = standing.changed() => match changed {
                    Ok(()) => News::from(&*standing.borrow_and_update()),
                    Err(_) => return,
                },
                wanted = wishes.next() => News::Wanted { wanted },
            };
            alive = news.send(next).is_ok();
        }
    });
    let mut listener = listener.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(before) = listener.replace(tell) {
        before.abort();
    }
}

/// The owner says: look for the office now, and start it if none runs.
#[tauri::command]
pub fn try_again(link: State<'_, Link>) {
    link.again();
}

/// The machines an office was reached on, the newest first.
#[tauri::command]
pub fn machines(choices: State<'_, Choices>) -> Vec<String> {
    choices.get().machines
}

/// Shows the office on another machine, by ssh; with none the one on this. The page begins anew after it.
#[tauri::command]
pub fn connect_to(machine: Option<String>, link: State<'_, Link>, streams: State<'_, Streams>) -> Said<()> {
    let there = machine.map(|machine| Destination::new(&machine, None)).transpose()?;
    link.go(there);
    streams.clear();
    Ok(())
}

/// Does not offer that machine any more.
#[tauri::command]
pub fn forget(machine: String, choices: State<'_, Choices>) {
    choices.forget(&machine);
}

/// Asks the office.
#[tauri::command]
pub async fn ask(ask: Ask, link: State<'_, Link>, app: AppHandle) -> Said<Answer> {
    // Streams have doors of their own, with a bound; a second subscription here would take the page's away.
    if let Ask::Subscribe { .. } | Ask::Attach { .. } | Ask::Credit { .. } | Ask::Detach { .. } = ask {
        return Err(Refusal::invalid("streams are not asked for here", "use `subscribe` and `terminal_open`"));
    }
    let looks = ask == Ask::Doctor;
    let answer = link.client()?.ask(ask).await.map_err(ClientError::refusal)?;
    match answer {
        Answer::Health(mut lines) if looks => {
            lines.extend(health::lines(&app));
            Ok(Answer::Health(lines))
        }
        other => Ok(other),
    }
}

/// Pushes events after `since`.
#[tauri::command]
pub async fn subscribe(
    since: Seq,
    events: Channel<InvokeResponseBody>,
    link: State<'_, Link>,
    streams: State<'_, Streams>,
) -> Said<()> {
    streams.subscribe(link.client()?, since, events).await
}

/// The page has taken so many events.
#[tauri::command]
pub fn events_taken(events: u32, streams: State<'_, Streams>) {
    streams.took(events.into());
}

/// Attaches to a desk's terminal; its number. `window`: so many bytes may be under way to the page.
#[tauri::command]
pub async fn terminal_open(
    desk: String,
    from: Option<office_door::Offset>,
    window: Option<u32>,
    news: Channel<InvokeResponseBody>,
    link: State<'_, Link>,
    streams: State<'_, Streams>,
) -> Said<u32> {
    streams.open(link.client()?, desk, from, window, news).await
}

/// Types into it, exactly this.
#[tauri::command]
pub async fn terminal_type(id: u32, text: String, streams: State<'_, Streams>) -> Said<()> {
    let (client, desk) = streams.terminal(id).ok_or_else(closed)?;
    client.ask(Ask::Type { desk, text }).await.map(drop).map_err(ClientError::refusal)
}

/// Resizes it.
#[tauri::command]
pub async fn terminal_resize(id: u32, cols: u16, rows: u16, streams: State<'_, Streams>) -> Said<()> {
    let (client, desk) = streams.terminal(id).ok_or_else(closed)?;
    client.ask(Ask::Resize { desk, cols, rows }).await.map(drop).map_err(ClientError::refusal)
}

/// The page drew so many bytes of it.
#[tauri::command]
pub fn terminal_drawn(id: u32, bytes: u32, streams: State<'_, Streams>) {
    streams.drew(id, bytes.into());
}

/// Detaches from it.
#[tauri::command]
pub fn terminal_close(id: u32, streams: State<'_, Streams>) {
    streams.close(id);
}

/// The system's dialog for a folder.
#[tauri::command]
pub async fn pick_folder(title: String, app: AppHandle) -> Option<String> {
    let (tell, picked) = tokio::sync::oneshot::channel();
    let mut dialog = app.dialog().file().set_title(title);
    // It belongs to the window that asked, and stays in front of it.
    if let Some(window) = app.get_webview_window(MAIN) {
        dialog = dialog.set_parent(&window);
    }
    // Whoever asked may be gone; then nobody misses it.
    dialog.pick_folder(move |folder| drop(tell.send(folder)));
    let folder = picked.await.ok().flatten()?.into_path().ok()?;
    folder.to_str().map(str::to_owned)
}

/// Opens a web page in the owner's browser.
#[tauri::command(async)]
pub fn open_link(url: String, app: AppHandle) -> Said<()> {
    if !is_web(&url) {
        return Err(Refusal::invalid("only http and https links are opened", "copy the link and see for yourself"));
    }
    app.opener().open_url(url, None::<&str>).map_err(|error| cannot_open(&error))
}

/// Shows a file or folder in the owner's file browser. A file is only pointed at: an agent may have written it.
#[tauri::command(async)]
pub fn open_path(path: String, link: State<'_, Link>, app: AppHandle) -> Said<()> {
    if let Some(machine) = link.watch().borrow().on.as_deref() {
        let message = format!("{path} is on {machine}, and this machine cannot open it");
        return Err(Refusal::new(Code::Unavailable, message, format!("`ssh {machine}` gets you there")));
    }
    let path = Path::new(&path);
    if !path.is_absolute() || !path.exists() {
        let message = format!("there is nothing at {}", path.display());
        return Err(Refusal::new(Code::NotFound, message, "its checkout may be cleared away; the branch is kept"));
    }
    let opener = app.opener();
    let opened = if path.is_dir() {
        opener.open_path(path.to_string_lossy(), None::<&str>)
    } else {
        opener.reveal_item_in_dir(path)
    };
    opened.map_err(|error| cannot_open(&error))
}

/// Stops every desk: the tray's way. The page shows what came of it.
pub fn stop_all(app: &AppHandle) {
    if let Ok(client) = app.state::<Link>().client() {
        spawn(async move { client.ask(Ask::StopAll).await.map(drop) });
    }
}

fn is_web(url: &str) -> bool {
    let plain = url.len() <= LINK_LONGEST && !url.chars().any(char::is_control);
    plain && tauri::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn cannot_open(error: &tauri_plugin_opener::Error) -> Refusal {
    Refusal::new(Code::Unavailable, format!("the desktop did not open it: {error}"), "install xdg-utils, or copy it")
}

fn closed() -> Refusal {
    Refusal::new(Code::WrongState, "this terminal is closed", "open the desk again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_links_are_opened() {
        assert!(is_web("https://example.org/a?b=c#d") && is_web("http://127.0.0.1:3000/"));
        let bad = [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "JavaScript:x",
            "data:text/html,x",
            "blob:http://a/1",
            "https:",
        ];
        for bad in bad.into_iter().chain(["ssh://host/", "x", "http://a\nb/", "-x", "--", ""]) {
            assert!(!is_web(bad), "{bad}");
        }
    }
}
