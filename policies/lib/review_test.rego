package lib.review_test

import data.lib.review

test_pointer if {
	review.pointer("/x/0", ["a", "b"]) == "/x/0/a/b"
	review.pointer("", ["a"]) == "/a"
	review.pointer("/x", []) == "/x"
}

test_pointer_is_escaped if {
	review.pointer("", ["a/b", "c~d"]) == "/a~1b/c~0d"
}

test_group if {
	review.group("apps/v1") == "apps"
	review.group("v1") == ""
}

test_parameters if {
	review.param("size", 3) == 3 with input as {}
	review.param("size", 3) == 3 with input as {"params": {}}
	review.param("size", 3) == 5 with input as {"params": {"size": 5}}
}

test_what_is_no_list if {
	review.items(null) == []
	review.items("text") == []
	review.items(["a"]) == [{"index": 0, "value": "a"}]
	review.list({"a": 1}) == []
	review.map(["a"]) == {}
}

test_namespace if {
	review.namespace == "a" with input as {"review": {"namespace": "b", "object": {"metadata": {"namespace": "a"}}}}
	review.namespace == "b" with input as {"review": {"namespace": "b", "object": {"metadata": {}}}}
	not review.namespace with input as {"review": {"object": {"metadata": {}}}}
}
