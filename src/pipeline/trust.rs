//! Whose config counts: the trust commit's, with two exceptions that the report names (first adoption, and the change
//! that mends a broken config).

use std::path::{Path, PathBuf};

use crate::config::{self, Config, ConfigErrors};
use crate::git::{Comparison, ComparisonKind, Content, GitError, Tree};
use crate::report::Notice;

use super::{Options, RunError};

/// The config of a run, and what is known of the head's.
#[derive(Default)]
pub(super) struct Rules {
    /// What counts.
    pub(super) config: Config,
    /// The head's, where it differs and can be read.
    pub(super) head: Option<Config>,
    /// Why the head's cannot be read.
    pub(super) head_errors: Option<ConfigErrors>,
    /// The head has none where the trust commit has one.
    pub(super) removed: bool,
    /// Git id of the file that counts.
    pub(super) blob: Option<String>,
    /// The config, or the schemas that it names, are the head's.
    pub(super) from_head: bool,
    /// Where it was read.
    pub(super) from: String,
    pub(super) notices: Vec<Notice>,
}

impl Rules {
    /// What a run without anything to judge goes by.
    pub(super) fn unneeded() -> Self {
        Self { from: "none was needed".to_owned(), ..Self::default() }
    }
}

struct File {
    text: String,
    id: Option<String>,
}

/// Load the config that counts, with what the caller asks for instead.
pub(super) fn load(comparison: &Comparison, options: &Options) -> Result<Rules, RunError> {
    let mut rules = read(comparison, options)?;
    if !options.minors.is_empty() {
        rules.config.judge_for(&options.minors);
    }
    if let Some(fail_on) = options.fail_on {
        rules.config.fail_on = fail_on;
    }
    Ok(rules)
}

fn read(comparison: &Comparison, options: &Options) -> Result<Rules, RunError> {
    let mut rules = Rules { from: "defaults; there is no portcullis.yaml".to_owned(), ..Rules::default() };
    if let Some((name, text)) = &options.config {
        rules.config = Config::parse(name, text).map_err(RunError::Config)?;
        rules.from = format!("--config {name}");
        return Ok(rules);
    }
    let head = file(&comparison.head)?;
    let trusted_tree = match comparison.kind {
        ComparisonKind::Folders => Some(&comparison.base),
        _ => comparison.trust.as_ref(),
    };
    let trusted = match trusted_tree {
        Some(tree) => file(tree)?,
        None => None,
    };
    let parse = |file: &File| Config::parse(config::FILE_NAME, &file.text);
    let Some(trusted) = trusted else {
        if let Some(head) = head {
            match parse(&head) {
                Ok(config) => rules.config = config,
                Err(errors) => rules.head_errors = Some(errors),
            }
            rules.blob = head.id;
            if comparison.kind == ComparisonKind::Paths {
                "the folder's own portcullis.yaml".clone_into(&mut rules.from);
                return match rules.head_errors {
                    Some(errors) => Err(RunError::Config(errors)),
                    None => Ok(rules),
                };
            }
            "head (first adoption)".clone_into(&mut rules.from);
            rules.from_head = true;
            rules.notices.push(notice(
                "first-adoption",
                "first adoption: the target branch has no portcullis.yaml, so the head's counts",
            ));
        } else if comparison.kind == ComparisonKind::Paths {
            let outer = trusted_tree.and_then(Tree::on_disk).and_then(outer_config);
            rules.notices.extend(outer.map(|outer| {
                let text = format!(
                    "{} is not used: files and folders are judged by the config of their own folder; name it with --config",
                    outer.display()
                );
                notice("config-not-used", &text)
            }));
        }
        return Ok(rules);
    };
    // Only what the change does to the file is the change's doing: the target branch may have gone on meanwhile.
    let before = file(&comparison.base)?;
    let text = |file: &Option<File>| file.as_ref().map(|file| file.text.clone());
    let changed = text(&before) != text(&head);
    let from_head = head.as_ref().filter(|head| changed && head.text != trusted.text).map(parse);
    rules.removed = changed && head.is_none();
    match (parse(&trusted), from_head) {
        (Ok(config), changed) => {
            rules.config = config;
            rules.blob = trusted.id;
            "trust commit".clone_into(&mut rules.from);
            match changed {
                Some(Ok(head)) => rules.head = Some(head),
                Some(Err(errors)) => rules.head_errors = Some(errors),
                None => {}
            }
        }
        (Err(_), Some(Ok(mended))) => {
            rules.config = mended;
            rules.blob = head.and_then(|head| head.id);
            "head (it mends the trust commit's)".clone_into(&mut rules.from);
            rules.notices.push(notice(
                "config-repaired",
                "the target branch's portcullis.yaml is broken; this change mends it and is judged by its own",
            ));
        }
        (Err(errors), _) if comparison.kind == ComparisonKind::Paths => return Err(RunError::Config(errors)),
        (Err(errors), _) => return Err(RunError::TrustConfig(errors)),
    }
    Ok(rules)
}

pub(super) fn notice(id: &str, text: &str) -> Notice {
    Notice { id: id.to_owned(), text: text.to_owned() }
}

/// The config of the nearest folder above that has one.
fn outer_config(folder: &Path) -> Option<PathBuf> {
    let folder = std::path::absolute(folder).ok()?;
    folder.ancestors().skip(1).map(|above| above.join(config::FILE_NAME)).find(|file| file.is_file())
}

fn file(tree: &Tree) -> Result<Option<File>, GitError> {
    let Some(entry) = tree.entry(config::FILE_NAME)? else { return Ok(None) };
    let text = match tree.read(&entry)? {
        Content::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        // A config that is a link or a binary is one that says nothing right: let the parser refuse it by name.
        Content::NotJudged(_, what) => format!("# not a text file: {what}\n"),
    };
    Ok(Some(File { text, id: entry.id.map(|id| id.to_string()) }))
}
