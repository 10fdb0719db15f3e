//! octocrab on a connector of our own: the system's certificates, a proxy, no redirects, no retries.

use std::sync::Arc;

use http::{Uri, header};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::{HttpConnector, proxy::Tunnel};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioExecutor;
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::service::middleware::extra_headers::ExtraHeadersLayer;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};

use super::{Access, Failure};

/// A client whose routes are relative to an address.
pub(super) fn octocrab(access: &Access, base: &str, token: &str) -> Result<Octocrab, Failure> {
    let wrong = |why: &str| Failure::Setup(format!("{base:?} is no address of an API: {why}"));
    let uri: Uri = base.parse().map_err(|error| wrong(&format!("{error}")))?;
    let is_local = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if is_local => {}
        Some("http") => return Err(wrong("a token is sent over https only")),
        _ => return Err(wrong("it must begin with https://")),
    }
    let mut roots = rustls::RootCertStore::empty();
    if uri.scheme_str() == Some("https") {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let why = found.errors.first().map_or(String::new(), |error| format!(" ({error})"));
            return Err(Failure::Setup(format!(
                "the system has no certificates{why}: install ca-certificates, or set SSL_CERT_FILE"
            )));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Setup(format!("no TLS: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(access.timeout));
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
    let pool = hyper_util::client::legacy::Client::builder(TokioExecutor::new());
    // The matcher takes `*` for every name, and for no address.
    let wanted = |(_, except): &&(String, String)| !except.split(',').any(|host| host.trim() == "*");
    let proxy = access.proxy.as_ref().filter(wanted).and_then(|(proxy, except)| {
        Matcher::builder().https(proxy.as_str()).no(except.as_str()).build().intercept(&uri)
    });
    Ok(match proxy {
        None => build(pool.build::<_, OctoBody>(https.wrap_connector(tcp)), uri, token),
        Some(proxy) => {
            let mut tunnel = Tunnel::new(proxy.uri().clone(), tcp);
            if let Some(auth) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(auth.clone());
            }
            build(pool.build::<_, OctoBody>(https.wrap_connector(tunnel)), uri, token)
        }
    })
}

fn build<C>(client: hyper_util::client::legacy::Client<C, OctoBody>, base: Uri, token: &str) -> Octocrab
where
    C: hyper_util::client::legacy::connect::Connect + Clone + Send + Sync + 'static,
{
    let agent = http::HeaderValue::from_static(concat!("portcullis/", env!("CARGO_PKG_VERSION")));
    let headers = ExtraHeadersLayer::new(Arc::new(vec![(header::USER_AGENT, agent)]));
    let built = OctocrabBuilder::new_empty()
        .with_service(client)
        .with_layer(&BaseUriLayer::new(base))
        .with_layer(&headers)
        .with_auth(AuthState::AccessToken { token: token.to_owned().into() })
        .build();
    match built {
        Ok(octocrab) => octocrab,
        Err(never) => match never {},
    }
}
