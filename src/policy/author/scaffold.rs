//! A new policy: METADATA, a rule that works, a test of it, and an example of either kind.

/// Words that are no names in Rego.
const KEYWORDS: [&str; 15] = [
    "as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null", "package", "some",
    "true", "with",
];

/// The files of a policy: name and content.
pub type Files = [(&'static str, String); 4];

/// Write a policy named `NAME` or `PACK/NAME`.
///
/// # Errors
/// What is wrong with the name.
pub fn files(name: &str) -> Result<Files, String> {
    let is_word = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && !KEYWORDS.contains(&part)
    };
    if name.is_empty() || !name.split('/').all(is_word) {
        return Err(format!(
            "{name:?} is no name of a policy: small letters, digits and dashes, such as images/no-latest"
        ));
    }
    let package = name.replace('-', "_").replace('/', ".");
    let id = if name.contains('/') { name.to_owned() } else { format!("policy/{name}") };
    let fill = |text: &str| text.replace("{id}", &id).replace("{package}", &package);
    Ok([
        ("policy.rego", fill(POLICY)),
        ("policy_test.rego", fill(TEST)),
        ("good.yaml", GOOD.to_owned()),
        ("bad.yaml", BAD.to_owned()),
    ])
}

const POLICY: &str = r#"# METADATA
# scope: package
# title: A Deployment says no team
# description: |-
#   Why that is wrong, and what happens when it is merged all the same.
# related_resources:
# - https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
# custom:
#   id: {id}
#   severity: error
#   owner: platform
#   match:
#     kinds:
#     - apiGroups: [apps]
#       kinds: [Deployment]
#     operations: [CREATE, UPDATE]
#   help: Set the label team to the team that answers for it.
package policy.{package}

deny contains violation if {
	not input.review.object.metadata.labels.team
	violation := {"msg": "the label team is missing", "field": "/metadata/labels"}
}
"#;

const TEST: &str = r#"package policy.{package}_test

import data.policy.{package} as policy

deployment(labels) := {"review": {
	"operation": "CREATE",
	"object": {"kind": "Deployment", "metadata": {"name": "web", "labels": labels}},
}}

test_without_a_team if {
	count(policy.deny) == 1 with input as deployment({})
}

test_with_a_team if {
	count(policy.deny) == 0 with input as deployment({"team": "shop"})
}
"#;

const GOOD: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels:
    team: shop
";

const BAD: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
";

#[cfg(test)]
mod tests {
    use super::files;

    #[test]
    fn names_are_names_of_packages_and_ids() {
        let [(_, policy), ..] = files("images/no-latest").expect("a name");
        assert!(policy.contains("\npackage policy.images.no_latest\n") && policy.contains("id: images/no-latest\n"));
        assert!(files("x").is_ok_and(|[(_, policy), ..]| policy.contains("id: policy/x\n")));
        for wrong in ["", "/", "a//b", "A", "../a", "a b", "default", "a/in", "1a", "a_b"] {
            assert!(files(wrong).is_err(), "{wrong:?}");
        }
    }
}
