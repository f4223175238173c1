//! The window of an office: shows what `office run` does, starts it where none runs, and ends without ending it. Everything
//! that is decided or kept is on the other side of the door; here is only what a desktop needs.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod choices;
mod far;
mod flow;
mod health;
mod link;
mod notify;
mod page;
mod start;
mod stream;
mod tray;
mod wanted;
mod watch;
mod which;
mod window;

use std::io::Write;
use std::process::ExitCode;

use tauri::async_runtime::spawn;
use tauri::{App, Builder, Manager, Wry};
use tauri_plugin_window_state::StateFlags;

use crate::choices::Choices;
use crate::link::Link;
use crate::stream::Streams;
use crate::tray::Tray;
use crate::wanted::{Wanted, Wishes};
use crate::which::Which;

fn main() -> ExitCode {
    match Which::here().map_err(|refusal| format!("{}: {}", refusal.message, refusal.detail)).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Where nobody reads it, the exit code still says it.
            let _ = writeln!(std::io::stderr(), "{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(which: Which) -> Result<(), String> {
    if !has_screen() {
        return Err("there is no screen to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set)\n\
            the office itself needs none: `office run`, and `office status --watch`"
            .to_owned());
    }
    // Whether it is hidden in the tray is not kept: who starts it wants to see it.
    let kept = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED | StateFlags::FULLSCREEN;
    let app = one_at_a_time(Builder::default(), &which)
        .plugin(tauri_plugin_window_state::Builder::new().with_state_flags(kept).build())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .manage(Link::new(which))
        .manage(Streams::default())
        .manage(Wishes::default())
        .manage(Tray::default())
        .manage(page::Listener::default())
        .invoke_handler(tauri::generate_handler![
            page::connect,
            page::try_again,
            page::machines,
            page::connect_to,
            page::forget,
            page::ask,
            page::subscribe,
            page::events_taken,
            page::terminal_open,
            page::terminal_type,
            page::terminal_resize,
            page::terminal_drawn,
            page::terminal_close,
            page::pick_folder,
            page::open_link,
            page::open_path,
        ])
        .setup(|app| Ok(set_up(app)?))
        .build(built_in())
        .map_err(|error| format!("the window cannot be opened: {error}"))?;
    app.run(|_, _| {});
    Ok(())
}

/// The page, the icons and the rights, as build.rs wrote them down.
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "generated code")]
fn built_in() -> tauri::Context {
    tauri::tauri_build_context!()
}

fn set_up(app: &mut App) -> tauri::Result<()> {
    let app = app.handle();
    app.manage(Choices::read(app.path().app_config_dir()?));
    notify::listen(app);
    app.state::<Tray>().make(app);
    window::open(app)?;
    let wanted = Wanted::of(std::env::args_os());
    if wanted != Wanted::Floor {
        app.state::<Wishes>().wish(wanted);
    }
    spawn(app.state::<Link>().inner().clone().keep());
    spawn(watch::watch(app.clone()));
    Ok(())
}

/// A second start for the same office shows the first window. Tests open many.
fn one_at_a_time(builder: Builder<Wry>, which: &Which) -> Builder<Wry> {
    if std::env::var_os("OFFICE_WINDOW_MANY").is_some_and(|many| many == "1") {
        return builder;
    }
    let shown = |app: &tauri::AppHandle, arguments: Vec<String>, _: String| {
        window::show(app);
        app.state::<Wishes>().wish(Wanted::of(arguments.into_iter().map(Into::into)));
    };
    let id = format!("org.afterhours.o{:016x}", which.number());
    builder.plugin(tauri_plugin_single_instance::Builder::new().callback(shown).dbus_id(id).build())
}

/// Asked first, because what opens windows panics where there is none.
fn has_screen() -> bool {
    let set = |name: Option<std::ffi::OsString>| name.is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set(std::env::var_os("DISPLAY")) || set(std::env::var_os("WAYLAND_DISPLAY"))
}
