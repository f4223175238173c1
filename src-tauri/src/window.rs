//! The one window: made, shown and closed. It loads the page that is built in and nothing else: every other address, new
//! window and download is refused. Not here: what the page may call (`page.rs`).

use tauri::async_runtime::spawn;
use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};

use crate::choices::Choices;
use crate::notify;
use crate::tray::Tray;

/// Its label; the capability names it.
pub const MAIN: &str = "main";
const SIZE: (f64, f64) = (1440.0, 900.0);
/// Below this the rails and the floor do not fit beside one another.
const SMALLEST: (f64, f64) = (960.0, 600.0);
/// The night of the floor, so that nothing flashes white before the page paints.
const NIGHT: tauri::window::Color = tauri::window::Color(0x0b, 0x0f, 0x2b, 0xff);

/// Makes the window.
pub fn open(app: &AppHandle) -> tauri::Result<WebviewWindow> {
    let window = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App("index.html".into()))
        .title("Afterhours")
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(SMALLEST.0, SMALLEST.1)
        .background_color(NIGHT)
        .devtools(cfg!(debug_assertions))
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .build()?;
    let app = app.clone();
    window.on_window_event(move |event| {
        if let WindowEvent::CloseRequested { api, .. } = event
            && closing(&app)
        {
            api.prevent_close();
        }
    });
    Ok(window)
}

/// Brings the window to the front.
pub fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        // A desktop may refuse any of these; the window is there all the same.
        let _ = window.show();
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}

/// The window is closed by its owner. True: it is only hidden, because the owner chose to keep it in the tray, or for so long as
/// it takes to say that the office goes on.
fn closing(app: &AppHandle) -> bool {
    let choices = app.state::<Choices>();
    let stays = choices.get().close_to_tray && app.state::<Tray>().is_there();
    let first = choices.first_close();
    if (stays || first)
        && let Some(window) = app.get_webview_window(MAIN)
    {
        let _ = window.hide();
    }
    if first {
        let app = app.clone();
        spawn(async move {
            notify::goes_on().await;
            // A second start may have shown it again meanwhile; then its owner is looking at it.
            let shown = app.get_webview_window(MAIN).is_some_and(|window| window.is_visible().unwrap_or(false));
            if !stays && !shown {
                app.exit(0);
            }
        });
    }
    stays || first
}

/// The page that is built in, and nothing else.
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Where the system's browser engine knows no schemes of programs.
        "http" | "https" => cfg!(windows) && url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_built_in_page_is_loaded() {
        let ours = |url: &str| is_ours(&Url::parse(url).unwrap());
        assert!(ours("tauri://localhost/index.html"));
        for strange in
            ["https://example.org/", "file:///etc/passwd", "tauri://elsewhere/", "data:text/html,x", "about:blank"]
        {
            assert!(!ours(strange), "{strange}");
        }
    }
}
