//! Why GitHub did not do what it was asked for.

/// What went wrong with a request; `what` is what was being done, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The way to GitHub is not what it must be: an address, a key, a certificate store.
    #[error("{0}")]
    Setup(String),
    /// 401: the token is wrong or has expired.
    #[error("{what}: GitHub does not know the token (401): {says}")]
    Unauthorized {
        /// What was being done.
        what: String,
        /// GitHub's message.
        says: String,
    },
    /// 403 or 404: the token may not do that.
    #[error("{what}: the token may not ({status}): {says}")]
    Denied {
        /// What was being done.
        what: String,
        /// 403 or 404.
        status: u16,
        /// GitHub's message.
        says: String,
    },
    /// 422: GitHub does not take the request.
    #[error("{what}: GitHub does not take it (422): {says}")]
    Unprocessable {
        /// What was being done.
        what: String,
        /// GitHub's message.
        says: String,
    },
    /// Too many requests, and the wait is longer than a job should take.
    #[error("{what}: GitHub's rate limit is used up; {}", wait(*.seconds))]
    RateLimited {
        /// What was being done.
        what: String,
        /// How long to wait, as GitHub says.
        seconds: u64,
    },
    /// A server error, a timeout, an answer that broke off: it may have been done or not.
    #[error("{what}: {why}")]
    Unavailable {
        /// What was being done.
        what: String,
        /// What happened.
        why: String,
    },
    /// No connection: name, network, proxy or certificate. Nothing was sent.
    #[error("{what}: no connection to GitHub: {why}")]
    Unreachable {
        /// What was being done.
        what: String,
        /// What happened.
        why: String,
    },
    /// The answer leads elsewhere.
    #[error("{what}: GitHub redirects to {to}; nothing is sent there")]
    Redirected {
        /// What was being done.
        what: String,
        /// Where to.
        to: String,
    },
    /// The answer is not what GitHub documents.
    #[error("{what}: the answer is not one of GitHub's: {why}")]
    Malformed {
        /// What was being done.
        what: String,
        /// In what way.
        why: String,
    },
}

fn wait(seconds: u64) -> String {
    format!("it ends in {seconds} s, and a run waits 60 s at most")
}

impl Failure {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Setup(_) => "see docs/github.md",
            Self::Unauthorized { .. } => "give a valid token in GITHUB_TOKEN or --token-file",
            Self::Denied { .. } => "the job needs `permissions: {contents: read, pull-requests: write, checks: write}`",
            Self::Unprocessable { .. } | Self::Malformed { .. } => {
                "is GITHUB_API_URL the address of the API (https://HOST/api/v3 on GitHub Enterprise)?"
            }
            Self::RateLimited { .. } | Self::Unavailable { .. } => "run the job again",
            Self::Unreachable { .. } => {
                "check GITHUB_API_URL, HTTPS_PROXY, and SSL_CERT_FILE for a certificate authority of your own"
            }
            Self::Redirected { .. } => {
                "was the repository renamed? GITHUB_REPOSITORY and GITHUB_API_URL must be current"
            }
        }
    }
}
