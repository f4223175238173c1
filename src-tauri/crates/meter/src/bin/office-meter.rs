//! `office-meter`: starts a program whose calls to its model go through a meter. All of it is in the library.

fn main() -> std::process::ExitCode {
    office_meter::main()
}
