//! The tray: a mark that says how it stands in the office, and a short menu. Where the library behind it is missing there is
//! none, and that is said by health; the window works without. Not here: counting (`watch.rs`).

use std::sync::{Mutex, MutexGuard, PoisonError};

use tauri::image::Image;
use tauri::menu::{CheckMenuItem, MenuBuilder, MenuItem};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager, Wry};

use crate::choices::Choices;
use crate::page;
use crate::wanted::{Wanted, Wishes};
use crate::window;

/// How it stands, in numbers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Tasks at work.
    pub work: usize,
    /// Things that wait for their owner.
    pub needs_you: usize,
    /// Everything is stopped.
    pub stopped: bool,
    /// There is no office to count in.
    pub lost: bool,
}

impl Counts {
    /// As one line.
    pub fn words(&self) -> String {
        if self.lost {
            return "the office does not answer".to_owned();
        }
        let mut parts = Vec::new();
        if self.stopped {
            parts.push("all stopped".to_owned());
        }
        match self.work {
            0 => parts.push("nobody works".to_owned()),
            1 => parts.push("1 works".to_owned()),
            more => parts.push(format!("{more} work")),
        }
        match self.needs_you {
            0 => {}
            1 => parts.push("1 needs you".to_owned()),
            more => parts.push(format!("{more} need you")),
        }
        parts.join(", ")
    }
}

struct Parts {
    icon: TrayIcon<Wry>,
    line: MenuItem<Wry>,
    shown: Counts,
}

/// The tray, if there is one.
#[derive(Default)]
pub struct Tray {
    parts: Mutex<Option<Parts>>,
    missing: Mutex<String>,
}

impl Tray {
    /// Whether there is one.
    pub fn is_there(&self) -> bool {
        lock(&self.parts).is_some()
    }

    /// What was found.
    pub fn found(&self) -> String {
        if self.is_there() { "it is there".to_owned() } else { lock(&self.missing).clone() }
    }

    /// Makes it, if the system can.
    pub fn make(&self, app: &AppHandle) {
        let made = library().and_then(|()| build(app).map_err(|error| error.to_string()));
        match made {
            Ok(parts) => *lock(&self.parts) = Some(parts),
            Err(why) => *lock(&self.missing) = why,
        }
    }

    /// Says how it stands.
    pub fn show(&self, counts: &Counts) {
        let mut parts = lock(&self.parts);
        let Some(parts) = parts.as_mut().filter(|parts| parts.shown != *counts) else { return };
        let words = counts.words();
        // What a tray cannot show, the window does.
        let _ = parts.line.set_text(&words);
        let _ = parts.icon.set_tooltip(Some(format!("Afterhours: {words}")));
        if (parts.shown.needs_you > 0) != (counts.needs_you > 0) {
            let _ = parts.icon.set_icon(Some(mark(counts)));
        }
        parts.shown = counts.clone();
    }
}

fn mark(counts: &Counts) -> Image<'static> {
    if counts.needs_you > 0 {
        tauri::include_image!("../icons/tray-needs-you.png")
    } else {
        tauri::include_image!("../icons/tray-calm.png")
    }
}

fn build(app: &AppHandle) -> tauri::Result<Parts> {
    let shown = Counts { lost: true, ..Counts::default() };
    let line = MenuItem::with_id(app, "line", shown.words(), false, None::<&str>)?;
    let keep = app.state::<Choices>().get().close_to_tray;
    let keep = CheckMenuItem::with_id(app, "keep", "Stay here when the window closes", true, keep, None::<&str>)?;
    let menu = MenuBuilder::new(app)
        .item(&line)
        .separator()
        .text("show", "Show the window")
        .text("stop", "Stop all desks")
        .item(&keep)
        .separator()
        .text("quit", "Quit the window (the office goes on)")
        .build()?;
    let icon = TrayIconBuilder::with_id("office")
        .icon(mark(&shown))
        .tooltip("Afterhours")
        .menu(&menu)
        .on_menu_event(|app, event| match event.id().as_ref() {
            "show" => {
                window::show(app);
                app.state::<Wishes>().wish(Wanted::Floor);
            }
            "stop" => page::stop_all(app),
            "keep" => app.state::<Choices>().set(|chosen| chosen.close_to_tray = !chosen.close_to_tray),
            "quit" => app.exit(0),
            _ => {}
        })
        .build(app)?;
    Ok(Parts { icon, line, shown })
}

/// Whether the library a tray is made with is there. Asked before it is needed: what needs it and does not find it panics.
#[cfg(target_os = "linux")]
fn library() -> Result<(), String> {
    const NAMES: [&str; 2] = ["libayatana-appindicator3.so.1", "libappindicator3.so.1"];
    let there = |name: &&str| {
        // SAFETY: loading runs the library's own start, which is what the tray does right after with the same library.
        #[expect(unsafe_code, reason = "looks whether a library is there before a crate panics that it is not")]
        unsafe { libloading::Library::new(name) }.map(std::mem::forget).is_ok()
    };
    if NAMES.iter().any(there) { Ok(()) } else { Err(format!("{} is missing", NAMES[0])) }
}

#[cfg(not(target_os = "linux"))]
fn library() -> Result<(), String> {
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_one_line_of_words() {
        let words = |work, needs_you, stopped| Counts { work, needs_you, stopped, lost: false }.words();
        assert_eq!(words(3, 1, false), "3 work, 1 needs you");
        assert_eq!(words(1, 2, false), "1 works, 2 need you");
        assert_eq!(words(0, 0, true), "all stopped, nobody works");
        assert_eq!(Counts { lost: true, ..Counts::default() }.words(), "the office does not answer");
    }
}
