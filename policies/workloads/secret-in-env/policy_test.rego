package policy.workloads.secret_in_env_test

import data.lib.testing as t
import data.policy.workloads.secret_in_env as policy

env(name, value) := t.container({"env": [{"name": "MODE", "value": "fast"}, {"name": name, "value": value}]})

test_password if {
	violations := policy.warn with input as env("DB_PASSWORD", "hunter22")
	t.messages(violations) == {`the variable DB_PASSWORD of container "app" seems to hold a secret`}
	t.fields(violations) == {"/spec/containers/0/env/1/value"}
}

test_names if {
	count(policy.warn) == 1 with input as env("API_KEY", "abcdef123456")
	count(policy.warn) == 1 with input as env("github_token", "abcdef123456")
	count(policy.warn) == 1 with input as env("AWS_SECRET_ACCESS_KEY", "abcdef123456")
}

test_url if {
	violations := policy.warn with input as env("DATABASE", "postgres://app:hunter22@db/app")
	t.messages(violations) == {`the URL in the variable DATABASE of container "app" seems to hold a password`}
	count(policy.warn) == 0 with input as env("DATABASE", "postgres://app:$(PASSWORD)@db/app")
	count(policy.warn) == 0 with input as env("DATABASE", "postgres://db:5432/app")
	count(policy.warn) == 1 with input as env("TOKEN", "https://app:hunter22@example.com")
	count(policy.warn) == 0 with input as env("MAIL", "https://example.com/a:b@c")
}

test_other_names if {
	count(policy.warn) == 0 with input as env("PASSWORD_FILE", "hunter22")
	count(policy.warn) == 0 with input as env("TOKEN_URL", "https://example.com")
	count(policy.warn) == 0 with input as env("MONKEY", "hunter22")
	count(policy.warn) == 0 with input as env("SECRET_NAME", "web")
}

test_harmless_values if {
	every value in ["", "$(OTHER)", "${TOKEN}", "true", "3600", "/run/secrets/token", "changeme", "<password>", "ENC[AES256_GCM,data:x]"] {
		count(policy.warn) == 0 with input as env("TOKEN", value)
	}
}

test_reference if {
	count(policy.warn) == 0 with input as t.container({"env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]})
	count(policy.warn) == 0 with input as t.container({"env": [{"name": "TOKEN"}, null]})
}
