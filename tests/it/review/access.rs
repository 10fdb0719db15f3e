//! The way to GitHub: deadlines, an address with a prefix, a GitHub App, a proxy.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis::review::diff::Diff;
use portcullis::review::github::{Access, Client, Credential, Failure, Target, carry_out, read};
use portcullis::review::plan::{Settings, plan};

use super::Setting;
use super::fake::{Fake, Mood};
use crate::support::tree;

fn access(fake: &Fake) -> Access {
    Access {
        api: fake.address.clone(),
        graphql: Access::graphql_of(&fake.address),
        repository: "acme/shop".into(),
        credential: Credential::Token("ghs_x".into()),
        proxy: None,
        timeout: Duration::from_millis(300),
    }
}

/// A change without a finding (`data: {}`) or with one (`datas: {}`).
fn change(value: &str) -> Setting {
    let map = |value: &str| {
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: a, namespace: x }}\n{value}\n");
        tree(&[("a.yaml", &text)])
    };
    Setting::new(&map("data: {}"), &map(value))
}

fn settings() -> Settings {
    Settings {
        gate: "portcullis report".into(),
        comment: portcullis::config::CommentMode::Findings,
        request_changes: false,
        pull_request: true,
        neutral: false,
    }
}

#[test]
fn nothing_waits_for_ever() {
    let fake = Fake::new();
    fake.with(|state| state.rules = vec![("GET", "/check-runs", Mood::Stalls)]);
    let started = Instant::now();
    let client = Client::new(&access(&fake)).unwrap();
    let target = Target { pull: Some(7), head: "1".repeat(40) };
    let failure = read(&client, &target, &settings()).unwrap_err();
    assert!(matches!(&failure, Failure::Unavailable { why, .. } if why == "no answer within 0.3 s"), "{failure}");
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(fake.requests(), 3, "a read is tried again");
}

#[test]
fn an_address_may_have_a_prefix() {
    let mut setting = change("datas: {}");
    setting.environment = vec![("GITHUB_API_URL", format!("{}/api/v3", setting.fake.address))];
    setting.fake.with(|state| state.prefix = "/api");
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    setting.fake.with(|state| {
        assert_eq!((state.comments.len(), state.checks.len()), (1, 1));
        let routes: Vec<&str> = state.log.iter().map(|exchange| exchange.route.as_str()).collect();
        assert!(routes.contains(&"/api/graphql"), "{routes:?}");
        assert!(routes.iter().all(|route| route.starts_with("/api/v3/repos/acme/shop/") || *route == "/api/graphql"));
    });
}

/// A key as GitHub hands it out (PKCS#1), and as `openssl` makes it today (PKCS#8).
#[test]
fn an_app_buys_a_token_of_its_installation() {
    for form in ["-traditional", ""] {
        let mut setting = change("data: { a: b }");
        let (key, public) = (setting.repo.root.path().join("app.pem"), setting.repo.root.path().join("public.pem"));
        let openssl = |args: &[&str]| Command::new("openssl").args(args).output();
        let (key_path, public_path) = (key.to_str().unwrap(), public.to_str().unwrap());
        let made =
            openssl(&[&["genrsa"][..], &[form][..usize::from(!form.is_empty())], &["-out", key_path, "2048"]].concat());
        if !made.is_ok_and(|made| made.status.success()) {
            eprintln!("skipped: openssl cannot make a key");
            return;
        }
        setting.environment =
            vec![("PORTCULLIS_APP_ID", "Iv1.test".to_owned()), ("PORTCULLIS_APP_KEY", key_path.to_owned())];
        let run = setting.post(&[]);
        assert_eq!(run.code, Some(0), "{}", run.text());
        let tokens: Vec<String> = setting.fake.with(|state| {
            let header = |exchange: &super::fake::Exchange| exchange.headers["authorization"].replace("Bearer ", "");
            state.log.iter().map(header).collect()
        });
        assert_eq!(setting.fake.writes()[0], "POST /app/installations/5/access_tokens");
        assert_eq!(tokens[2], "ghs_16C7e42F292c6912E7710c838347Ae178B4a");
        assert!(!run.text().contains(&tokens[2]));
        // The signature is one that openssl takes.
        let (text, signature) = tokens[0].rsplit_once('.').unwrap();
        let signature = crate::support::from_base64(&signature.replace('-', "+").replace('_', "/"));
        let (text_path, signature_path) =
            (setting.repo.root.path().join("text"), setting.repo.root.path().join("signature"));
        std::fs::write(&text_path, text).unwrap();
        std::fs::write(&signature_path, signature).unwrap();
        openssl(&["rsa", "-in", key_path, "-pubout", "-out", public_path]).unwrap();
        let args = ["dgst", "-sha256", "-verify", public_path, "-signature"];
        let verified =
            openssl(&[&args[..], &[signature_path.to_str().unwrap(), text_path.to_str().unwrap()]].concat()).unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
        let claims = text.split('.').nth(1).unwrap().replace('-', "+").replace('_', "/");
        let claims: serde_json::Value = serde_json::from_slice(&crate::support::from_base64(&claims)).unwrap();
        assert_eq!(claims["iss"], "Iv1.test");
        let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        assert!(life <= 600, "{claims}");
    }
}

