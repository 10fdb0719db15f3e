package lib.review_test

import data.lib.review

value := {"a": {"b/c": null, "d": 1}}

test_nearest if {
	review.nearest(value, "/x", ["a", "d"]) == "/x/a/d"
	review.nearest(value, "/x", ["a", "e"]) == "/x/a"
	review.nearest(value, "/x", ["b", "e"]) == "/x"
	review.nearest(value, "", ["b"]) == ""
}

test_null_is_absent if {
	review.nearest(value, "", ["a", "b/c"]) == "/a"
}

test_a_scalar_has_no_fields if {
	review.nearest({"a": "text"}, "", ["a", "b"]) == "/a"
}

test_pointer_is_escaped if {
	review.nearest({"a/b": {"c~d": 1}}, "", ["a/b", "c~d"]) == "/a~1b/c~0d"
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
