//! `docker run`, `docker compose up` and their like, in the forms in which nothing of this machine but the checkout is given to them: what runs
//! inside is judged as if it ran here, a service is one that tests need, and a file of services is read where it is there. All else is for the
//! rules, which ask. Which images and options those are is data (specs/containers.toml).

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::frameworks::is_for_tests;
use super::list::{List, on};
use super::simple::Call;
use super::text::Text;
use super::{Feed, Shell};
use crate::action::{Action, Arg, Run};
use crate::limits::LONGEST;
use crate::path::Class;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct Known {
    services: List,
    plain: List,
    valued: List,
    compose_plain: List,
    compose_valued: List,
    programs: BTreeMap<String, String>,
}

fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let read = toml::from_str(include_str!("../../specs/containers.toml"));
        debug_assert!(read.is_ok(), "{:?}", read.as_ref().err());
        // Without it no container is known, and each is asked about.
        read.unwrap_or_default()
    })
}

/// Files of services, where none is named.
const FILES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// What in such a file gives a container more of the machine than the checkout.
const GIVES_MORE: [&str; 17] = [
    "privileged",
    "docker.sock",
    "network_mode",
    "pid:",
    "ipc:",
    "cap_add",
    "devices:",
    "security_opt",
    "userns",
    "~/",
    "$HOME",
    "${HOME",
    "- /",
    "../",
    "cgroup",
    "secrets:",
    "extends:",
];

/// What such options come to.
struct Options {
    at: usize,
    /// Where folders of the checkout are found inside.
    mounts: Vec<(String, String)>,
    entry: Option<Arg>,
}

