//! Programs that are given several commands as words: each is gone through by itself.

use super::simple::Call;
use super::text::Text;
use super::{Feed, Shell};
use crate::action::Arg;

/// Options with a value, by program; all others have none.
const VALUED: &[(&str, &[&str])] = &[
    (
        "concurrently",
        &[
            "-n",
            "--names",
            "-c",
            "--prefix-colors",
            "-p",
            "--prefix",
            "-m",
            "--max-processes",
            "--restart-tries",
            "--restart-after",
            "-l",
            "--prefix-length",
            "-s",
            "--success",
            "-t",
            "--timestamp-format",
            "--kill-signal",
            "--default-input-target",
            "--name-separator",
        ],
    ),
    ("start-server-and-test", &["--expect"]),
    ("nodemon", &["-w", "--watch", "-e", "--ext", "-i", "--ignore", "-d", "--delay", "--signal"]),
];

impl Shell<'_> {
    /// Runs what the words of such a program say; none if it is none of them, or has an option that is not known here.
    pub(crate) fn several(&mut self, name: &str, call: &Call, stdin: &Feed) -> Option<Text> {
        let name = match name {
            "concurrently" | "conc" => "concurrently",
            "start-server-and-test" | "start-test" | "server-test" => "start-server-and-test",
            "nodemon" => "nodemon",
            _ => return None,
        };
        let valued = VALUED.iter().find(|(program, _)| *program == name).map_or(&[][..], |(_, options)| *options);
        let (mut words, mut command) = (Vec::new(), None);
        let mut args = call.argv[1..].iter();
        while let Some(arg) = args.next() {
            let word = arg.known()?;
            let flag = word.split('=').next().unwrap_or(word);
            if matches!(flag, "-x" | "--exec") && name == "nodemon" {
                command = Some(args.next()?.known()?.to_owned());
            } else if valued.contains(&flag) {
                if flag == word {
                    args.next();
                }
            } else if matches!(flag, "--exec" | "--config" | "-P" | "--passthrough-arguments" | "-r" | "--require")
                && name == "nodemon"
            {
                return None;
            } else if !word.starts_with('-') {
                words.push(word.to_owned());
                if name == "nodemon" {
                    // What follows is the program's own.
                    words.extend(args.by_ref().map(|arg| arg.known().map(str::to_owned)).collect::<Option<Vec<_>>>()?);
                }
            }
        }
        if name == "nodemon" {
            let argv = words.iter().map(|word| Arg::lit(word.as_str()));
            match command {
                Some(command) => self.one_of_several(name, &format!("{command} {}", words.join(" ")), stdin),
                None => {
                    drop(self.inner(name, std::iter::once(Arg::lit("node")).chain(argv).collect(), Vec::new(), stdin))
                }
            }
            return Some(Text::any());
        }
        for word in &words {
            let plain = !word.contains(' ');
            if name == "start-server-and-test"
                && plain
                && (word.contains("://") || word.starts_with("http") || word.contains("tcp:"))
            {
                self.reach_arg(&Arg::lit(word.replace("http-get:", "http:").replace("https-get:", "https:")));
            } else if name == "start-server-and-test" && plain && word.chars().all(|letter| letter.is_ascii_digit()) {
                // A port of this machine.
            } else if let Some(script) =
                word.strip_prefix("npm:").or(plain.then_some(&**word).filter(|_| name == "start-server-and-test"))
            {
                self.inner(name, vec![Arg::lit("npm"), Arg::lit("run"), Arg::lit(script)], Vec::new(), stdin);
            } else {
                self.one_of_several(name, word, stdin);
            }
        }
        Some(Text::any())
    }

    fn one_of_several(&mut self, name: &str, line: &str, stdin: &Feed) {
        self.via.push(name.to_owned());
        self.child(|shell| shell.script(line, stdin));
        self.via.pop();
    }
}
