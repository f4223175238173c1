//! `office-guard`: the worker that says verdicts, one question at a time, and that its office kills when it takes too long.

fn main() -> std::process::ExitCode {
    if office_guard::worker::main() { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}