impl Shell<'_> {
    /// Goes through such a form; none where it is another.
    pub(super) fn container(&mut self, name: &str, call: &Call, stdin: &Feed) -> Option<Text> {
        let args = &call.argv[1..];
        let compose = match name {
            "docker" | "podman" | "nerdctl" => false,
            "docker-compose" | "podman-compose" => true,
            _ => return None,
        };
        let first = args.first()?.known()?;
        match first {
            _ if compose => self.services(args, stdin),
            "compose" => self.services(&args[1..], stdin),
            "run" => self.in_an_image(&args[1..], stdin),
            "exec" => {
                let options = self.container_options(&args[1..])?;
                let inner = args.get(options.at + 2..).filter(|inner| !inner.is_empty())?;
                self.runs_inside("exec", inner.to_vec(), &options, stdin)
            }
            "container" if matches!(args.get(1)?.known()?, "run" | "exec") => {
                let argv = std::iter::once(call.argv[0].clone()).chain(args[1..].iter().cloned()).collect();
                self.container(name, &Call { argv, env: call.env.clone() }, stdin)
            }
            "stop" | "start" | "rm" | "kill" | "wait" | "restart" => {
                let names: Vec<&str> = args[1..].iter().map(Arg::known).collect::<Option<_>>()?;
                let (flags, names): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|word| word.starts_with('-'));
                let plain = flags.iter().all(|flag| matches!(*flag, "-f" | "--force" | "-v" | "-t" | "-t1" | "-t0"));
                // What this line began, or what is called as one for tests.
                let ours = |name: &&str| {
                    is_for_tests(name) || self.made.contains(std::path::Path::new(&format!("/container/{name}")))
                };
                (plain && !names.is_empty() && names.iter().all(ours)).then(|| self.contained(first))
            }
            "tag" if args.len() == 3 => Some(self.contained("tag")),
            "pull" => {
                let [image] = &args[1..] else { return None };
                let image = image_of(image.known()?);
                (!image.contains('/') || known().programs.contains_key(image)).then(|| self.contained("pull"))
            }
            "ps" if args.iter().any(|arg| matches!(arg.known(), Some("-q" | "-aq" | "-qa" | "--quiet"))) => {
                self.tool(name, call, stdin);
                Some(Text::lit("0123456789ab\n"))
            }
            _ => None,
        }
    }

    fn contained(&mut self, what: &str) -> Text {
        let name = vec!["<container>".to_owned(), what.to_owned()];
        self.emit(Action::Run(Run {
            argv: vec![Arg::lit("<container>"), Arg::lit(what)],
            name,
            via: self.via.clone(),
            ..Run::default()
        }));
        self.st.built();
        Text::any()
    }

    /// The options of `run` and `exec`, as far as they give nothing of the machine but the checkout.
    fn container_options(&mut self, args: &[Arg]) -> Option<Options> {
        let mut options = Options { at: 0, mounts: Vec::new(), entry: None };
        while let Some(arg) = args.get(options.at) {
            let head = arg.known().unwrap_or(arg.head()).to_owned();
            if !head.starts_with('-') {
                break;
            }
            let (flag, attached) = match head.split_once('=') {
                Some((flag, value)) if head.starts_with("--") => (flag.to_owned(), Some(value.to_owned())),
                _ => (head.clone(), None),
            };
            options.at += 1;
            if known().plain.holds(&flag) && attached.is_none_or(|value| value == "true") {
                continue;
            }
            let value = match head.split_once('=') {
                Some((_, value)) if head.starts_with("--") => match arg {
                    Arg::Lit(_) => Arg::lit(value),
                    _ => Arg::Unknown { shown: arg.to_string(), head: value.to_owned(), many: false },
                },
                _ => {
                    options.at += 1;
                    args.get(options.at - 1)?.clone()
                }
            };
            match &*flag {
                flag if known().valued.holds(flag) => {
                    if flag == "--name" {
                        self.made.insert(format!("/container/{}", value.known()?).into());
                    }
                }
                "-e" | "--env" => {
                    let (variable, given) =
                        value.head().split_once('=').map_or((value.head(), false), |(name, _)| (name, true));
                    // What is not given here is taken from the environment.
                    if !given || value.known().is_none() {
                        self.secret_variable(variable);
                    }
                }
                "--env-file" => self.reads(&value),
                "--network" | "--net" => {
                    let network = value.known()?;
                    if network == "host" || network.contains(':') {
                        return None;
                    }
                }
                "-u" | "--user" => {
                    if matches!(value.head(), "root" | "0" | "0:0") {
                        return None;
                    }
                }
                "--entrypoint" => {
                    options.entry = Some(value).filter(|entry| entry.known().is_some_and(|word| !word.is_empty()))
                }
                "-v" | "--volume" => {
                    let mount = value.known()?;
                    let (from, to) = mount.split_once(':')?;
                    self.mounted(from, to.split(':').next()?, &mut options)?;
                }
                "--mount" => {
                    let parts: BTreeMap<&str, &str> =
                        value.known()?.split(',').filter_map(|part| part.split_once('=')).collect();
                    let to = parts.get("target").or(parts.get("dst")).or(parts.get("destination"))?;
                    match *parts.get("type")? {
                        "tmpfs" => {}
                        _ => self.mounted(parts.get("source").or(parts.get("src"))?, to, &mut options)?,
                    }
                }
                _ => return None,
            }
        }
        Some(options)
    }

    /// A folder that is given to a container: one of the checkout, or one that has only a name.
    fn mounted(&mut self, from: &str, to: &str, options: &mut Options) -> Option<()> {
        if from.starts_with(|letter: char| letter.is_ascii_alphanumeric()) && !from.contains('/') {
            return Some(());
        }
        let place = self.place(&Arg::lit(from));
        let ours = |class: &Class| matches!(class, Class::Checkout | Class::Artefact);
        let inside = place.classes.iter().all(ours) && !self.st.any_written;
        options.mounts.push((to.trim_end_matches('/').to_owned(), place.path?.to_string_lossy().into_owned()));
        inside.then_some(())
    }

    /// `docker run --rm -v "$PWD":/src -w /src golang:1.22 go vet ./...`
    fn in_an_image(&mut self, args: &[Arg], stdin: &Feed) -> Option<Text> {
        let options = self.container_options(args)?;
        // Which version of it may be anything.
        let image = args.get(options.at)?;
        let image = image_of(image.known().unwrap_or(image.head())).to_owned();
        let rest = args.get(options.at + 1..).unwrap_or_default().to_vec();
        let program = known().programs.get(&image);
        if image.is_empty() || image.contains('/') && program.is_none() {
            return None;
        }
        if rest.is_empty() && options.entry.is_none() && program.is_none_or(String::is_empty) {
            let service = known().services.holds(&image) && options.mounts.is_empty();
            return service.then(|| self.contained("service"));
        }
        let entry = options.entry.clone().or_else(|| program.filter(|program| !program.is_empty()).map(Arg::lit));
        let inner: Vec<Arg> = match entry {
            Some(entry) if rest.first() != Some(&entry) => std::iter::once(entry).chain(rest).collect(),
            _ => rest,
        };
        self.runs_inside("run", inner, &options, stdin)
    }

    fn runs_inside(&mut self, what: &str, inner: Vec<Arg>, options: &Options, stdin: &Feed) -> Option<Text> {
        // In what runs already, whatever it is, a word alone says too little.
        let asks = matches!(inner.first().and_then(Arg::known), Some("pg_isready" | "mysqladmin" | "redis-cli"));
        if asks || what == "exec" && inner.len() < 2 {
            return None;
        }
        self.contained(what);
        let here = |arg: Arg| match &arg {
            Arg::Lit(word) => {
                let found = options.mounts.iter().find_map(|(to, from)| {
                    let rest =
                        word.strip_prefix(to.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
                    Some(format!("{from}{rest}"))
                });
                found.map_or(arg, Arg::lit)
            }
            _ => arg,
        };
        Some(self.inner("a container", inner.into_iter().map(here).collect(), Vec::new(), stdin))
    }

    /// `docker compose -f docker-compose.test.yml up -d db`
    fn services(&mut self, args: &[Arg], stdin: &Feed) -> Option<Text> {
        let (mut at, mut files) = (0, Vec::new());
        let mut of_tests = false;
        while let Some(word) = args.get(at).and_then(Arg::known).filter(|word| word.starts_with('-')) {
            let (flag, attached) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
            let value = match attached {
                Some(value) => value,
                None => {
                    at += 1;
                    args.get(at)?.known()?
                }
            };
            match flag {
                "-f" | "--file" => files.push(value.to_owned()),
                "--profile" => of_tests |= is_for_tests(value),
                "--env-file" => self.reads(&Arg::lit(value)),
                "-p" | "--project-name" if is_for_tests(value) => {}
                _ => return None,
            }
            at += 1;
        }
        let sub = args.get(at)?.known()?;
        let rest = &args[at + 1..];
        let clean = self.services_of(&files)?;
        of_tests |= !files.is_empty() && files.iter().any(|file| is_for_tests(file));
        match sub {
            "run" | "exec" => {
                let options = self.container_options(rest)?;
                if !options.mounts.is_empty() {
                    return None;
                }
                let inner = rest.get(options.at + 1..).filter(|inner| !inner.is_empty())?.to_vec();
                self.runs_inside(sub, inner, &options, stdin)
            }
            "up" | "build" | "pull" | "stop" | "start" | "restart" | "down" | "kill" | "create" | "wait" | "rm" => {
                let mut named: Vec<&str> = Vec::new();
                let mut words = rest.iter();
                let mut clears = false;
                while let Some(word) = words.next() {
                    let word = word.known()?;
                    let flag = word.split('=').next().unwrap_or(word);
                    if !word.starts_with('-') {
                        named.push(word);
                    } else if matches!(flag, "-v" | "--volumes" | "--rmi") {
                        clears = true;
                    } else if known().compose_valued.holds(flag) {
                        if flag == word {
                            words.next();
                        }
                    } else if !known().compose_plain.holds(flag) {
                        return None;
                    }
                }
                let service = |name: &&str| {
                    name.split(['-', '_']).any(|part| {
                        known().services.holds(part.trim_end_matches(|letter: char| letter.is_ascii_digit()))
                    }) || is_for_tests(name)
                };
                let fine = match sub {
                    _ if clears => of_tests,
                    "up" | "create" => of_tests || clean || !named.is_empty() && named.iter().all(service),
                    _ => true,
                };
                fine.then(|| self.contained(sub))
            }
            "ps" if rest.iter().any(|arg| matches!(arg.known(), Some("-q" | "--quiet"))) => {
                self.contained("ps");
                Some(Text::lit("0123456789ab\n"))
            }
            _ => None,
        }
    }

    /// Whether the files of services are there and give nothing of the machine to anything; none where one does, or where it is not known.
    fn services_of(&mut self, files: &[String]) -> Option<bool> {
        let named: Vec<String> =
            if files.is_empty() { FILES.iter().map(|file| (*file).to_owned()).collect() } else { files.to_vec() };
        let mut read = 0;
        for file in &named {
            // What is for the world is no matter of tests.
            if on(
                "prod production live staging",
                file.rsplit('/')
                    .next()?
                    .split(['.', '-', '_'])
                    .find(|part| on("prod production live staging", part))
                    .unwrap_or("-"),
            ) {
                return None;
            }
            let place = self.place(&Arg::lit(file));
            let ours = |class: &Class| matches!(class, Class::Checkout | Class::Artefact);
            let path = place.path.filter(|_| place.classes.iter().all(ours) && !self.st.any_written)?;
            if self.st.written(&path).is_some() {
                return None;
            }
            if let Some(text) = self.world.read(&path, LONGEST) {
                if GIVES_MORE.iter().any(|more| text.contains(more)) {
                    return None;
                }
                read += 1;
            }
        }
        Some(read > 0 && (files.is_empty() || read == files.len()))
    }
}

/// The name of an image without its version.
fn image_of(text: &str) -> &str {
    let text = text.split('@').next().unwrap_or(text);
    let text = text.strip_prefix("docker.io/").unwrap_or(text);
    let text = text.strip_prefix("library/").unwrap_or(text);
    match text.rsplit_once(':') {
        Some((name, version)) if !version.contains('/') => name,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_image_is_without_its_version() {
        for (text, name) in [
            ("golang:1.22", "golang"),
            ("docker.io/library/postgres:16@sha256:00", "postgres"),
            ("localhost:5000/a/b", "localhost:5000/a/b"),
            ("koalaman/shellcheck:stable", "koalaman/shellcheck"),
        ] {
            assert_eq!(image_of(text), name, "{text}");
        }
    }
}
