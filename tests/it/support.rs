//! Temporary repositories, and runs of the binary with a clean environment, a deadline and a measured peak of memory.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The formats of `-o`.
pub(crate) const FORMATS: [&str; 7] = ["human", "json", "sarif", "junit", "github", "gitlab", "markdown"];

/// The day that every test calls today.
pub(crate) const NOW: &str = "2027-01-15";

/// What a tree holds at one path.
#[derive(Clone)]
pub(crate) enum Entry {
    File(Vec<u8>),
    Symlink(Vec<u8>),
    Submodule,
}

impl From<&str> for Entry {
    fn from(text: &str) -> Self {
        Self::File(text.into())
    }
}

/// A tree: git's path bytes and what is there.
pub(crate) type Tree = BTreeMap<Vec<u8>, Entry>;

/// A tree of text files.
pub(crate) fn tree(files: &[(&str, &str)]) -> Tree {
    files.iter().map(|(path, text)| (path.as_bytes().to_vec(), Entry::from(*text))).collect()
}

/// The files below a folder of the checkout; empty when there is no such folder.
pub(crate) fn tree_of(folder: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop().filter(|next| next.is_dir()) {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().as_bytes().to_vec();
                tree.insert(name, Entry::File(fs::read(path).unwrap()));
            }
        }
    }
    tree
}

/// A repository in a temporary folder, deleted with it. HEAD is the branch `pr`; nothing is checked out.
pub(crate) struct Repo {
    pub(crate) root: tempfile::TempDir,
}

impl Repo {
    /// An empty repository on the unborn branch `main`.
    pub(crate) fn empty() -> Self {
        let repo = Self { root: tempfile::tempdir().unwrap() };
        fs::create_dir(repo.root.path().join("home")).unwrap();
        fs::create_dir(repo.path()).unwrap();
        repo.git(&["init", "-q", "-b", "main"]);
        repo
    }

    /// Branch `pr` (head) on `main` (base). With a trust tree, `main` has gone on to it since.
    pub(crate) fn new(base: &Tree, head: &Tree, trust: Option<&Tree>) -> Self {
        let mut stream = commit("main", 1, None, base);
        stream.extend(commit("pr", 2, Some(1), head));
        if let Some(trust) = trust {
            stream.extend(commit("main", 3, Some(1), trust));
        }
        let repo = Self::empty();
        repo.import(&stream);
        repo.git(&["symbolic-ref", "HEAD", "refs/heads/pr"]);
        repo
    }

    /// Feed a stream to `git fast-import`: trees with any path bytes and modes, untouched by filters.
    pub(crate) fn import(&self, stream: &[u8]) {
        let mut child = self
            .command("git", &["fast-import", "--quiet", "--force"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("git is installed");
        child.stdin.take().unwrap().write_all(stream).unwrap();
        assert!(child.wait().unwrap().success(), "git fast-import failed");
    }

    /// The work tree.
    pub(crate) fn path(&self) -> PathBuf {
        self.root.path().join("repo")
    }

    /// Run git; it must succeed. Gives its output.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let output = self.command("git", args).output().expect("git is installed");
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A program in the work tree, with a clean environment.
    pub(crate) fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args);
        clean(&mut command, &self.path(), &self.root.path().join("home"));
        command
    }

    /// Write a file of the work tree.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Run `portcullis check main..pr` with more arguments.
    pub(crate) fn check<S: AsRef<OsStr>>(&self, args: &[S]) -> Run {
        let fixed = ["check", "main..pr", "--now", NOW, "--no-cache"];
        let all = fixed.iter().map(OsStr::new).chain(args.iter().map(AsRef::as_ref));
        self.portcullis(&all.collect::<Vec<_>>())
    }

    /// Run portcullis in the work tree.
    pub(crate) fn portcullis<S: AsRef<OsStr>>(&self, args: &[S]) -> Run {
        portcullis(&self.path(), self.root.path(), args)
    }
}

/// One commit of a fast-import stream, by a fixed author at a fixed time, so that its id is always the same.
pub(crate) fn commit(branch: &str, mark: u32, parent: Option<u32>, tree: &Tree) -> Vec<u8> {
    let time = 1_799_000_000 + mark;
    let mut out = format!("commit refs/heads/{branch}\nmark :{mark}\n");
    write!(out, "committer Test <test@example.invalid> {time} +0000\ndata <<END\n{branch}\nEND\n").unwrap();
    if let Some(parent) = parent {
        writeln!(out, "from :{parent}").unwrap();
    }
    out.push_str("deleteall\n");
    let mut out = out.into_bytes();
    for (path, entry) in tree {
        let (mode, bytes) = match entry {
            Entry::File(bytes) => ("100644 inline", bytes.as_slice()),
            Entry::Symlink(target) => ("120000 inline", target.as_slice()),
            Entry::Submodule => ("160000 0123456789012345678901234567890123456789", &[][..]),
        };
        let quoted = path.iter().fold(String::new(), |mut text, byte| {
            write!(text, "\\{byte:03o}").unwrap();
            text
        });
        writeln!(out, "M {mode} \"{quoted}\"").unwrap();
        if !matches!(entry, Entry::Submodule) {
            writeln!(out, "data {}", bytes.len()).unwrap();
            out.extend_from_slice(bytes);
            out.push(b'\n');
        }
    }
    out
}

