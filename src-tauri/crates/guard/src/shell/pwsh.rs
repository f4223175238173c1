//! Short code in PowerShell, as far as it runs tests, checks scripts or only shows something. All else is asked about.

/// Commands that do no more than that.
const FINE: &[&str] = &[
    "invoke-pester",
    "invoke-scriptanalyzer",
    "invoke-formatter",
    "get-module",
    "get-date",
    "get-command",
    "get-help",
    "get-host",
    "test-path",
    "test-modulemanifest",
    "write-output",
    "write-host",
    "measure-object",
    "format-table",
    "format-list",
    "select-object",
    "sort-object",
    "convertto-json",
    "out-string",
    "group-object",
    "$psversiontable",
    "$psversiontable.psversion",
    "exit",
];

/// Whether each command of the code is one of those, with plain words.
pub(super) fn only_tests(code: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || " _-./*,'\"\\=".contains(letter);
    code.split(['|', ';', '\n']).map(str::trim).filter(|part| !part.is_empty()).all(|part| {
        let (first, rest) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
        FINE.contains(&&*first.to_lowercase()) && rest.chars().all(plain)
    })
}

#[cfg(test)]
mod tests {
    use super::only_tests;

    #[test]
    fn tests_run_and_nothing_else_does() {
        assert!(only_tests("Invoke-Pester -Path tests -Output Detailed"));
        assert!(only_tests("Invoke-ScriptAnalyzer -Path src | Format-Table"));
        for code in [
            "Remove-Item x",
            "Invoke-Pester; git push",
            "Write-Host $(git push)",
            "Get-Module | % { rm x }",
            "& git push",
        ] {
            assert!(!only_tests(code), "{code}");
        }
    }
}
