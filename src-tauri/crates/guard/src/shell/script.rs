//! Scripts on disk: those of shells are read and gone through; others are known by where they are and what they are called.
//! Scripts of packages (`npm run x`) are found in their manifest.

use super::simple::Call;
use super::text::Text;
use super::{Feed, Shell};
use crate::action::{Action, Arg, Run};
use crate::limits::LONGEST;
use crate::path::{Class, Place};
use crate::world::Stands;

/// Who runs what is not installed fetches it.
pub(super) const FETCHES: [&str; 10] =
    ["npx", "bunx", "pnpx", "npm exec", "npm x", "pnpm dlx", "yarn dlx", "bun x", "uvx", "uv tool run"];

const MANAGERS: &[&str] = &["npm", "pnpm", "yarn", "bun"];

impl Shell<'_> {
    /// `./script args`
    pub(crate) fn script_file(&mut self, file: &Arg, args: &[Arg], stdin: &Feed) -> Text {
        let path = self.path_of(file);
        let written = path.as_ref().and_then(|path| self.st.written(path));
        if self.runs_tasks(file, args) {
            return Text::any();
        }
        if written.is_none() && self.is_a_program(file) {
            self.by_name("<program>", file, args);
            self.st.built();
            return Text::any();
        }
        let on_disk = path.as_ref().filter(|_| self.st.disk_is_true).and_then(|path| self.world.read(path, LONGEST));
        let text = written.as_ref().map_or(on_disk, Text::known);
        let first = text.as_deref().and_then(|text| text.lines().next()).unwrap_or_default().to_owned();
        let names_shell = first.strip_prefix("#!").is_none_or(|line| {
            let mut program = line.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
            program
                .rfind(|word| *word != "env" && !word.starts_with('-'))
                .is_some_and(|last| super::call::SHELLS.contains(&last) || last == "bats")
        });
        if !names_shell {
            let program = first.rsplit(['/', ' ']).next().unwrap_or("a program").to_owned();
            return self.foreign_script(&program, file, args);
        }
        let positional = args.iter().map(Text::of).collect::<Vec<_>>();
        self.via.push(file.to_string());
        let written = self.child(|shell| {
            shell.st.positional = Some(std::rc::Rc::new(positional));
            shell.script_arguments(file, args);
            shell.shell_file("a script", file, stdin)
        });
        self.via.pop();
        written
    }

    /// Whether a file of the checkout is no script but a program that was built there; of one that is not there, by its name.
    fn is_a_program(&self, file: &Arg) -> bool {
        let place = self.place(file);
        let inside = place.classes.iter().all(|class| matches!(class, Class::Checkout | Class::Artefact));
        let Some(path) = place.path.filter(|_| inside && !self.st.any_written) else { return false };
        let of_bin = place.inside.is_some_and(|inside| inside.starts_with("bin/"));
        let plain = of_bin && path.file_name().is_some_and(|name| !name.to_string_lossy().contains('.'));
        self.world.is_program(&path) || plain && self.world.stands(&path) == Stands::Nothing
    }

    /// The language of a script that says it by its name alone: nothing stands there, and this line wrote nothing there.
    pub(crate) fn language_of(&self, file: &Arg) -> Option<&'static str> {
        let language = match file.known().filter(|file| !file.contains("://"))?.rsplit_once('.')?.1 {
            "py" => "python",
            "js" | "mjs" | "cjs" => "node",
            "ts" | "mts" => "tsx",
            "rb" => "ruby",
            "pl" => "perl",
            "php" => "php",
            _ => return None,
        };
        let path = self.path_of(file)?;
        let unseen = self.st.written(&path).is_none() && self.world.stands(&path) == Stands::Nothing;
        unseen.then_some(language)
    }

    fn script_arguments(&mut self, file: &Arg, _args: &[Arg]) {
        for name in ["0", "BASH_SOURCE"] {
            self.st.set(name, super::state::Var::plain(Text::of(file)));
        }
    }

    /// A shell script that this line did not write.
    pub(crate) fn disk_script(&mut self, name: &str, file: &Arg, stdin: &Feed) -> Text {
        let place = self.place(file);
        let ours = [Class::Checkout, Class::Artefact, Class::Tmp];
        if !self.is_the_checkouts(&place) {
            let outside = place.classes.len() == 1 && !place.classes.iter().all(|class| ours.contains(class));
            let why = if outside { "outside of the checkout" } else { "whose content is not known" };
            self.opaque(&format!("{name} runs a file {why}: {file}"));
            self.st.forget_files();
            return Text::any();
        }
        let on_disk = place.path.filter(|_| self.st.disk_is_true && file.known().is_some());
        if let Some(text) = on_disk.and_then(|path| self.world.read(&path, LONGEST)) {
            for name in ["0", "BASH_SOURCE"] {
                self.st.set(name, super::state::Var::plain(Text::of(file)));
            }
            return self.script(&text, stdin);
        }
        // What is not there, is too long, or is another by now: tests run it whatever it holds, so its name and its words count.
        let given: Vec<Arg> = self.st.positional.iter().flat_map(|all| all.iter().map(Text::arg)).collect();
        self.by_name("<script>", file, &given);
        self.st.built();
        Text::any()
    }

    /// Whether it is what a framework calls its runner, and its tasks are known.
    fn runs_tasks(&mut self, file: &Arg, args: &[Arg]) -> bool {
        const RUNNERS: [&str; 5] = ["rails", "rake", "manage.py", "artisan", "console"];
        let base = file.head().rsplit('/').next().unwrap_or_default().to_owned();
        RUNNERS.contains(&&*base)
            && self.is_the_checkouts(&self.place(file))
            && (self.framework(&base, args).is_some() || self.only_asks(&base, args, &Feed::Nothing).is_some())
    }

    /// Whether what lies there is the checkout's own, and not of this very line: an agent may run it by any of its tests.
    pub(crate) fn is_the_checkouts(&self, place: &Place) -> bool {
        let ours = [Class::Checkout, Class::Artefact, Class::Tmp];
        let one = place.classes.len() == 1 && place.classes.iter().all(|class| ours.contains(class));
        let pattern = place.shown.contains(['*', '?', '[']);
        // `uv run https://...` takes it from elsewhere.
        let fetched = place.shown.contains(':');
        // All scripts that there are: among them is what no name was read of.
        let last = place.shown.rsplit('/').next().unwrap_or_default();
        let letters = last.split('.').next().unwrap_or_default().chars().filter(char::is_ascii_alphabetic).count();
        let whole = pattern && letters < 3 && place.inside.as_deref().is_none_or(str::is_empty);
        // Who only looks is told to run something in a way that nobody has a reason for.
        let odd = |via: &String| {
            via.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')
                || ["rg -", "sort -", "tar -", "split -"].iter().any(|looks| via.starts_with(looks))
        };
        one && !fetched
            && !self.via.iter().any(odd)
            && !whole
            && !self.st.any_written
            && place
                .path
                .as_ref()
                .is_some_and(|path| if pattern { !self.st.wrote_in(path) } else { self.st.written(path).is_none() })
    }

    /// A script in another language: it does what it does; where it is and what it is called is all that is known.
    pub(crate) fn foreign_script(&mut self, name: &str, file: &Arg, args: &[Arg]) -> Text {
        let place = self.place(file);
        let content = place.path.as_ref().and_then(|path| self.st.written(path)).as_ref().and_then(Text::known);
        if let Some(code) = content.filter(|_| self.specs.interpreter(name).is_some()) {
            // What this very line wrote is what runs.
            return self.code(name, &code);
        }
        if self.runs_tasks(file, args) {
            return Text::any();
        }
        if self.is_the_checkouts(&place) {
            self.by_name("<code>", file, args);
            self.st.built();
            return Text::any();
        }
        let ours = |class: &Class| matches!(class, Class::Checkout | Class::Artefact | Class::Tmp);
        let outside = place.classes.len() == 1 && !place.classes.iter().all(ours);
        let why = if outside { "outside of the checkout" } else { "whose content is not known" };
        self.opaque(&format!("{name} runs a file {why}: {file}"));
        self.st.forget_files();
        Text::any()
    }

    /// A program that is known by its name and its words alone; what an option is given counts as a word.
    pub(crate) fn by_name(&mut self, kind: &str, file: &Arg, args: &[Arg]) {
        let mut run = Run { name: vec![kind.to_owned()], via: self.via.clone(), ..Run::default() };
        run.argv = [Arg::lit(kind), file.clone()].into_iter().chain(args.iter().cloned()).collect();
        run.operands.push(file.clone());
        for arg in args {
            match arg.known().filter(|word| word.len() > 1 && word.starts_with('-')) {
                Some(word) => {
                    let (flag, value) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
                    run.flags.insert(flag.to_owned());
                    run.operands.extend(value.filter(|value| !value.contains(char::is_whitespace)).map(Arg::lit));
                }
                // What is not known at all says nothing: its own code could say the same.
                None if arg.known().is_none() && arg.head().is_empty() => {}
                None => run.operands.push(arg.clone()),
            }
        }
        self.emit(Action::Run(run));
    }

    /// A package manager with options before its subcommand, or with a script in the place of one: as it is usually written.
    pub(crate) fn manager_called(&self, name: &str, call: &Call) -> Option<Call> {
        if !(MANAGERS.contains(&name) || name == "composer") {
            return None;
        }
        let spec = self.specs.tool(name)?;
        let mut at = 1;
        // Only options that are known, or nobody can say where the subcommand is.
        while let Some(word) = call.argv.get(at).and_then(Arg::known).filter(|word| word.starts_with('-')) {
            let flag = word.split('=').next().unwrap_or(word);
            let alone = self.specs.words("manager-flags").iter().any(|one| one == word);
            match spec.value(flag) {
                _ if alone => at += 1,
                Some(_) if word.contains('=') => at += 1,
                Some(_) => at += 2,
                None => return None,
            }
        }
        let sub = call.argv.get(at)?.known()?;
        let rest = &call.argv[at + 1..];
        if ["exec", "dlx", "x"].contains(&sub) && name != "composer" {
            let plain = [call.argv[0].clone(), call.argv[at].clone()].into_iter().chain(rest.iter().cloned()).collect();
            return (at > 1).then(|| Call { argv: plain, env: call.env.clone() });
        }
        let builtin = self.specs.words(&format!("{name}-builtin"));
        if builtin.is_empty() || builtin.iter().any(|one| one == sub) || sub.contains(['/', '.', '@', ' ']) {
            return None;
        }
        // A program that is installed, where the project has no script of that name.
        let known = self.specs.tool(sub).is_some()
            || self.specs.wrapper(sub).is_some()
            || self.specs.interpreter(sub).is_some()
            || super::call::SHELLS.contains(&sub);
        let is_script = self.manifest().is_some_and(|manifest| manifest["scripts"][sub].is_string());
        let by = match (known && !is_script, name) {
            (true, "bun") => "x",
            (true, _) => "exec",
            (false, "composer") => "run-script",
            (false, _) => "run",
        };
        let mut argv = vec![call.argv[0].clone(), Arg::lit(by), call.argv[at].clone()];
        argv.extend(rest.iter().cloned());
        if by.starts_with("run") {
            // Where it runs still counts.
            argv.extend(call.argv[1..at].iter().cloned());
        }
        Some(Call { argv, env: call.env.clone() })
    }

    /// The manifest of the packages around the working folder.
    fn manifest(&self) -> Option<serde_json::Value> {
        let cwd = self.st.cwd.clone()?;
        let found =
            cwd.ancestors().take(4).find_map(|folder| self.world.read(&folder.join("package.json"), LONGEST * 4));
        found.and_then(|text| serde_json::from_str(&text).ok())
    }

    /// `npm run x`: what the manifest says, with what comes before and after it.
    pub(crate) fn package_script(&mut self, name: &str, parsed: &super::tool::Parsed<'_>) {
        if !MANAGERS.contains(&name) {
            return;
        }
        let sub = parsed.name.get(1).map(String::as_str).unwrap_or_default();
        let script = match sub {
            "run" | "run-script" | "rum" | "urn" => parsed.operands.first().and_then(Arg::known).map(str::to_owned),
            "test" | "t" | "tst" => Some("test".to_owned()),
            "start" | "stop" | "restart" if name != "bun" => Some(sub.to_owned()),
            sub if name != "npm" && !sub.is_empty() && self.specs.tool(&format!("{name} {sub}")).is_none() => {
                Some(sub.to_owned())
            }
            "install" | "i" | "ci" | "" => None,
            _ => None,
        };
        let Some(script) = script else { return };
        let Some(manifest) = self.manifest() else { return };
        for key in [format!("pre{script}"), script.clone(), format!("post{script}")] {
            if let Some(line) = manifest["scripts"][&key].as_str() {
                let line = line.to_owned();
                self.via.push(format!("{name} run {key}"));
                self.child(|shell| shell.script(&line, &Feed::Nothing));
                self.via.pop();
            }
        }
    }
}
