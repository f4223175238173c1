//! The ordinary day of an agent in a sandbox: it is given a project whose test is red, puts it right, builds, tests and commits; the same
//! test is the task's check. With the real tools of four languages, as this machine's owner has them. Escapes are tried elsewhere.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail loudly, and says what it could not see")]

use office_tests::Bench;

/// A project with a mistake in it, in one language.
struct Sample {
    name: &'static str,
    /// What it needs on the path.
    tool: &'static str,
    files: &'static [(&'static str, &'static str)],
    /// Where `+` stands for `-`.
    wrong: &'static str,
    build: &'static str,
    test: &'static str,
    /// What the test must have printed.
    sign: &'static str,
}

const SAMPLES: [Sample; 4] = [
    Sample {
        name: "Rust",
        tool: "cargo",
        files: &[
            ("rust/Cargo.toml", "[package]\nname = \"sum\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n"),
            (
                "rust/src/lib.rs",
                "//! Adds.\npub fn sum(a: i32, b: i32) -> i32 { a - b }\n#[test]\nfn adds() { assert_eq!(sum(2, 3), 5); }\n",
            ),
            ("rust/src/main.rs", "fn main() { println!(\"sum {}\", sum::sum(2, 3)); }\n"),
        ],
        wrong: "rust/src/lib.rs",
        build: "cd rust && cargo build --quiet && ./target/debug/sum",
        test: "cd rust && cargo test --offline",
        sign: "test adds",
    },
    Sample {
        name: "Node",
        tool: "npm",
        files: &[
            (
                "node/package.json",
                "{\"name\": \"sum\", \"version\": \"1.0.0\", \"scripts\": {\"build\": \"node build.js\", \"test\": \"node --test\"}}\n",
            ),
            ("node/build.js", "require('fs').writeFileSync('sum.min.js', require('fs').readFileSync('sum.js'));\n"),
            ("node/sum.js", "exports.sum = (a, b) => a - b;\n"),
            (
                "node/sum.test.js",
                "require('node:test')('adds', () => require('node:assert').strictEqual(require('./sum.js').sum(2, 3), 5));\n",
            ),
        ],
        wrong: "node/sum.js",
        build: "cd node && npm run build && test -s sum.min.js",
        test: "cd node && npm test",
        sign: "pass 1",
    },
    Sample {
        name: "Python",
        tool: "python3",
        files: &[
            ("python/sum.py", "def add(a, b):\n    return a - b\n"),
            (
                "python/test_sum.py",
                "import unittest\nimport sum\n\n\nclass Sums(unittest.TestCase):\n    def test_adds(self):\n        self.assertEqual(sum.add(2, 3), 5)\n",
            ),
        ],
        wrong: "python/sum.py",
        build: "cd python && python3 -m venv --without-pip .venv && .venv/bin/python -m compileall -q sum.py",
        test: "cd python && python3 -m unittest -v",
        sign: "Ran 1 test",
    },
    Sample {
        name: "Go",
        tool: "go",
        files: &[
            ("go/go.mod", "module example.org/sum\n\ngo 1.18\n"),
            ("go/sum.go", "package sum\n\nfunc Sum(a, b int) int { return a - b }\n"),
            (
                "go/sum_test.go",
                "package sum\n\nimport \"testing\"\n\nfunc TestAdds(t *testing.T) {\n\tif Sum(2, 3) != 5 {\n\t\tt.Fatal(Sum(2, 3))\n\t}\n}\n",
            ),
        ],
        wrong: "go/sum.go",
        build: "cd go && go vet ./... && go build ./...",
        test: "cd go && go test -v ./...",
        sign: "--- PASS: TestAdds",
    },
];

fn is_here(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
}

#[test]
fn the_ordinary_build_test_and_commit_works_in_rust_node_python_and_go() {
    let mut bench = Bench::made();
    bench.set("OFFICE_SANDBOX", "required");
    // Toolchains are where their owner has them, and that is what desks are shown.
    if let Some(home) = std::env::var_os("HOME") {
        bench.set("HOME", home.to_str().unwrap());
    }
    bench.run();
    let health: serde_json::Value = serde_json::from_str(&bench.office(&["--json", "doctor"]).out).unwrap();
    if health.as_array().unwrap().iter().any(|line| line["name"] == "sandbox" && line["ok"] != true) {
        eprintln!("skipped: there is no sandbox on this machine to work in (`office doctor` says why)");
        return;
    }
    let (here, lacking): (Vec<&Sample>, Vec<&Sample>) = SAMPLES.iter().partition(|sample| is_here(sample.tool));
    for sample in lacking {
        eprintln!("skipped: {} is not tried, since `{}` is not on the path", sample.name, sample.tool);
    }
    let mut files: Vec<(&str, &str)> = here.iter().flat_map(|sample| sample.files.iter().copied()).collect();
    files.push((".gitignore", "target\n.venv\n__pycache__\nsum.min.js\n"));
    let repo = bench.repo("demo", &files);
    bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
    let tasks: Vec<u64> = here
        .iter()
        .map(|sample| {
            let Sample { name, wrong, build, test, .. } = sample;
            // Red before, as it should be; then put right, built, tested and committed.
            let body = format!(
                "```sh\nset -e\n! ({test})\nsed -i 's/a - b/b + a + 0/' {wrong}\n({build})\n({test})\n\
                 git add -A; git commit -qm 'Add in {name}'\ngit status --short | tee /dev/stderr | wc -l | grep -qx 0\n\
                 office task done --summary 'it adds'\n```"
            );
            bench.task(&format!("Put {name} right"), &body, &["--check", test, "--attempts", "1"])
        })
        .collect();
    for name in ["sam", "kim"] {
        bench.json(&["desk", "add", "--name", name, "--role", "engineer", "--engine", "shell"]);
    }
    for (task, sample) in tasks.iter().zip(&here) {
        let it = bench.until(*task, &["in review", "failed"]);
        let log = bench.office(&["task", "log", &task.to_string()]).out;
        assert_eq!(it["state"], "in review", "{}: {it}\n{log}", sample.name);
        let check = it["results"][0]["tail"].as_str().unwrap();
        assert!(
            log.contains(sample.sign) && check.contains(sample.sign),
            "{}: {log}\nand as a check: {check}",
            sample.name
        );
        bench.json(&["task", "accept", &task.to_string()]);
        bench.until(*task, &["done"]);
        assert!(repo.on_main(sample.wrong).unwrap().contains("b + a"), "{}", sample.name);
        assert!(repo.subjects().contains(&format!("Add in {}", sample.name)), "{:?}", repo.subjects());
    }
    assert_eq!(bench.json(&["desk", "show", "sam"])["enforcement"]["hard"], true);
    bench.until_quiet();
}
