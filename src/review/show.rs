//! A plan for people.

use std::fmt::Write as _;

use crate::report::escape::{log_line, one_line};
use crate::report::summary::counted;

use super::plan::{LineComment, Plan, Step};

/// What a plan would do, one thing a line.
#[must_use]
pub fn human(plan: &Plan) -> String {
    let mut text = String::new();
    for step in &plan.steps {
        let _ = match step {
            Step::Review { event, comments, .. } => {
                let comments: String = comments.iter().map(comment).collect();
                write!(text, "review {event}\n{comments}")
            }
            Step::FileComment { path, rule, .. } => writeln!(text, "comment on {}: {}", one_line(path), one_line(rule)),
            Step::EditInline { id, body } => writeln!(text, "edit comment {id}: {}", first_words(body)),
            Step::Minimize { nodes } => writeln!(text, "fold away {}", counted(nodes.len(), "comment")),
            Step::Dismiss { review, .. } => writeln!(text, "dismiss review {review}"),
            Step::Summary { id: None, body } => writeln!(text, "summary comment: {}", first_words(body)),
            Step::Summary { id: Some(id), body } => writeln!(text, "edit summary comment {id}: {}", first_words(body)),
        };
    }
    if let Some(check) = &plan.check {
        let annotations = counted(check.annotations.len(), "annotation");
        let _ = writeln!(
            text,
            "check run {:?}: {:?}, {annotations}: {}",
            one_line(&check.name),
            check.conclusion,
            one_line(&check.title)
        );
    }
    if text.is_empty() {
        text.push_str("nothing: all of it is posted already\n");
    }
    text
}

fn comment(comment: &LineComment) -> String {
    let LineComment { path, side, line, start_line, body, .. } = comment;
    let from = start_line.map_or(String::new(), |start| format!("{start}-"));
    let side = if *side == "LEFT" { " (base)" } else { "" };
    let text = format!("  {}:{from}{line}{side}: {}", one_line(path), first_words(body));
    log_line(&text).into_owned() + "\n"
}

/// The first line of a comment behind its marker.
fn first_words(body: &str) -> String {
    one_line(body.lines().nth(1).unwrap_or_default())
}
