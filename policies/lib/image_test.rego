package lib.image_test

import data.lib.image

test_parts if {
	image.parse("nginx") == {"registry": "docker.io", "repository": "library/nginx", "tag": "", "digest": ""}
	image.parse("acme/web:1.2") == {"registry": "docker.io", "repository": "acme/web", "tag": "1.2", "digest": ""}
	image.parse("ghcr.io/acme/web:1.2@sha256:01") == {"registry": "ghcr.io", "repository": "acme/web", "tag": "1.2", "digest": "sha256:01"}
}

test_a_port_is_no_tag if {
	image.parse("localhost:5000/web") == {"registry": "localhost:5000", "repository": "web", "tag": "", "digest": ""}
	image.parse("localhost/web:1").registry == "localhost"
	image.parse("registry:5000/a/b:2").tag == "2"
}

test_literal if {
	image.is_literal("nginx:1.27")
	not image.is_literal("")
	not image.is_literal(null)
	not image.is_literal("${REGISTRY}/web:1")
	not image.is_literal("{{ .image }}")
}