/// What a run of the binary did.
pub(crate) struct Run {
    /// Exit code; none when a signal or the deadline ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Wall time.
    pub(crate) elapsed: Duration,
    /// Processor time, as last seen while it ran; zero where /proc is missing. Wall time would speak of the machine's
    /// other work.
    pub(crate) cpu: Duration,
    /// Peak of resident memory in MiB, as last seen while it ran; 0 where /proc is missing.
    pub(crate) peak_mib: u64,
}

impl Run {
    /// Both streams, for messages and searches.
    pub(crate) fn text(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// Why the run is none that a user should ever see: a signal, the deadline, a panic, an unknown exit code.
    pub(crate) fn defect(&self) -> Option<String> {
        let text = self.text();
        let panicked = ["panicked at", "RUST_BACKTRACE", "stack overflow"].iter().any(|word| text.contains(word));
        match self.code {
            None => Some(format!("killed (signal, or over time), {:?} of processor time\n{text}", self.cpu)),
            Some(_) if panicked => Some(format!("panicked\n{text}")),
            Some(0..=2) => None,
            Some(code) => Some(format!("exit code {code}\n{text}")),
        }
    }
}

/// Processor time that one run may take: 2 s of a release build; a debug build is about ten times slower.
pub(crate) const DEADLINE: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });

/// Run the binary in `cwd`; `root` takes its output and its empty home.
pub(crate) fn portcullis<S: AsRef<OsStr>>(cwd: &Path, root: &Path, args: &[S]) -> Run {
    // Files instead of pipes: nothing to drain while the peak of memory is watched.
    let (stdout, stderr) = (root.join("stdout"), root.join("stderr"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    clean(&mut command, cwd, &root.join("home"));
    command.args(args).stdin(Stdio::null());
    command.stdout(File::create(&stdout).unwrap()).stderr(File::create(&stderr).unwrap());
    let started = Instant::now();
    let mut child = command.spawn().unwrap();
    let (mut peak_mib, mut cpu) = (0, Duration::ZERO);
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        peak_mib = peak_mib.max(resident_peak(child.id()).unwrap_or(0));
        cpu = cpu.max(processor_time(child.id()).unwrap_or_default());
        // Well past the deadline, so that a slow run still tells what it would have said; one that only waits ends too.
        if cpu > 3 * DEADLINE || started.elapsed() > 12 * DEADLINE {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let read = |path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    Run { code, stdout: read(stdout), stderr: read(stderr), elapsed: started.elapsed(), cpu, peak_mib }
}

/// No variable of the caller's reaches the program: no CI, no git settings, no colours.
fn clean(command: &mut Command, cwd: &Path, home: &Path) {
    command.current_dir(cwd).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", home).env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
    // A temporary folder inside somebody's checkout must not be taken for a part of it.
    command.env("GIT_CEILING_DIRECTORIES", home.parent().unwrap());
}

/// From /proc/PID/stat (proc(5)): user and system time of all threads, in hundredths of a second.
fn processor_time(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may hold spaces.
    let fields = stat.rsplit_once(") ")?.1.split(' ').skip(11).take(2);
    let ticks = fields.map(|field| field.parse::<u64>().ok()).sum::<Option<u64>>()?;
    Some(Duration::from_millis(10 * ticks))
}

fn resident_peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib / 1024)
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Standard base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0, |word, byte| word << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            out.push(if at > chunk.len() { '=' } else { char::from(BASE64[word >> (18 - 6 * at) & 63]) });
        }
    }
    out
}

/// Standard base64; line ends and padding are skipped.
pub(crate) fn from_base64(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut word, mut bits) = (0_usize, 0);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        word = word << 6 | BASE64.iter().position(|c| *c == byte).expect("base64");
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(word >> bits & 255).unwrap());
        }
    }
    out
}

#[test]
fn base64_agrees_with_its_specification() {
    for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
        assert_eq!(base64(plain.as_bytes()), coded);
        assert_eq!(from_base64(coded), plain.as_bytes());
    }
}

#[test]
fn a_repository_holds_exactly_what_it_was_given() {
    let mut head = tree(&[("a b/ü\n\".yaml", "x: \r\n")]);
    head.insert(b"z\xFC.yaml".to_vec(), Entry::Symlink(b"a b".to_vec()));
    head.insert(b"sub".to_vec(), Entry::Submodule);
    let repo = Repo::new(&tree(&[]), &head, None);
    let list = repo.command("git", &["ls-tree", "-r", "-z", "pr"]).output().unwrap().stdout;
    let records = list.split(|byte| *byte == 0).filter(|record| !record.is_empty());
    let found: Vec<String> = records
        .map(|record| format!("{} {}", record[..6].escape_ascii(), record[record.len() - 8..].escape_ascii()))
        .collect();
    assert_eq!(found, [r#"100644 \xbc\n\".yaml"#, r"160000 6789\tsub", r"120000 \tz\xfc.yaml"].map(str::to_owned));
    assert_eq!(repo.git(&["cat-file", "blob", "pr:a b/ü\n\".yaml"]), "x: \r\n");
}
