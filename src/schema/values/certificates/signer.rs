//! Names of signers: `example.com/signer-name`.

use super::super::Cx;
use crate::schema::stored::At;
use crate::schema::text::name;

/// `ValidateSignerName`
pub(in crate::schema) fn signer_name(cx: &mut Cx<'_>, at: At<'_>, text: &str) {
    if text.is_empty() {
        return cx.required(at, "");
    }
    let Some((domain, path)) = text.split_once('/').filter(|(_, path)| !path.contains('/')) else {
        let why = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
        return cx.invalid(at, why);
    };
    if domain.len() > 253 {
        cx.too_long(at, 253);
    }
    labels(cx, at, domain, name::dns_label);
    if !domain.contains('.') {
        let why = "should be a domain with at least two segments separated by dots";
        cx.invalid_shown(at, format_args!("{domain:?}"), why);
    }
    labels(cx, at, path, name::dns_subdomain);
    if text.len() > 571 {
        cx.too_long(at, 571);
    }
}

/// The first label with something wrong is told.
fn labels(cx: &mut Cx<'_>, at: At<'_>, segment: &str, check: fn(&str) -> Vec<String>) {
    let wrong = segment.split('.').map(|label| (label, check(label))).find(|(_, whys)| !whys.is_empty());
    if let Some((label, whys)) = wrong {
        for why in whys {
            cx.invalid_shown(at, format_args!("{segment:?}"), format_args!("validating label {label:?}: {why}"));
        }
    }
}
