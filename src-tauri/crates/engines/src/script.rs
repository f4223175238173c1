//! The script in a task's body: its fenced `sh` blocks, else its `run:` lines. What else Markdown can say is not here.

/// The script of a body, or none. Fences are three or more backticks or tildes with the word `sh`, `bash` or `shell`.
pub fn script_of(body: &str) -> Option<String> {
    let mut script = String::new();
    let mut found = false;
    let mut fence: Option<(&str, bool)> = None;
    for line in body.lines() {
        let trimmed = line.trim_start();
        match fence {
            Some((mark, ours)) => {
                if trimmed.trim_end().starts_with(mark) && trimmed.trim().chars().all(|c| mark.starts_with(c)) {
                    fence = None;
                } else if ours {
                    script.push_str(line);
                    script.push('\n');
                }
            }
            None => {
                if let Some((mark, word)) = opening(trimmed) {
                    let ours = matches!(word, "sh" | "bash" | "shell");
                    found |= ours;
                    fence = Some((mark, ours));
                }
            }
        }
    }
    if found {
        return Some(script);
    }
    let lines: Vec<&str> =
        body.lines().filter_map(|line| line.trim_start().strip_prefix("run:")).map(str::trim).collect();
    (!lines.is_empty()).then(|| lines.join("\n") + "\n")
}

fn opening(line: &str) -> Option<(&str, &str)> {
    let first = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == first).count();
    (length >= 3).then(|| (&line[..length], line[length..].split_whitespace().next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::script_of;

    #[test]
    fn fenced_blocks_are_joined_in_order_and_others_left_out() {
        let body = "Do it.\n```sh\necho one\n```\n```python\nprint(1)\n```\n~~~~bash\necho two\n~~~\n~~~~\n";
        assert_eq!(script_of(body).unwrap(), "echo one\necho two\n~~~\n");
    }

    #[test]
    fn run_lines_serve_where_there_is_no_block() {
        assert_eq!(script_of("- a\nrun: make\n  run:  make test \n").unwrap(), "make\nmake test\n");
    }

    #[test]
    fn a_fence_that_is_never_closed_runs_to_the_end() {
        assert_eq!(script_of("```sh\nls\n").unwrap(), "ls\n");
    }

    #[test]
    fn prose_has_no_script() {
        assert_eq!(script_of("Please run the tests."), None);
    }
}
