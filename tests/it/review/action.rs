//! action.yml, its scripts and the documented workflows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use regex::Regex;
use serde_json::{Value, json};

use super::Setting;
use crate::support::{Tree, tree};

const TOP: &str = env!("CARGO_MANIFEST_DIR");

fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(Path::new(TOP).join(path)).unwrap();
    yaml_serde::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_input_is_used_and_none_is_pasted_into_a_script() {
    let action = yaml("action.yml");
    let text = fs::read_to_string(Path::new(TOP).join("action.yml")).unwrap();
    let named = Regex::new(r"\binputs\.([a-z0-9-]+)").unwrap();
    let used: BTreeSet<String> = named.captures_iter(&text).map(|found| found[1].to_owned()).collect();
    assert_eq!(used, keys(&action["inputs"]));
    for step in action["runs"]["steps"].as_array().unwrap() {
        // What an expression puts into a script is code; into the environment it is text.
        assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{step}");
        let scripts = ["install.sh", "check.sh"]
            .map(|name| fs::read_to_string(Path::new(TOP).join("action").join(name)).unwrap());
        for variable in step["env"].as_object().into_iter().flatten().map(|(name, _)| name) {
            let read = scripts.iter().any(|script| script.contains(variable.as_str()));
            assert!(read || variable == "GITHUB_TOKEN", "no script reads {variable}");
        }
    }
}

#[test]
fn the_documented_workflows_fit_the_action() {
    let action = yaml("action.yml");
    let page = fs::read_to_string(Path::new(TOP).join("docs/github.md")).unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(Path::new(TOP).join("docs/workflows")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let workflow = yaml(&format!("docs/workflows/{name}"));
        assert!(page.contains(&format!("(workflows/{name})")), "docs/github.md does not name {name}");
        let rights = workflow["permissions"].as_object().unwrap();
        assert_eq!(rights["contents"], "read");
        let events = keys(&workflow["on"]);
        for job in workflow["jobs"].as_object().unwrap().values() {
            assert!(job["timeout-minutes"].is_u64());
            for step in job["steps"].as_array().unwrap() {
                if step["uses"].as_str().is_some_and(|uses| uses.starts_with("OWNER/portcullis@")) {
                    let unknown =
                        step["with"].as_object().into_iter().flatten().find(|(key, _)| action["inputs"][key].is_null());
                    assert_eq!(unknown, None);
                    if step["with"]["install-only"] != true {
                        assert_eq!(rights["checks"], "write", "{name}");
                    }
                    seen += 1;
                }
                // A run with the base's rights checks nothing of the head out, and runs nothing.
                if events.contains("pull_request_target") {
                    assert!(step["run"].is_null() && step["with"]["ref"].is_null(), "{name}: {step}");
                }
            }
        }
    }
    assert_eq!(seen, 4);
}

fn map(value: &str) -> Tree {
    tree(&[("a.yaml", &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: a, namespace: x }}\n{value}\n"))])
}

/// A clone as actions/checkout makes it, of one commit of the setting's repository.
fn clone(setting: &Setting, commit: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).current_dir(dir.path()).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "-q"]);
    git(&["remote", "add", "origin", &format!("file://{}", setting.repo.path().display())]);
    git(&["fetch", "-q", "--depth=1", "origin", commit]);
    git(&["checkout", "-q", "--detach", commit]);
    dir
}

fn run(setting: &Setting, folder: &Path, script: &str, environment: &[(&str, &str)]) -> (Output, String) {
    let temp = setting.repo.root.path();
    fs::write(temp.join("event.json"), setting.event.to_string()).unwrap();
    let outputs = temp.join("outputs");
    let _ = fs::remove_file(&outputs);
    let mut command = Command::new("bash");
    command.arg(Path::new(TOP).join("action").join(script)).current_dir(folder).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", temp.join("home"));
    command
        .env("GITHUB_EVENT_NAME", setting.event_name)
        .env("GITHUB_EVENT_PATH", temp.join("event.json"))
        .env("GITHUB_REPOSITORY", "acme/shop")
        .env("GITHUB_API_URL", &setting.fake.address)
        .env("GITHUB_TOKEN", "ghs_x")
        .env("GITHUB_OUTPUT", &outputs)
        .env("GITHUB_PATH", temp.join("path"))
        .env("RUNNER_TEMP", temp)
        .env("PORTCULLIS", env!("CARGO_BIN_EXE_portcullis"))
        .envs(environment.iter().copied());
    let output = command.output().unwrap();
    (output, fs::read_to_string(outputs).unwrap_or_default())
}

