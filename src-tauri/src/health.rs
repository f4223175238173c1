//! What the window adds to the office's own examination: tray, notifications, and the program that runs the office.

use office_door::wire::HealthLine;
use tauri::{AppHandle, Manager};

use crate::tray::Tray;

/// Lines for doctor's report.
pub fn lines(app: &AppHandle) -> Vec<HealthLine> {
    let tray = app.state::<Tray>();
    let line = |name: &str, ok: bool, found: String, way_out: &str| HealthLine {
        name: name.to_owned(),
        ok,
        found,
        way_out: if ok { String::new() } else { way_out.to_owned() },
    };
    let bus =
        !cfg!(target_os = "linux") || std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some_and(|at| !at.is_empty());
    vec![
        line(
            "window: tray",
            tray.is_there(),
            tray.found(),
            "install libayatana-appindicator3-1; all else works without it",
        ),
        line(
            "window: notifications",
            bus,
            if bus { "the desktop takes them".to_owned() } else { "there is no session bus".to_owned() },
            "what needs you stands in the window all the same",
        ),
    ]
}