#[test]
fn a_key_that_is_none_is_told() {
    let fake = Fake::new();
    let credential = Credential::App {
        id: "1".into(),
        key: "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----".into(),
    };
    let failure = Client::new(&Access { credential: credential.clone(), ..access(&fake) }).unwrap_err();
    assert!(failure.to_string().starts_with("the App's private key is not what GitHub hands out"), "{failure}");
    assert!(!format!("{:?}", Access { credential, ..access(&fake) }).contains("AAAA"));
    for token in ["", "a b", "a\nb"] {
        let credential = Credential::Token(token.into());
        assert!(matches!(Client::new(&Access { credential, ..access(&fake) }), Err(Failure::Setup(_))), "{token:?}");
    }
}

#[test]
fn a_token_may_stand_in_a_file() {
    let mut setting = change("data: { a: b }");
    let file = setting.repo.root.path().join("token");
    std::fs::write(&file, "ghs_OfTheFile\n").unwrap();
    setting.environment = vec![("GITHUB_TOKEN", String::new())];
    let run = setting.post(&["--token-file", file.to_str().unwrap()]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert!(!run.text().contains("OfTheFile"));
    setting.fake.with(|state| {
        assert_eq!(state.checks.len(), 1);
        assert!(state.log.iter().all(|exchange| exchange.headers["authorization"] == "Bearer ghs_OfTheFile"));
    });
    let run = setting.post(&["--token-file", "no-such-file"]);
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(run.stderr.contains("no-such-file"), "{}", run.stderr);
}

/// TLS in front of the fake, with a certificate of nobody's: it is taken where `SSL_CERT_FILE` names it.
#[test]
fn a_certificate_authority_of_your_own_counts() {
    let mut setting = change("data: { a: b }");
    let path = |name: &str| setting.repo.root.path().join(name);
    let (key, certificate) = (path("key.der"), path("certificate.pem"));
    let openssl = |args: &str| Command::new("openssl").args(args.split(' ')).current_dir(path("")).output();
    let made = openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 2 -subj /CN=fake \
         -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE",
    );
    if !made.is_ok_and(|made| made.status.success()) {
        eprintln!("skipped: openssl cannot make a certificate");
        return;
    }
    openssl("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der").unwrap();
    openssl("x509 -in certificate.pem -outform DER -out certificate.der").unwrap();
    let chain = vec![std::fs::read(path("certificate.der")).unwrap().into()];
    let address = tls(&setting.fake.address, chain, std::fs::read(key).unwrap());
    for (file, code) in [(certificate.to_str().unwrap().to_owned(), 0), (String::new(), 3)] {
        setting.environment = vec![("GITHUB_API_URL", address.clone()), ("SSL_CERT_FILE", file)];
        let run = setting.post(&[]);
        assert_eq!(run.code, Some(code), "{}", run.text());
        setting.fake.with(|state| assert_eq!(state.checks.len(), 1));
    }
}

/// The address at which bytes of TLS become those of an address without.
fn tls(plain: &str, chain: Vec<rustls::pki_types::CertificateDer<'static>>, key: Vec<u8>) -> String {
    let key = rustls::pki_types::PrivateKeyDer::try_from(key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let to = plain.strip_prefix("http://").unwrap().to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            // Who does not trust the certificate hangs up; the others have said all when the answer is there.
            let _ = forward(rustls::StreamOwned::new(session, stream), &to);
        }
    });
    address
}

