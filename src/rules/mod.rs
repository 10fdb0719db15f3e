//! The rules: one table feeds `explain`, SARIF, the docs and the README; one list of checks feeds the pipeline.

use std::borrow::Cow;
use std::fmt;

use crate::check::Check;
use crate::finding::{Authority, Severity};

pub mod gate;
pub mod kustomization;
pub mod object;
pub mod schema;
pub mod yaml;

/// Who says what a rule says, without the names that only a finding knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The API server refuses it.
    Server,
    /// A client refuses or changes it: which.
    Client(&'static str),
    /// portcullis' own advice.
    Advice,
    /// The rules of the gate itself.
    Gate,
}

/// What is known of a rule without running it.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Stable id: group, slash, the bad pattern.
    pub id: &'static str,
    /// Former ids that still mean it.
    pub aliases: &'static [&'static str],
    /// Severity unless the config or the finding says otherwise.
    pub severity: Severity,
    /// Who says so.
    pub by: By,
    /// What that rests on, for people.
    pub basis: &'static str,
    /// One line: what is wrong.
    pub summary: &'static str,
    /// Markdown: why it is wrong, and how to mend it.
    pub explanation: &'static str,
}

impl By {
    /// The same as a finding has it.
    #[must_use]
    pub fn authority(self) -> Authority {
        match self {
            Self::Server => Authority::Server,
            Self::Client(program) => Authority::Client { program: Cow::Borrowed(program) },
            Self::Advice => Authority::Advice,
            Self::Gate => Authority::Gate,
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Client(program) => program,
            Self::Advice => "advice",
            Self::Gate => "gate",
        })
    }
}

/// Every rule, sorted by id.
pub const RULES: &[&Rule] = &[
    &gate::CONFIG_INVALID,
    &gate::CONFIG_WEAKENED,
    &gate::CRD_SHADOWS_SCHEMA,
    &gate::NAMESPACE_LABEL_WEAKENED,
    &gate::POLICY_INVALID,
    &gate::POLICY_WEAKENED,
    &gate::SUPPRESSION_ADDED,
    &gate::SUPPRESSION_INVALID,
    &gate::SUPPRESSION_REFUSED,
    &gate::WORKFLOW_WEAKENED,
    &kustomization::INVALID,
    &kustomization::MISSING_FILE,
    &object::defined_twice::RULE,
    &object::duplicate_in_file::RULE,
    &object::generate_name::RULE,
    &schema::IMMUTABLE_FIELD_CHANGED,
    &object::identity::MISSING_API_VERSION,
    &object::identity::MISSING_KIND,
    &object::identity::MISSING_NAME,
    &object::identity::NON_STRING_IDENTITY,
    &object::identity::NOT_AN_OBJECT,
    &object::plain_secret::RULE,
    &object::server_owned_field::RULE,
    &object::unencrypted_secret::RULE,
    &schema::CRD_DEFINED_TWICE,
    &schema::DEPRECATED_API,
    &schema::DUPLICATE_ITEM,
    &schema::DUPLICATE_LIST_KEY,
    &schema::FORBIDDEN_FIELD,
    &schema::INVALID_VALUE,
    &schema::MISSING_FIELD,
    &schema::REMOVED_API,
    &schema::SERVER_WARNING,
    &schema::TOO_LONG,
    &schema::UNKNOWN_FIELD,
    &schema::UNKNOWN_KIND,
    &schema::UNSUPPORTED_VALUE,
    &schema::WRONG_TYPE,
    &yaml::reading::BAD_SEPARATOR,
    &yaml::reading::CONTENT_AFTER_END,
    &yaml::dialect_difference::RULE,
    &yaml::duplicate_key::RULE,
    &yaml::reading::INVALID_UTF8,
    &yaml::duplicate_key::KEY_COLLISION,
    &yaml::reading::SYNTAX,
];

/// Every native check.
pub const CHECKS: &[&dyn Check] = &[
    &yaml::reading::Reading,
    &yaml::duplicate_key::DuplicateKey,
    &yaml::dialect_difference::DialectDifference,
    &kustomization::Kustomizations,
    &object::identity::Identity,
    &object::duplicate_in_file::DuplicateInFile,
    &object::generate_name::GenerateName,
    &object::plain_secret::PlainSecret,
    &object::server_owned_field::ServerOwnedField,
    &object::unencrypted_secret::UnencryptedSecret,
    &schema::Schema,
    &schema::DefinedTwice,
    &gate::NamespaceLabels,
    &gate::GatekeeperObjects,
    &crate::policy::check::PolicyCheck,
    &crate::policy::gatekeeper::check::Gatekeeper,
    &crate::policy::pod_security::PodSecurity,
];

/// The rule of an id or of one of its aliases.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id || rule.aliases.contains(&id))
}
