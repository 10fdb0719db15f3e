//! A GitHub App: its key signs a short-lived token of its own, which buys one for the installation on the repository.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::json;

use super::api::{InstallationToken, Made};
use super::{Client, Failure};

/// GitHub takes at most ten minutes; its clock may differ from ours by some.
const LIFETIME: i64 = 540;
const SKEW: i64 = 60;

/// A token of the App itself: a JSON Web Token signed with RS256.
pub(super) fn token(id: &str, key: &str) -> Result<String, Failure> {
    let now = jiff::Timestamp::now().as_second();
    let coded = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = coded(json!({ "alg": "RS256", "typ": "JWT" }));
    let claims = coded(json!({ "iat": now - SKEW, "exp": now + LIFETIME, "iss": id }));
    let text = format!("{head}.{claims}");
    let pair = pair(key)?;
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .map_err(|_| Failure::Setup("the App's private key cannot sign".to_owned()))?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// GitHub hands out PKCS#1; many secret stores convert to PKCS#8.
fn pair(key: &str) -> Result<RsaKeyPair, Failure> {
    let wrong = |why: &str| Failure::Setup(format!("the App's private key is not what GitHub hands out: {why}"));
    let block = |label: &str| {
        let (_, rest) = key.split_once(&format!("-----BEGIN {label}-----"))?;
        let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
        let body: String = body.split_whitespace().collect();
        STANDARD.decode(body).ok()
    };
    let pair = if let Some(der) = block("RSA PRIVATE KEY") {
        RsaKeyPair::from_der(&der)
    } else if let Some(der) = block("PRIVATE KEY") {
        RsaKeyPair::from_pkcs8(&der)
    } else {
        return Err(wrong("it has no PEM block RSA PRIVATE KEY or PRIVATE KEY"));
    };
    pair.map_err(|error| wrong(&error.to_string()))
}

/// A token of the App's installation on the repository, with no more rights than posting needs.
pub(super) fn installation_token(as_app: &Client) -> Result<String, Failure> {
    let installation: Made = as_app.get("finding the App's installation", &as_app.route("/installation"))?;
    let what = "getting the installation's token";
    let route = format!("/app/installations/{}/access_tokens", installation.id);
    // A token more is no harm, so nothing is looked for before a second try.
    let made: InstallationToken = as_app.create(what, &route, &json!({}), || Ok(None))?;
    Ok(made.token)
}