/// One request and its answer.
fn forward(mut from: impl Read + Write, to: &str) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        from.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    let head = String::from_utf8(request.clone()).unwrap().to_ascii_lowercase();
    let length = head.split_once("content-length: ").map_or("0", |(_, rest)| rest.split_once("\r\n").unwrap().0);
    let mut body = vec![0; length.parse().unwrap()];
    from.read_exact(&mut body)?;
    request.extend(body);
    let mut fake = std::net::TcpStream::connect(to)?;
    fake.write_all(&request)?;
    let mut answer = Vec::new();
    fake.read_to_end(&mut answer)?;
    from.write_all(&answer)?;
    from.flush()
}

/// The proxy is asked for a tunnel, with its own password; the token goes through the tunnel only.
#[test]
fn a_proxy_gets_no_token() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://user:pass@{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut lines = Vec::new();
        for line in BufReader::new(&stream).lines() {
            let line = line.unwrap();
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        (&stream).write_all(b"HTTP/1.1 502 no\r\ncontent-length: 0\r\n\r\n").unwrap();
        lines
    });
    let fake = Fake::new();
    let way =
        Access { api: "https://github.example/api/v3".into(), proxy: Some((proxy, String::new())), ..access(&fake) };
    // Without certificates of the system nothing is sent at all.
    let Ok(client) = Client::new(&way) else { return };
    let failure = read(&client, &Target { pull: None, head: "1".repeat(40) }, &settings()).unwrap_err();
    assert!(matches!(failure, Failure::Unreachable { .. }), "{failure}");
    let lines = asked.join().unwrap();
    assert_eq!(lines[0], "CONNECT github.example:443 HTTP/1.1");
    assert!(lines.iter().any(|line| line.eq_ignore_ascii_case("proxy-authorization: Basic dXNlcjpwYXNz")), "{lines:?}");
    assert!(!lines.join("\n").contains("ghs_x"));
}

/// A host of `NO_PROXY` is reached without the proxy: nobody is asked for a tunnel.
#[test]
fn a_host_may_be_excepted_from_the_proxy() {
    let fake = Fake::new();
    for except in ["127.0.0.1", "other.example,127.0.0.0/8", "*"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let proxy = format!("http://{}", listener.local_addr().unwrap());
        // Nobody listens there.
        let way =
            Access { api: "https://127.0.0.1:1".into(), proxy: Some((proxy, except.to_owned())), ..access(&fake) };
        let Ok(client) = Client::new(&way) else { return };
        let failure = read(&client, &Target { pull: None, head: "1".repeat(40) }, &settings()).unwrap_err();
        assert!(listener.accept().is_err(), "{except}: the proxy was asked: {failure}");
        assert!(matches!(failure, Failure::Unreachable { .. }), "{except}: {failure}");
    }
}

/// A POST without an answer may have been done: it is looked for before it is sent again.
#[test]
fn a_post_without_an_answer_is_not_made_twice() {
    for route in ["/reviews", "/issues/7/comments", "/check-runs"] {
        let fake = Fake::new();
        let target = Target { pull: Some(7), head: "1".repeat(40) };
        fake.with(|state| {
            state.head.clone_from(&target.head);
            state.files = vec![("apps/shop/web.yaml".into(), "2".repeat(40), Some("@@ -1,99 +1,99 @@".into()))];
        });
        let client = Client::new(&access(&fake)).unwrap();
        let seen = read(&client, &target, &settings()).unwrap();
        let diff = Diff::of_shown(&seen.shown.unwrap());
        let plan = plan(&crate::report::fixture::rich(), &diff, &seen.posted, &settings());
        fake.with(|state| state.moods = vec![("POST", route, Mood::DoesAndStalls)]);
        carry_out(&client, &target, &plan, &seen.posted).unwrap();
        fake.with(|state| {
            assert!(state.moods.is_empty(), "{route}");
            let posts = state.log.iter().filter(|exchange| exchange.method == "POST" && exchange.route.contains(route));
            assert_eq!(posts.count(), 1, "{route}");
            assert_eq!((state.issue_comments.len(), state.checks.len()), (1, 1), "{route}");
        });
    }
}
