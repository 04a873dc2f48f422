//! Cells against RFC 8259 and rule 17: a table of each, then random cells against serde_json's own tree.

use serde_json::Value;

use super::*;

/// An entry's place and members, free of lifetimes.
type Plain = (u32, Vec<(String, Option<String>)>);

/// Names and values as the tests write them.
type Members<'a> = Vec<(&'a str, Option<&'a str>)>;

fn is_nothing(text: &str) -> bool {
    matches!(text.trim().to_lowercase().as_str(), "" | "n/a" | "none" | "null" | "[]")
}

fn parsed(text: &str) -> Result<(Vec<Plain>, Vec<u32>), CellFault> {
    let bump = Bump::new();
    let cell = parse_cell(text, &bump, &is_nothing)?;
    let plain = |entry: &Entry<'_>| {
        let member = |member: &Member<'_>| (member.name.to_owned(), member.value.map(str::to_owned));
        (entry.place, entry.members.iter().map(member).collect())
    };
    Ok((cell.entries.iter().map(plain).collect(), cell.bad_elements))
}

fn entry(place: u32, members: &[(&str, Option<&str>)]) -> Plain {
    (place, members.iter().map(|&(name, value)| (name.to_owned(), value.map(str::to_owned))).collect())
}

fn is_not_json(text: &str) -> bool {
    matches!(parsed(text), Err(CellFault::NotJson(_)))
}

#[test]
fn nothing_has_no_entries() {
    let texts = [
        "",
        "  ",
        "n/a",
        "N/A",
        "None",
        "NULL",
        "null",
        "[]",
        " [ ] ",
        "[\n]",
        "\"[]\"",
        "\" [ ] \"",
        "\"\"",
        "\"n/a\"",
        "\" None \"",
        " \"null\" ",
        "\"\\u005b\\u005d\"",
    ];
    for text in texts {
        assert_eq!(parsed(text), Ok((vec![], vec![])), "{text:?}");
    }
}

