//! `office`: a keyboard for people and scripts. Everything is in the library, so that tests can call it.

fn main() -> std::process::ExitCode {
    office_cli::main()
}