/// The merge of the pull request, as GitHub makes it: a ref that only GitHub writes.
fn merge(setting: &Setting) -> String {
    let tree = setting.repo.git(&["rev-parse", "pr^{tree}"]);
    let args = [
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@x",
        "commit-tree",
        tree.trim(),
        "-p",
        "main",
        "-p",
        "pr",
        "-m",
        "merge",
    ];
    let merge = setting.repo.git(&args).trim().to_owned();
    setting.repo.git(&["update-ref", "refs/pull/7/merge", &merge]);
    setting.repo.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    merge
}

#[test]
fn the_action_fetches_judges_and_tells() {
    let mut setting = Setting::new(&map("data: {}"), &map("datas: {}"));
    let merge = merge(&setting);
    let (base, head) = (setting.repo.git(&["rev-parse", "main"]), setting.repo.git(&["rev-parse", "pr"]));
    for (event, checked_out, more) in [
        ("pull_request", merge.as_str(), ("GITHUB_SHA", merge.as_str())),
        ("pull_request_target", base.trim(), ("EVENT_HEAD", head.trim())),
    ] {
        setting.event_name = event;
        setting.fake.with(|state| {
            state.comments.clear();
            state.checks.clear();
            state.issue_comments.clear();
        });
        let folder = clone(&setting, checked_out);
        let (output, told) = run(&setting, folder.path(), "check.sh", &[more, ("EVENT_PULL_REQUEST", "7")]);
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{event}: {text}");
        setting.fake.with(|state| {
            assert_eq!((state.comments.len(), state.checks.len()), (1, 1), "{event}: {text}");
            // What is told to repeat it names no merge of GitHub's, which no clone has.
            let summary = state.issue_comments[0]["body"].as_str().unwrap();
            let command = format!("portcullis check {}..{}`", base.trim(), head.trim());
            assert!(summary.contains(&command) && !summary.contains(&merge), "{summary}");
        });
        for line in [
            "verdict=fail",
            "decision=block",
            r#"counts={"objects":1,"errors":1,"warnings":0,"infos":0,"unchecked":0}"#,
        ] {
            assert!(told.lines().any(|told| told == line), "{told}");
        }
        let report = told.lines().find_map(|line| line.strip_prefix("report=")).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&fs::read(report).unwrap()).unwrap()["verdict"], "fail");
        // The head was never checked out by a run with the base's rights.
        let shown = fs::read_to_string(folder.path().join("a.yaml")).unwrap();
        assert_eq!(shown.contains("datas"), event == "pull_request");
    }
    // A push that came between: GitHub's merge is of another head.
    setting.event["pull_request"]["head"]["sha"] = json!("7".repeat(40));
    let folder = clone(&setting, base.trim());
    let other = ["7".repeat(40)];
    let (output, _) =
        run(&setting, folder.path(), "check.sh", &[("EVENT_PULL_REQUEST", "7"), ("EVENT_HEAD", &other[0])]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn an_installation_needs_a_checksum_it_knows() {
    let setting = Setting::new(&map("data: {}"), &map("datas: {}"));
    let folder = setting.repo.root.path();
    let binary = ("INPUT_BINARY", env!("CARGO_BIN_EXE_portcullis"));
    let (output, told) = run(&setting, folder, "install.sh", &[binary]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(told, format!("binary={}\nversion={}\n", binary.1, env!("CARGO_PKG_VERSION")));
    let path = fs::read_to_string(folder.join("path")).unwrap();
    assert!(Path::new(path.trim_end()).join("portcullis").exists(), "{path}");

    // The action's own folder tells where its documentation is; one that stands elsewhere tells nothing.
    let actions = folder.join("_actions/acme/portcullis");
    fs::create_dir_all(&actions).unwrap();
    std::os::unix::fs::symlink(TOP, actions.join("v1")).unwrap();
    let variables = folder.join("variables");
    let place = [("ACTION_REPOSITORY", "acme/portcullis"), ("GITHUB_ENV", variables.to_str().unwrap()), binary];
    let server = ("GITHUB_SERVER_URL", "https://github.example");
    let docs = "PORTCULLIS_DOCS=https://github.example/acme/portcullis/blob/v1/docs\n";
    for (more, told) in [
        ([("ACTION_REF", "v1"), server], docs),
        ([("ACTION_REF", "v2"), server], ""),
        ([("ACTION_REF", "v1"), ("PORTCULLIS_DOCS", "")], ""),
    ] {
        let _ = fs::remove_file(&variables);
        let script = actions.join("v1/action/install.sh");
        let (output, _) = run(&setting, folder, script.to_str().unwrap(), &[&place[..], &more].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(fs::read_to_string(&variables).unwrap(), told, "{more:?}");
    }

    let (output, _) = run(&setting, folder, "install.sh", &[]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("no checksum of portcullis-"), "{output:?}");
    assert_eq!(output.status.code(), Some(2));

    // A mirror: the archive must be the one that is known.
    let mirror = folder.join("mirror/v9.9.9");
    fs::create_dir_all(&mirror).unwrap();
    fs::create_dir(folder.join("bin")).unwrap();
    fs::write(folder.join("bin/portcullis"), "#!/bin/sh\necho portcullis 9.9.9\n").unwrap();
    let shell = |script: &str| {
        let output = Command::new("bash").args(["-c", script]).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        eprintln!("skipped: the archive of this platform has another name");
        return;
    }
    let archive = "mirror/v9.9.9/portcullis-9.9.9-x86_64-unknown-linux-musl.tar.gz";
    shell(&format!("chmod +x bin/portcullis && tar -czf {archive} -C bin portcullis"));
    let sum = shell(&format!("sha256sum {archive} | cut -c1-64"));
    let from = format!("file://{}", folder.join("mirror").display());
    let inputs = |sum| [("INPUT_MIRROR", from.as_str()), ("INPUT_VERSION", "v9.9.9"), ("INPUT_SHA256", sum)];
    let (output, told) = run(&setting, folder, "install.sh", &inputs(sum.trim()));
    assert!(told.ends_with("version=9.9.9\n"), "{told} {output:?}");
    let (output, told) = run(&setting, folder, "install.sh", &inputs(&"0".repeat(64)));
    assert_eq!((output.status.code(), told.as_str()), (Some(2), ""));
    let (output, _) = run(&setting, folder, "install.sh", &[("INPUT_VERSION", "1; echo owned")]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("is no version"), "{output:?}");
}

/// Every example that GitHub gives of an event is read, or refused with a reason. The package is fetched by .ci/run.
#[test]
fn githubs_own_examples_of_events_are_read() {
    let Some(path) = std::env::var_os("PORTCULLIS_WEBHOOKS") else {
        eprintln!("skipped: PORTCULLIS_WEBHOOKS does not name @octokit/webhooks-examples' api.github.com/index.json");
        return;
    };
    let all: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut read = 0;
    for event in all.as_array().unwrap() {
        let name = event["name"].as_str().unwrap();
        if !["pull_request", "merge_group", "push", "pull_request_review", "workflow_dispatch"].contains(&name) {
            continue;
        }
        for example in event["examples"].as_array().unwrap() {
            let file = dir.path().join("event.json");
            fs::write(&file, example.to_string()).unwrap();
            portcullis::git::Event::read(&file, Some(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            read += 1;
        }
    }
    assert!(read > 35, "{read}");
}