#[test]
fn values_are_read_as_text() {
    let cases: &[(&str, Option<&str>)] = &[
        (r#""""#, Some("")),
        (r#"" a ""#, Some(" a ")),
        (r#""n/a""#, Some("n/a")),
        (r#""مرحبا አዲስ 😀""#, Some("مرحبا አዲስ 😀")),
        (r#""a\"b\\c\/d\b\f\n\r\t""#, Some("a\"b\\c/d\u{8}\u{c}\n\r\t")),
        (r#""\u00e9\u0000\ud83d\ude00\uD83D\uDE00""#, Some("é\0😀😀")),
        (r#""\\ud800""#, Some("\\ud800")),
        ("0", Some("0")),
        ("-0", Some("-0")),
        ("12.50", Some("12.50")),
        ("1E+5", Some("1E+5")),
        ("1e999", Some("1e999")),
        ("-1e-99999999999999999999", Some("-1e-99999999999999999999")),
        ("123456789012345678901234567890.10", Some("123456789012345678901234567890.10")),
        ("true", Some("true")),
        ("false", Some("false")),
        ("null", None),
        ("{}", None),
        ("[]", None),
        (r#"[{"a":"\ud83d\ude00"}]"#, None),
        (r#"{"b":[1e999,{"c":null}]}"#, None),
    ];
    for (json, expected) in cases {
        let wanted = Ok((vec![entry(0, &[("a", *expected), ("z", Some("1"))])], vec![]));
        assert_eq!(parsed(&format!(r#"[{{"a":{json},"z":1}}]"#)), wanted, "{json}");
        assert_eq!(parsed(&format!("\t[ {{ \"a\" :\r{json} ,\n\"z\" : 1 }} ] ")), wanted, "{json}");
        let double_encoded = serde_json::to_string(&format!(r#"[{{"a":{json},"z":1}}]"#)).unwrap();
        assert_eq!(parsed(&double_encoded), wanted, "{double_encoded}");
    }
}

#[test]
fn texts_without_escapes_are_borrowed() {
    let bump = Bump::new();
    let text = r#"[{"name":"value","number":12.0},{"na\u006de":"val\u0075e"}]"#;
    let cell = parse_cell(text, &bump, &is_nothing).unwrap();
    let within = |part: &str| text.as_bytes().as_ptr_range().contains(&part.as_ptr());
    let [plain, escaped] = &cell.entries[..] else { panic!("{cell:?}") };
    assert!(plain.members.iter().all(|member| within(member.name) && within(member.value.unwrap())));
    assert!(escaped.members.iter().all(|member| !within(member.name) && !within(member.value.unwrap())));
    assert_eq!(plain.members[0], escaped.members[0]);
}

#[test]
fn of_equal_names_the_last_counts() {
    let cases: [(&str, Members<'_>); 5] = [
        (r#"{"a":1,"a":2}"#, vec![("a", Some("2"))]),
        (r#"{"a":1,"b":2,"a":null}"#, vec![("a", None), ("b", Some("2"))]),
        (r#"{"a":1,"\u0061":2,"A":3}"#, vec![("a", Some("2")), ("A", Some("3"))]),
        (r#"{"":1,"":2}"#, vec![("", Some("2"))]),
        (r#"{"axb":1,"ayb":2,"axb":3}"#, vec![("axb", Some("3")), ("ayb", Some("2"))]),
    ];
    for (object, expected) in cases {
        assert_eq!(parsed(&format!("[{object}]")), Ok((vec![entry(0, &expected)], vec![])), "{object}");
    }
}

#[test]
fn an_object_may_be_large() {
    let size = 60_000;
    let text =
        format!("[{{{}}}]", (0..2 * size).map(|n| format!(r#""name {}":{n}"#, n % size)).collect::<Vec<_>>().join(","));
    let (entries, _) = parsed(&text).unwrap();
    assert_eq!(entries[0].1.len(), size);
    for (n, (name, value)) in entries[0].1.iter().enumerate() {
        assert_eq!((name, value.as_deref()), (&format!("name {n}"), Some((n + size).to_string().as_str())));
    }
}

#[test]
fn what_is_no_object_is_a_bad_element() {
    let one = entry(1, &[("a", Some("1"))]);
    let cases: &[(&str, Vec<Plain>, &[u32])] = &[
        ("[1]", vec![], &[0]),
        ("[null]", vec![], &[0]),
        (r#"["{}"]"#, vec![], &[0]),
        ("[[]]", vec![], &[0]),
        ("[[{}]]", vec![], &[0]),
        ("[1e999]", vec![], &[0]),
        (r#"[true,{"a":1},"x"]"#, vec![one.clone()], &[0, 2]),
        (r#"[{},{"a":1}]"#, vec![entry(0, &[]), one.clone()], &[]),
        (r#"[{},{"a":1},[{"a":1}],null]"#, vec![entry(0, &[]), one.clone()], &[2, 3]),
        (r#""[7,{\"a\":1}]""#, vec![one], &[0]),
    ];
    for (text, entries, bad) in cases {
        assert_eq!(parsed(text), Ok((entries.clone(), bad.to_vec())), "{text}");
    }
}

#[test]
fn what_is_no_array_is_rejected() {
    let texts = [
        "{}",
        r#"{"a":[]}"#,
        "1",
        "-99",
        "1e999",
        "true",
        r#""text""#,
        r#""{}""#,
        r#""1""#,
        // Three times encoded is once too often.
        r#""\"[{}]\"""#,
        r#""\"[]\"""#,
    ];
    for text in texts {
        assert_eq!(parsed(text), Err(CellFault::NotArray), "{text}");
    }
}

#[test]
fn what_is_no_json_is_rejected() {
    let texts = [
        "[",
        "]",
        "[{]",
        "[{}",
        "[{}]]",
        "[{}] x",
        "[{}],",
        "[{},]",
        "[,{}]",
        "[{} {}]",
        "{",
        "{a:1}",
        "[{a:1}]",
        "text",
        "[{'a':1}]",
        r#"[{"a"}]"#,
        r#"[{"a":}]"#,
        r#"[{"a":1,}]"#,
        r#"[{"a" 1}]"#,
        r#"[{"a":1 "b":2}]"#,
        r#"[{1:2}]"#,
        r#"[{"a":NaN}]"#,
        r#"[{"a":Infinity}]"#,
        r#"[{"a":-Infinity}]"#,
        r#"[{"a":undefined}]"#,
        r#"[{"a":True}]"#,
        "NaN",
        "[NaN]",
        "[1,NaN]",
        r#"[{"a":01}]"#,
        r#"[{"a":+1}]"#,
        r#"[{"a":.5}]"#,
        r#"[{"a":5.}]"#,
        r#"[{"a":1e}]"#,
        r#"[{"a":-}]"#,
        r#"[{"a":0x1}]"#,
        r#"[{"a":"}]"#,
        r#"[{"a":"\x"}]"#,
        r#"[{"a":"\u12"}]"#,
        r#"[{"a":"\u12g4"}]"#,
        "[{\"a\":\"\t\"}]",
        "[{\"a\":\"\n\"}]",
        "[{\"a\":\"\0\"}]",
        "[{\"a\":{\"b\":\"\u{1}\"}}]",
        "\u{feff}[]x",
        "\u{feff}[{}]",
        "\u{a0}[{}]",
        "[{}]\0",
        "[/**/{}]",
        r#""[{}""#,
        r#""[{}"#,
        r#""\ud800""#,
        r#""[{}] x""#,
        "[{}]\u{c}",
        "tru",
        // Half a pair, as a value, in a name, in what is passed over, and in a string in a string.
        r#"[{"a":"\ud800"}]"#,
        r#"[{"a":"\udc00"}]"#,
        r#"[{"a":"\ud800x"}]"#,
        r#"[{"a":"\ud800\n"}]"#,
        r#"[{"a":"\ud800\ud800"}]"#,
        r#"[{"a":"\udc00\ud800"}]"#,
        r#"[{"a":"\uD83D\uDE00\uDE00"}]"#,
        r#"[{"\ud800":1}]"#,
        r#"[{"a":["\ud800"]}]"#,
        r#"[{"a":{"\udfff":1}}]"#,
        r#"[{"a":[{"b":"\\\ud800"}]}]"#,
        r#"["\ud800"]"#,
        r#"{"a":"\ud800"}"#,
        r#"[1,{"a":{"b":"\ud800\u0041"}}]"#,
        r#""[{\"a\":[\"\\ud800\"]}]""#,
        r#"[{"a":"\ud800","a":1}]"#,
        r#"[{"a":"\ud800\\udc00"}]"#,
    ];
    for text in texts {
        assert!(is_not_json(text), "{text:?}: {:?}", parsed(text));
    }
    let Err(CellFault::NotJson(message)) = parsed(r#"[{"email":"someone@example.org",}]"#) else { panic!() };
    assert!(message.contains("column") && !message.contains("someone"), "{message}");
}

#[test]
fn depth_is_no_danger() {
    let depth = 1_000_000;
    let (open, close) = ("[".repeat(depth), "]".repeat(depth));
    assert_eq!(parsed(&format!(r#"[{{"a":{open}{close}}}]"#)), Ok((vec![entry(0, &[("a", None)])], vec![])));
    assert_eq!(parsed(&format!("{open}{close}")), Ok((vec![], vec![0])));
    assert!(is_not_json(&open));
    assert!(is_not_json(&format!(r#"[{{"a":{open}"#)));
    assert!(is_not_json(&format!(r#"[{{"a":{open}"\ud800"{close}}}]"#)));
    let (open, close) = (r#"{"a":"#.repeat(depth), "}".repeat(depth));
    assert_eq!(parsed(&format!("[{open}1{close}]")), Ok((vec![entry(0, &[("a", None)])], vec![])));
    assert_eq!(parsed(&format!("{open}1{close}")), Err(CellFault::NotArray));
    assert!(is_not_json(&open));
}

/// A random JSON text; numbers are written as serde_json's tree writes them.
fn random_json(rng: &mut fastrand::Rng, depth: u32, out: &mut String) {
    const STRINGS: &[&str] = &[
        r#""""#,
        r#""a""#,
        r#""b c""#,
        r#""\n""#,
        r#""\u00e9""#,
        r#""\ud83d\ude00""#,
        r#""é😀""#,
        r#""\\""#,
        r#""a\"""#,
    ];
    match rng.u32(0..if depth > 3 { 4 } else { 7 }) {
        0 => out.push_str(["null", "true", "false"][rng.usize(0..3)]),
        1 => out.push_str(&rng.i32(-99..999).to_string()),
        2 | 3 => out.push_str(STRINGS[rng.usize(0..STRINGS.len())]),
        kind => {
            let is_object = kind > 4;
            out.push(if is_object { '{' } else { '[' });
            for n in 0..rng.u32(0..5) {
                out.push_str(if n > 0 { "," } else { "" });
                if is_object {
                    out.push_str(STRINGS[rng.usize(0..STRINGS.len())]);
                    out.push(':');
                }
                random_json(rng, depth + 1, out);
            }
            out.push(if is_object { '}' } else { ']' });
        }
    }
}

/// What the rule says of a text, by way of serde_json's tree.
fn by_tree(text: &str) -> Result<(Vec<Plain>, Vec<u32>), CellFault> {
    let fault = |error: serde_json::Error| CellFault::NotJson(error.to_string());
    let mut tree: Value = serde_json::from_str(text).map_err(fault)?;
    if let Value::String(inner) = &tree {
        if is_nothing(inner) {
            return Ok((vec![], vec![]));
        }
        if !inner.trim_start().starts_with('[') {
            return Err(CellFault::NotArray);
        }
        tree = serde_json::from_str(inner).map_err(fault)?;
    }
    let Value::Array(elements) = tree else { return Err(CellFault::NotArray) };
    let (mut entries, mut bad) = (vec![], vec![]);
    for (place, element) in (0..).zip(elements) {
        let Value::Object(members) = element else {
            bad.push(place);
            continue;
        };
        let text = |value| match value {
            Value::String(text) => Some(text),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            _ => None,
        };
        entries.push((place, members.into_iter().map(|(name, value)| (name, text(value))).collect()));
    }
    Ok((entries, bad))
}

#[test]
fn random_cells_are_those_of_the_tree() {
    let mut rng = fastrand::Rng::with_seed(17);
    let (mut good, mut broken) = (0, 0);
    for round in 0..60_000 {
        let mut text = String::from("[");
        for n in 0..rng.u32(0..4) {
            text.push_str(if n > 0 { "," } else { "" });
            random_json(&mut rng, 0, &mut text);
        }
        text.push(']');
        if round % 5 == 0 {
            text = serde_json::to_string(&text).unwrap();
        }
        if round % 2 == 0 {
            // One character less, or another in its place.
            let at = rng.usize(0..text.chars().count());
            let other = ["", "x", "\"", "\\", "{", "]", ",", "\u{1}", "1", "u"][rng.usize(0..10)];
            let changed = |(n, c): (usize, char)| if n == at { other.to_owned() } else { c.to_string() };
            text = text.chars().enumerate().map(changed).collect();
        }
        if is_nothing(&text) {
            continue;
        }
        match (parsed(&text), by_tree(&text)) {
            (Err(CellFault::NotJson(_)), Err(CellFault::NotJson(_))) => broken += 1,
            (ours, expected) => {
                assert_eq!(ours, expected, "{text}");
                good += 1;
            }
        }
    }
    assert!(good > 20_000 && broken > 10_000, "{good} {broken}");
}
