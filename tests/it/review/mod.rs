//! Stage 9: plans from reports, and the program posting to a GitHub of the tests' own.

mod access;
mod action;
mod fake;
mod inert;
mod links;
mod moods;
mod openapi;
mod plans;
mod policies;
mod posting;
mod retold;
mod rights;

use std::fs;

use serde_json::json;

use crate::support::{Repo, Run, Tree};
use fake::Fake;

/// A repository with a pull request, and the GitHub that has it.
struct Setting {
    repo: Repo,
    fake: Fake,
    event: serde_json::Value,
    event_name: &'static str,
    environment: Vec<(&'static str, String)>,
}

impl Setting {
    /// The change from `base` to `head`, checked out.
    fn new(base: &Tree, head: &Tree) -> Self {
        let repo = Repo::new(base, head, None);
        let (from, to) = (repo.git(&["rev-parse", "main"]), repo.git(&["rev-parse", "pr"]));
        let (from, to) = (from.trim().to_owned(), to.trim().to_owned());
        let event = json!({
            "action": "synchronize", "number": 7,
            "pull_request": { "number": 7, "base": { "sha": from }, "head": { "sha": to } },
        });
        let setting = Self { repo, fake: Fake::new(), event, event_name: "pull_request", environment: Vec::new() };
        setting.show();
        setting
    }

    /// The fake shows what git does.
    fn show(&self) {
        let repo = &self.repo;
        let head = repo.git(&["rev-parse", "pr"]).trim().to_owned();
        let names = repo.git(&["diff", "-z", "--no-renames", "--name-only", "main", "pr"]);
        let files = names.split_terminator('\0').map(|path| {
            let whole = repo.git(&["--literal-pathspecs", "diff", "--no-renames", "main", "pr", "--", path]);
            let patch = whole.find("@@ ").map(|at| whole[at..].trim_end().to_owned());
            let side =
                if repo.git(&["--literal-pathspecs", "ls-tree", "pr", "--", path]).is_empty() { "main" } else { "pr" };
            let blob = repo.git(&["rev-parse", &format!("{side}:{path}")]).trim().to_owned();
            (path.to_owned(), blob, patch)
        });
        let files = files.collect();
        self.fake.with(|state| (state.head, state.files) = (head, files));
    }

    /// Another push of the same branch.
    fn push(&mut self, head: &Tree) {
        let parent = self.repo.git(&["rev-parse", "pr"]);
        let mut stream = crate::support::commit("pr", 9, None, head);
        let from = format!("from {}\ndeleteall\n", parent.trim());
        let text = String::from_utf8(std::mem::take(&mut stream)).unwrap().replacen("deleteall\n", &from, 1);
        self.repo.import(text.as_bytes());
        let head = self.repo.git(&["rev-parse", "pr"]).trim().to_owned();
        self.event["pull_request"]["head"]["sha"] = head.into();
        self.show();
    }

    /// `portcullis check --post` as a job runs it.
    fn post(&self, more: &[&str]) -> Run {
        let event = self.repo.root.path().join("event.json");
        fs::write(&event, self.event.to_string()).unwrap();
        let summary = self.repo.root.path().join("summary.md");
        let args = [&["check", "--post", "--no-cache", "--now", crate::support::NOW][..], more].concat();
        let mut command = self.repo.command(env!("CARGO_BIN_EXE_portcullis"), &args);
        command
            .env("GITHUB_EVENT_NAME", self.event_name)
            .env("GITHUB_EVENT_PATH", event)
            .env("GITHUB_REPOSITORY", "acme/shop")
            .env("GITHUB_API_URL", &self.fake.address)
            .env("GITHUB_TOKEN", "ghs_TokenOfTheTest")
            .env("GITHUB_STEP_SUMMARY", summary)
            .envs(self.environment.iter().map(|(key, value)| (*key, value)));
        let started = std::time::Instant::now();
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let run = Run {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            elapsed: started.elapsed(),
            cpu: std::time::Duration::ZERO,
            peak_mib: 0,
        };
        assert!(!run.text().contains("TokenOfTheTest"), "the token is in the log");
        assert!(!run.text().contains("panicked"), "{}", run.text());
        run
    }

    /// The job's summary; empty when none was written.
    fn job_summary(&self) -> String {
        fs::read_to_string(self.repo.root.path().join("summary.md")).unwrap_or_default()
    }
}
