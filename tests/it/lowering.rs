//! What lowering must keep: how functions, words, loops and negations answer does not depend on how the engine is told of
//! them. Expected values follow from Rego's definition; OPA gives the same.

use std::sync::Arc;

use portcullis::policy::engine::{Module, Program, RegoVersion, Trouble};
use portcullis::policy::{Value, json};

fn modules_of(modules: &[(&str, &str)]) -> Vec<Module> {
    let module = |(path, text): &(&str, &str)| Module {
        path: Arc::from(*path),
        text: Arc::from(*text),
        version: RegoVersion::V1,
    };
    modules.iter().map(module).collect()
}

fn program(modules: &[(&str, &str)]) -> Program {
    Program::compile(&modules_of(modules), &Value::new_object()).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn input(text: &str) -> Value {
    Value::from_json_str(text).unwrap()
}

/// What `data.a.r` is: the same where the lines are kept as they are written, and where they are not.
fn answer(modules: &[(&str, &str)], given: &str) -> String {
    let (given, shown) =
        (input(given), |value: Option<&Value>| value.map_or_else(|| "undefined".to_owned(), json::to_json));
    let value = program(modules).evaluate("data.a.r", &given).unwrap();
    let query = Program::compile_query(&modules_of(modules), &Value::new_object(), "data.a.r").unwrap();
    let (answers, _) = query.answers(&given).unwrap();
    assert_eq!(shown(answers.first()), shown(value.as_ref()));
    shown(value.as_ref())
}

#[test]
fn functions_of_one_name_keep_apart() {
    let a = "package a\n\nimport data.lib.b\n\nf(_) := 1\n\ncount(_) := 7\n\nr := [f(0), b.f(0), count([1]), b.g(0)]\n";
    // Here `count` is the builtin.
    let b = "package lib.b\n\nf(x) := count([x, x])\n\ng(x) := f(x) + data.a.f(x)\n";
    assert_eq!(answer(&[("a.rego", a), ("b.rego", b)], "{}"), "[1,2,7,3]");
}

#[test]
fn a_function_is_replaced_where_its_path_is_said() {
    let a = "package a\n\nf(x) := x\n\ng(x) := f(x) + 1\n\n\
             r := [y, z, f(1)] if {\n\ty := g(1) with data.a.f as 10\n\tz := g(1) with data.a.f as data.a.h\n}\n\nh(_) := 20\n";
    assert_eq!(answer(&[("a.rego", a)], "{}"), "[11,21,1]");
}

#[test]
fn clauses_for_words_are_chosen_by_the_word() {
    let a = "package a\n\n\
        f(\"a\", _) := 1\n\nf(\"b\", x) := x\n\nf(null, _) := 3\n\nf(true, _) := 4\n\nf(2, _) := 5\n\n\
        f(\"e\", x) := 6 if {\n\tx == 0\n} else := 7\n\nf(x, _) := 8 if x == \"g\"\n\nf(\"h\", _) := false\n\n\
        r := [x | some word in input; x := f(word, 0)]\n";
    assert_eq!(
        answer(&[("a.rego", a)], r#"["a","b",null,true,2,"e","g","h","none","1",false]"#),
        "[1,0,3,4,5,6,8,false]"
    );
    // What is defined and not false holds.
    let a = "package a\n\nf(\"a\") := true\n\nf(\"b\") := false\n\nf(\"n\") := null\n\nf(\"3\") := 3\n\n\
             r := [[x | some x in input; f(x)], [x | some x in input; not f(x)]]\n";
    assert_eq!(answer(&[("a.rego", a)], r#"["a","b","c","n","3"]"#), r#"[["a","n","3"],["b","c"]]"#);
}

#[test]
fn only_collections_are_gone_through() {
    let a = "package a\n\nr := {\"values\": values, \"keys\": keys, \"both\": both, \"deep\": deep}\n\n\
        values := [x | x := input.it[_]]\n\nkeys := [k | some k, _ in input.it]\n\n\
        both := [x | input.it[i] == input.other[i]; x := i]\n\ndeep := [x | x := input.it[_][_]]\n";
    let r = |it: &str| answer(&[("a.rego", a)], &format!(r#"{{"it": {it}, "other": [1, 2]}}"#));
    assert_eq!(r("[1, 3]"), r#"{"both":[0],"deep":[],"keys":[0,1],"values":[1,3]}"#);
    assert_eq!(r(r#"{"a": [5], "b": 6}"#), r#"{"both":[],"deep":[5],"keys":["a","b"],"values":[[5],6]}"#);
    for scalar in ["3", "\"text\"", "null", "true"] {
        assert_eq!(r(scalar), r#"{"both":[],"deep":[],"keys":[],"values":[]}"#, "{scalar}");
    }
    let a = "package a\n\ns := {1, 2}\n\nr := [[x | some x in s], [x | s[x]], [x | x := s[_]; x > 1]]\n";
    assert_eq!(answer(&[("a.rego", a)], "{}"), "[[1,2],[1,2],[2]]");
}

#[test]
fn what_is_undefined_or_false_is_negated() {
    let a = "package a\n\nr := {name | some name, holds in all; holds}\n\n\
        all[\"missing\"] if not input.no.such\n\nall[\"false\"] if not input.f\n\nall[\"null\"] if not input.n\n\n\
        all[\"differs\"] if not input.x == 2\n\nall[\"equal\"] if not input.x == 1\n\n\
        all[\"undefined side\"] if not input.no == 1\n\nall[\"member\"] if not 3 in input.xs\n\n\
        all[\"index\"] if not input.xs[input.x]\n\nall[\"no index\"] if not input.xs[input.no]\n";
    let given = r#"{"f": false, "n": null, "x": 1, "xs": [1, 2]}"#;
    // The operand in brackets is evaluated before: undefined there, nothing is negated.
    assert_eq!(answer(&[("a.rego", a)], given), r#"["differs","false","member","missing","undefined side"]"#);
}

#[test]
fn a_builtin_that_is_asked_twice_answers_where_it_is_asked() {
    let a = "package a\n\nr := [n, m, k, inner] if {\n\tn := count(input.xs)\n\tm := count(input.xs)\n\t\
        k := count(input.xs) with input.xs as [1]\n\tinner := [c | some xs in input.all; c := count(xs)]\n}\n";
    assert_eq!(answer(&[("a.rego", a)], r#"{"xs": [1, 2], "all": [[], [1]]}"#), "[2,2,1,[0,1]]");
}

#[test]
fn an_evaluation_that_fails_leaves_nothing_to_the_next() {
    let a = "package a\n\nimport data.lib\n\nr contains y if {\n\tsome x in input\n\ty := lib.f(x)\n}\n";
    let b = "package lib\n\n\nf(x) := 1 if x > 0\n\nf(x) := 2 if x > 5\n";
    let program = program(&[("a.rego", a), ("b.rego", b)]);
    let ask = |given: &str| program.evaluate("data.a.r", &input(given));
    for _ in 0..3 {
        assert_eq!(ask("[1, 2]").unwrap().map(|value| json::to_json(&value)), Some("[1]".to_owned()));
        let error = ask("[1, 7, 3]").unwrap_err();
        assert_eq!(error.trouble, Trouble::Conflict);
        // The second clause, in its own file.
        assert!(error.message.starts_with("b.rego:6: "), "{}", error.message);
    }
    assert_eq!(ask("[-1]").unwrap().map(|value| json::to_json(&value)), Some("[]".to_owned()));
}

#[test]
fn small_functions_answer_as_when_they_are_called() {
    let a = "package a\n\n\
        is_update(x) if x.op == \"UPDATE\"\n\n\
        has(o, f) if o[f]\n\n\
        lacks(o, f) if not o[f]\n\nlacks(o, f) if o[f] == \"\"\n\n\
        named(x, name) if x.name == name\n\n\
        starts(x) if startswith(x.name, \"a\")\n\n\
        exempt(c) if {\n\tsome p in object.get(object.get(input, \"parameters\", {}), \"exempt\", [])\n\tstartswith(c, p)\n}\n\n\
        second(xs) := xs[1]\n\n\
        any_of(xs) := x if some x in xs\n\n\
        word(x) := x if is_string(x)\n\n\
        r := {name | some name, holds in all; holds}\n\n\
        all[\"not update\"] if not is_update(input.create)\n\n\
        all[\"update\"] if is_update(input.update)\n\n\
        all[\"not update of nothing\"] if not is_update({})\n\n\
        all[\"undefined argument\"] if not is_update(input.no.such)\n\n\
        all[\"has\"] if has(input.create, \"op\")\n\n\
        all[\"has not\"] if not has(input.create, \"none\")\n\n\
        all[\"has false\"] if has(input.create, \"no\")\n\n\
        all[\"lacks\"] if lacks(input.create, \"none\")\n\n\
        all[\"lacks empty\"] if lacks(input.create, \"empty\")\n\n\
        all[\"lacks not\"] if not lacks(input.create, \"op\")\n\n\
        all[\"not lacks\"] if not lacks(input.create, \"empty\")\n\n\
        all[\"name\"] if named(input.update, \"web\")\n\n\
        all[\"no name\"] if not named(input.create, \"web\")\n\n\
        all[\"no start\"] if not starts(input.create)\n\n\
        all[c] if {\n\tsome c in input.names\n\tnot exempt(c)\n}\n\n\
        all[sprintf(\"exempt %s\", [c])] if {\n\tsome c in input.names\n\texempt(c)\n}\n\n\
        all[\"second\"] if second(input.names) == \"ab\"\n\n\
        all[\"no second\"] if not second([1])\n\n\
        all[\"one\"] if any_of([3]) == 3\n\n\
        all[\"word\"] if word(\"w\") == \"w\"\n\n\
        all[\"no word\"] if not word(3)\n\n\
        all[\"counted\"] if count([1 | exempt(\"abc\")]) == 1\n";
    let given = r#"{"create": {"op": "CREATE", "no": false, "empty": ""}, "update": {"op": "UPDATE", "name": "web"},
        "names": ["x", "ab", "b"], "parameters": {"exempt": ["a", "ab"]}}"#;
    assert_eq!(
        answer(&[("a.rego", a)], given),
        r#"["b","counted","exempt ab","has","has not","lacks","lacks empty","lacks not","name","no name","no second","no start","no word","not update","not update of nothing","one","second","update","word","x"]"#
    );
}

#[test]
fn tables_of_words_are_looked_up() {
    let a = "package a\n\nfactor(\"Ki\") := 1024\n\nfactor(\"Mi\") := 1048576\n\nfactor(\"\") := 1\n\nfactor(\"n\") := null\n\n\
        r := {\"known\": [x | some x in input; factor(x)], \"unknown\": [x | some x in input; not factor(x)], \
        \"values\": [[x, y] | some x in input; y := factor(x)], \"first\": factor(\"Mi\"), \"sum\": factor(\"Ki\") + factor(\"\")}\n";
    assert_eq!(
        answer(&[("a.rego", a)], r#"["Ki", "", "Gi", "n", 3, null]"#),
        r#"{"first":1048576,"known":["Ki","","n"],"sum":1025,"unknown":["Gi",3,null],"values":[["Ki",1024],["",1],["n",null]]}"#
    );
}

#[test]
fn what_input_says_is_read_under_with_too() {
    let a = "package a\n\nlimit(x) if {\n\tx > object.get(input, \"limit\", 3)\n}\n\n\
        r := [[x | some x in [1, 3, 5]; limit(x)], y] if {\n\ty := [x | some x in [1, 3, 5]; limit(x) with input as {\"limit\": 0}]\n}\n";
    assert_eq!(answer(&[("a.rego", a)], "{}"), "[[5],[1,3,5]]");
}

#[test]
fn a_document_is_there_where_none_of_its_rules_gives_a_value() {
    let a = "package a\n\none.x := 1 if input.no\n\ntwo[k][j] := 1 if {\n\tsome k in input.no\n\tsome j in input.no\n}\n\n\
             three[k] contains 1 if some k in input.no\n\nfour.five.six contains 1 if input.no\n\n\
             r := [one, two, three, four, [1 | not one], [1 | not one.x], count(two)]\n";
    assert_eq!(answer(&[("a.rego", a)], "{}"), r#"[{},{},{},{"five":{"six":[]}},[],[1],0]"#);
    let a = "package a\n\none.x := 1 if input.yes\n\none.y := 2 if input.no\n\ntwo[k][j] := 1 if {\n\tsome k, j in input.yes\n}\n\n\
             r := [one, two]\n";
    assert_eq!(answer(&[("a.rego", a)], r#"{"yes": {"k": "j"}}"#), r#"[{"x":1},{"k":{"j":1}}]"#);
}

#[test]
fn a_with_of_several_values_holds_for_each() {
    let a = "package a\n\nr := [x | x := input.b with input.b as input.all[_]]\n";
    assert_eq!(answer(&[("a.rego", a)], r#"{"all": [3, 1, 2]}"#), "[3,1,2]");
}

#[test]
fn a_template_string_has_one_value() {
    let module = |text: &str| Module { path: Arc::from("a.rego"), text: Arc::from(text), version: RegoVersion::V1 };
    let faults = |text: &str| Program::compile(&[module(text)], &Value::new_object()).err().unwrap_or_default();
    let found = faults("package a\n\nr := $\"{input.xs[_]}\"\n");
    assert_eq!(found.first().map(|fault| (fault.line, fault.message.as_str())), Some((3, "var _ is undeclared")));
    assert!(faults("package a\n\nr := $\"{[x | x := input.xs[_]]}\"\n").is_empty());
}

#[test]
fn large_numbers_that_are_not_whole_are_computed_with() {
    // 8.5 Ei: no 64 bits of an integer hold it.
    let a = "package a\n\nr := [n > 9e18, n / 2 > 4e18, n - n] if n := units.parse_bytes(\"8.5Ei\")\n";
    assert_eq!(answer(&[("a.rego", a)], "{}"), "[true,true,0]");
    let a = "package a\n\nr := [x / 2 > 4e18, x + 1 > x - 1] if x := 10000000000000000000.5\n";
    assert_eq!(answer(&[("a.rego", a)], "{}"), "[true,true]");
}

#[test]
fn a_difference_may_be_one_of_sets() {
    // Of which kind it is OPA sees when it is evaluated: there is no such text.
    let a = "package a\n\nr := [x | x := concat(\",\", input.n - 1)]\n";
    assert_eq!(answer(&[("a.rego", a)], r#"{"n": 2}"#), "[]");
}

#[test]
fn an_every_waits_for_what_its_body_reads() {
    let a = "package a\n\nr := [one, two, three]\n\n\
             one if {\n\tmore := [count(input.xs)]\n\tevery x in input.xs {\n\t\tx <= more[0]\n\t}\n}\n\n\
             two := [x | some x in input.xs; by := {\"n\": x}; every y in [x, x] { y == by.n }]\n\n\
             three if {\n\tevery k, x in input.xs {\n\t\tmore := [k + 1]\n\t\tevery y in [x] {\n\t\t\ty in more\n\t\t}\n\t}\n}\n";
    assert_eq!(answer(&[("a.rego", a)], r#"{"xs": [1, 2]}"#), "[true,[1,2],true]");
}

/// The recorded answers are those of `opa eval` 1.19: true is a type error, false is none.
#[test]
fn what_a_rule_gives_has_a_type() {
    let rules = [
        ("x := 1", "startswith(x, \"a\")", true),
        ("x := 1", "x + 1 > 0", false),
        ("x := 1", "x.a == 1", true),
        ("x := 1", "some y in x", true),
        ("x := 1", "every y in x { y > 0 }", false),
        ("x if true", "x == 1", true),
        ("x if true", "x == true", false),
        ("x contains 1", "x[\"a\"]", true),
        ("x contains 1", "x[1]", false),
        ("x contains \"a\"", "concat(\",\", x) == \"a\"", false),
        ("x contains 1", "concat(\",\", x) == \"a\"", true),
        ("x := {\"a\": 1}", "x.b == 1", true),
        ("x := {\"a\": 1}", "x.a == 1", false),
        ("x[\"a\"] := 1", "count(x) == 1", false),
        ("x[\"a\"] := 1", "upper(x) == \"A\"", true),
        ("x[k] := 1 if k := input.k", "x.any == 1", false),
        ("x := 1 if input.a\n\nx := \"a\" if input.b", "startswith(x, \"a\")", false),
        ("x := 1 if input.a\n\nx := \"a\" if input.b", "count(x) == 1", false),
        ("x := 1 if input.a\n\nx := 2 if input.b", "count(x) == 1", true),
        ("x := 1 if input.a else := \"a\"", "upper(x) == \"A\"", false),
        ("default x := 1\n\nx := input.a", "upper(x) == \"A\"", false),
        ("x := input.a", "x.b.c == 1", false),
        ("y := 1\n\nx := y", "upper(x) == \"A\"", true),
        ("x(_) := 1", "startswith(x(1), \"a\")", true),
        ("x(y) := y", "startswith(x(1), \"a\")", false),
        ("x(y) := upper(y)", "v := x(\"a\"); v.a == 1", true),
    ];
    for (rule, condition, expected) in rules {
        let text = format!("package a\n\n{rule}\n\nr if {{ {condition} }}\n");
        let found = Program::compile(&modules_of(&[("a.rego", &text)]), &Value::new_object());
        let is_refused = found.is_err_and(|faults| faults.iter().all(|fault| fault.code == "rego_type_error"));
        assert_eq!(is_refused, expected, "{rule}: {condition}");
    }
}

/// As `opa eval` answers.
#[test]
fn literals_with_equal_parts_are_as_in_opa() {
    let r = |value: &str| {
        answer(&[("a.rego", &format!("package a\n\nx := \"a\"\n\nr := {value}\n"))], r#"{"b": 1, "c": 1, "d": 2}"#)
    };
    assert_eq!(r("{x: 1, \"a\": 2}"), r#"{"a":1}"#);
    assert_eq!(r("[v | k := \"a\"; v := {k: 1, \"a\": 2}]"), r#"[{"a":1}]"#);
    assert_eq!(r("[y | some y in {input.b, input.c}]"), "[1,1]");
    assert_eq!(r("[y | some y in {input.d, 3, input.b, 0, 3.0}]"), "[0,3,1,2]");
    assert_eq!(r("{y | some y in {input.b, input.c}}"), "[1]");
}

#[test]
fn a_comprehension_is_no_key_of_a_rule() {
    let text = "package a\n\nr[{x | some x in [1]}] := 2\n";
    let faults = Program::compile(&modules_of(&[("a.rego", text)]), &Value::new_object()).unwrap_err();
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert_eq!((fault.code, fault.line, fault.column), ("unsupported", 3, 3));
    assert!(fault.help.as_ref().is_some_and(|help| help.contains("give it a name in the body")), "{fault:?}");
}

#[test]
fn a_function_has_clauses_in_several_files() {
    let a = "package a\n\nf(x, y) := \"same\" if x == y\n\nf(x, _) := \"word\" if is_string(x)\n\n\
             default g(_) := 0\n\ng(x) := 1 if x == 1\n\n\
             h(x) := z if { z := f(x, 2) with data.a.g as 5 }\n\n\
             r := [[y | some x in input; y := f(x, 2)], [y | some x in input; y := g(x)], [x | some x in input; not f(x, 2)]]\n";
    let b = "package a\n\nother contains z if {\n\tsome y in [1, 2]\n\tz := y + 1\n}\n\n\
             f([p, q], y) := z if {\n\tz := p + q\n\tz > y\n} else := \"small\"\n\ng([x, _]) := v if {\n\tv := x * 2\n}\n";
    assert_eq!(
        answer(&[("a.rego", a), ("b.rego", b)], r#"[1,2,"w",[0,1],[3,4]]"#),
        r#"[["same","word","small",7],[1,0,0,0,6],[1]]"#
    );
    // Two values of two files are a conflict, as those of one.
    let conflict = "package a\n\nf(x, _) := \"other\" if x == 2\n";
    let error = program(&[("a.rego", a), ("b.rego", conflict)]).evaluate("data.a.r", &input("[2]")).unwrap_err();
    assert!(error.message.contains("must not produce multiple outputs"), "{error}");
}

/// OPA forbids it of Rego v1 alone; tests of Gatekeeper's older templates are full of it.
#[test]
fn rego_v0_may_call_a_variable_input() {
    let text: Arc<str> = Arc::from(
        "package a\n\nplain = x { input := {\"n\": 1}; x := input.n }\n\nmocked = x { input := {\"n\": 7}; x := deep with input as input }\n\ndeep = x { x := input.n }\n\n\
         after = [y, x] { y := input; input := {\"n\": 1}; x := input.n }\n\n\
         within = x { input := {\"n\": [1, 2]}; x := [v | v := input.n[_]] }\n\nown = x { input := input; x := input.n }\n",
    );
    let module = |version| [Module { path: Arc::from("a.rego"), text: Arc::clone(&text), version }];
    let v0 = Program::compile(&module(RegoVersion::V0), &Value::new_object()).unwrap();
    for (rule, wanted) in
        [("plain", "1"), ("mocked", "7"), ("within", "[1,2]"), ("own", "9"), ("after", "[{\"n\":9},1]")]
    {
        let value = v0.evaluate(&format!("data.a.{rule}"), &input(r#"{"n":9}"#)).unwrap();
        assert_eq!(value.as_ref().map(json::to_json).as_deref(), Some(wanted), "{rule}");
    }
    let refused = |text: &str, version| {
        let module = Module { text: Arc::from(text), version, ..module(RegoVersion::V0)[0].clone() };
        Program::compile(&[module], &Value::new_object()).unwrap_err()[0].message.clone()
    };
    let before = "package a\n\nx = y { y := input.n; input := 1 }\n";
    assert_eq!(refused(before, RegoVersion::V0), "var input referenced above");
    let v1 = "package a\n\nplain := x if {\n\tinput := {\"n\": 1}\n\tx := input.n\n}\n";
    assert_eq!(refused(v1, RegoVersion::V1), "variables must not shadow input (use a different variable name)");
}

/// As in OPA, what a comprehension reads is no variable that its surroundings declare behind it.
#[test]
fn a_name_that_is_read_within_may_be_declared_around() {
    let a = "package a\n\nr := [found, y, last] if {\n\tfound := [found | found = input[_] == 2]\n\tx := 1\n\ty := [z | z := x; x := 2]\n\t\
             some last in [v | some v in input; v == 2]\n}\n";
    assert_eq!(answer(&[("a.rego", a)], "[1,2]"), "[[false,true],[1],2]");
    let refused = |body: &str| {
        let text = format!("package a\n\nr if {{ {body} }}\n");
        Program::compile(&modules_of(&[("a.rego", &text)]), &Value::new_object()).unwrap_err()[0].message.clone()
    };
    assert_eq!(refused("y := x; x := 1"), "var x referenced above");
    assert_eq!(refused("every v in [1] { y := x; y == v; x := 1 }"), "var x referenced above");
    assert_eq!(refused("every v in [1] { x == v }; x := 1"), "var x is unsafe");
}

/// What replacing could make counts, not how long its arguments are.
#[test]
fn long_texts_are_replaced_unless_the_answer_is_too_long() {
    let a = "package a\n\nr := count(replace(input.text, input.old, input.new))\n";
    let given = |old: &str, new: usize| {
        let text = format!("{}--flag=x", "y".repeat(900));
        input(&format!(r#"{{"text": "{text}", "old": "{old}", "new": "{}"}}"#, "z".repeat(new)))
    };
    let flag = format!("{}--flag=x", "y".repeat(500));
    let count = program(&[("a.rego", a)]).evaluate("data.a.r", &given(&flag, 700)).unwrap();
    assert_eq!(count.as_ref().map(json::to_json).as_deref(), Some("1100"));
    let error = program(&[("a.rego", a)]).evaluate("data.a.r", &given("y", 10_000)).unwrap_err();
    assert!(error.message.contains("a text is too long for this builtin function"), "{error}");
}
