//! What a mapping must not get away with: small mappings, and the findings or plans that come of them.
//!
//! In: mappings of one table `t`. Out: nothing but the verdict. Findings are compared whole, so that none is said by the way.

use super::*;
use crate::mapping::resolved::Origin;

/// Resolves a mapping of the table `t (id, other, note, tags: text, number: whole number)`.
fn resolved(sources: &str, targets: &str) -> Result<Resolved, Vec<String>> {
    let mapping = Mapping::parse("m", &format!("{{version: '1', sources: [{sources}], targets: {targets}}}"), None);
    let mapping = mapping.map_err(lines)?;
    let texts =
        ["id", "other", "note", "tags"].map(|name| (name.to_owned(), ColumnKind::Property(PropertyType::String)));
    let number = ("number".to_owned(), ColumnKind::Property(PropertyType::Integer));
    let tables = BTreeMap::from([("t".to_owned(), texts.into_iter().chain([number]).collect())]);
    resolve(&mapping, &tables).map_err(lines)
}

fn lines(error: MappingError) -> Vec<String> {
    match error {
        MappingError::Findings { findings, .. } => {
            findings.iter().map(|finding| format!("{}: {}", finding.path, finding.message)).collect()
        }
        other => vec![other.to_string()],
    }
}

const ROWS: &str = "{name: rows, type: snapshot, table: t, group_by: id}";
const TAGS: &str = "{name: tags, type: snapshot, of: rows, explode: {column: tags, split: ','}}";
const NODES: &str = "{name: n, source: rows, labels: [N], properties: [{source_field: id, target_property: id}],
    schema: {unique_constraints: [{name: n_id, label: N, properties: [id]}]}}";

/// The targets `NODES` and these relationships.
fn with_relationships(relationships: &str) -> String {
    format!("{{nodes: [{NODES}], relationships: [{relationships}]}}")
}

#[test]
fn rows_cannot_be_chosen_or_joined_by_what_their_items_give() {
    let nodes = format!("{{nodes: [{NODES}]}}");
    let late = "a field that is made of items is known too late for this";
    let fields = "fields: {tagged: {count: {of: tags}}, many: {test: {field: tagged, at_least: 2}}}";
    let chosen =
        format!("{{name: rows, type: snapshot, table: t, where: {{field: many, equals: true}}, {fields}}}, {TAGS}");
    assert_eq!(resolved(&chosen, &nodes).unwrap_err(), [format!("$.sources[0].where: {late}")]);
    let joined = format!("{{name: rows, type: snapshot, table: t, group_by: tagged, {fields}}}, {TAGS}");
    assert_eq!(resolved(&joined, &nodes).unwrap_err(), [format!("$.sources[0].group_by: {late}")]);
    let early = format!("{{name: rows, type: snapshot, table: t, where: {{present: note}}, {fields}}}, {TAGS}");
    assert!(resolved(&early, &nodes).is_ok());
}

#[test]
fn a_table_without_a_snapshot_hides_no_other_finding() {
    let sources = format!("{ROWS}, {{name: gone, type: snapshot, table: gone, group_by: id}}");
    let gone = "{name: g, source: gone, labels: [G], properties: [{source_field: id, target_property: id},
          {source_field: x, target_property: x}, {source_field: y, target_property: y}], together: [[x, y]],
        schema: {unique_constraints: [{name: g_id, label: G, properties: [id]}]}}";
    let other = "{name: o, source: rows, labels: [O], properties: [{source_field: othr, target_property: other}],
        schema: {unique_constraints: [{name: o_other, label: O, properties: [other]}]}}";
    let relationships = "{name: r, source: rows, type: R, start_node_reference: n,
          end_node_reference: {name: g, key_mappings: [{source_field: id, node_property: id}]}},
        {name: s, source: gone, type: S, start_node_reference: g, end_node_reference: g,
          identity: [x], properties: [{source_field: x, target_property: x}]}";
    let targets = format!("{{nodes: [{NODES}, {gone}, {other}], relationships: [{relationships}]}}");
    let findings = resolved(&sources, &targets).unwrap_err();
    let said = |words: &str| findings.iter().any(|finding| finding.contains(words));
    assert!(said("$.sources[1]: there is no snapshot of table `gone`"), "{findings:#?}");
    assert!(said("source `rows` has no field `othr`"), "{findings:#?}");
    assert_eq!(findings.len(), 2, "{findings:#?}");
}

#[test]
fn a_target_that_lacks_the_key_of_its_labels_is_a_finding() {
    let other = "{name: o, source: rows, labels: [N], properties: [{source_field: other, target_property: other}],
        schema: {unique_constraints: [{name: n_other, label: N, properties: [other]}]}}";
    let findings = resolved(ROWS, &format!("{{nodes: [{NODES}, {other}]}}")).unwrap_err();
    assert_eq!(findings, ["$.targets.nodes[1]: the key property `id` is not among its properties"]);
}

#[test]
fn relationships_of_two_sources_of_rows_are_not_streamed() {
    let of = |source: &str| {
        format!(
            "{{name: of_{source}, source: {source}, type: R, start_node_reference: n, end_node_reference:
              {{name: n, key_mappings: [{{source_field: other, node_property: id}}]}}}}"
        )
    };
    let again = ROWS.replace("name: rows", "name: again");
    let one = resolved(ROWS, &with_relationships(&of("rows"))).unwrap();
    assert!(one.relationships[0].streams);
    let two = resolved(&format!("{ROWS}, {again}"), &with_relationships(&format!("{}, {}", of("rows"), of("again"))));
    let two = two.unwrap();
    assert_eq!(two.relationships.len(), 1);
    assert!(!two.relationships[0].streams);
}

#[test]
fn a_default_is_not_lost_where_the_target_wants_another_type() {
    let node = |field: &str| {
        format!(
            "{{nodes: [{}]}}",
            NODES.replace(
                "target_property: id}]",
                &format!(
                    "target_property: id}}, {{source_field: {field}, target_property: p, target_property_type: string}}]"
                )
            )
        )
    };
    let rows = "{name: rows, type: snapshot, table: t, group_by: id, fields: {filled: {column: number, default: 7}}}";
    let origin = |field: &str| {
        let resolved = resolved(rows, &node(field)).unwrap();
        let fields = &resolved.scans[0].records[0].fields;
        let made = fields.iter().find(|made| made.name == format!("{field} as text")).unwrap();
        matches!(made.origin, Origin::Field(_))
    };
    assert!(origin("filled"), "it is made of the field with the default");
    assert!(!origin("number"), "it is read of the column itself");
}

#[test]
fn each_kind_of_source_has_its_own_words() {
    let nodes = format!("{{nodes: [{NODES}]}}");
    let listed = "{name: rows, type: snapshot, table: t, rows: [{id: a}]}";
    assert_eq!(resolved(listed, &nodes).unwrap_err(), ["$.sources[0]: `rows` are for sources of type `inline`"]);
    let exploded = "{name: rows, type: inline, rows: [{id: a}], explode: {column: id, split: ',', as: id}}";
    let findings = resolved(exploded, &nodes).unwrap_err();
    assert_eq!(findings, ["$.sources[0]: an inline source has `rows` and nothing else"]);
}

#[test]
fn each_way_to_explode_has_its_own_words() {
    let nodes = "{nodes: [{name: n, source: tags, labels: [N], properties: [{source_field: id, target_property: id}],
        schema: {unique_constraints: [{name: n_id, label: N, properties: [id]}]}}]}";
    let findings = |explode: &str, from: &str| {
        let tags = format!(
            "{{name: tags, type: snapshot, of: rows, explode: {{column: tags, {explode}}}, fields: {{id: {{from: {from}}}}}}}"
        );
        resolved(&format!("{ROWS}, {tags}"), nodes).err().unwrap_or_default()
    };
    assert_eq!(findings("path: '$.a[*]', distinct: id, limit: 3, index: {as: at, from: n}", "id"), [""; 0]);
    assert_eq!(findings("split: ',', trim: true, drop_empty: true", "item"), [""; 0]);
    let place = "$.sources[1]";
    let together = "`distinct` and `limit` go with `split` or `path`";
    assert_eq!(findings("json: array, distinct: id", "id"), [format!("{place}: {together}")]);
    let trimmed = "`as`, `trim` and `drop_empty` go with `split`";
    assert_eq!(findings("path: '$[*]', trim: true", "id"), [format!("{place}: {trimmed}")]);
    let one = "`explode` has one of `split`, `json: array` and `path`";
    assert_eq!(findings("path: '$[*]', json: array", "id"), [format!("{place}: {one}")]);
    let inside = findings("path: '$.a[*]'", "'$.b[*].id'");
    assert!(inside.len() == 1 && inside[0].starts_with("$.sources[1].fields.id: `$.b[*].id` goes into"), "{inside:?}");
}

#[test]
fn a_list_is_no_text() {
    let list = |more: &str| {
        let fields = format!("fields: {{f: {{column: note, split: {{by: ','}}{more}}}}}");
        let nodes =
            NODES.replace("target_property: id}]", "target_property: id}, {source_field: f, target_property: f}]");
        resolved(&ROWS.replace("group_by: id", &format!("group_by: id, {fields}")), &format!("{{nodes: [{nodes}]}}"))
    };
    let kind = |more: &str| list(more).unwrap().nodes[0].properties[1].kind;
    assert_eq!(kind(""), PropertyType::StringArray);
    assert_eq!(kind(", type: string_array"), PropertyType::StringArray);
    assert_eq!(kind(", type: integer_array"), PropertyType::IntegerArray);
    for (more, wanted) in [
        (", type: text", "a list cannot be read as a text"),
        (", type: integer", "a list cannot be read as a whole number"),
        (", max_bytes: 9", "measures a text"),
        (", default: x", "a constant that is a list"),
    ] {
        let findings = list(more).unwrap_err();
        assert!(findings.len() == 1 && findings[0].contains(wanted), "{more}: {findings:?}");
    }
}

#[test]
fn a_word_beside_an_operand_or_a_reference_is_not_passed_over() {
    let rows = |value: &str| ROWS.replace("group_by: id", &format!("fields: {{f: {{value: {value}}}}}"));
    let nodes = format!("{{nodes: [{NODES}]}}");
    assert!(resolved(&rows("{field: id}"), &nodes).is_ok());
    assert!(resolved(&rows("{field: id, default: x}"), &nodes).unwrap_err()[0].contains("sources[0].fields.f.value"));
    let reference = |more: &str| {
        with_relationships(&format!(
            "{{name: r, source: rows, type: R, start_node_reference: n, end_node_reference:
              {{name: n, key_mappings: [{{source_field: other, node_property: id}}]{more}}}}}"
        ))
    };
    assert!(resolved(ROWS, &reference("")).is_ok());
    assert!(resolved(ROWS, &reference(", filter: x")).unwrap_err()[0].contains("end_node_reference"));
}

#[test]
fn what_a_target_depends_on_comes_before_it() {
    let node = |name: &str, more: &str| {
        format!(
            "{{name: {name}, source: rows, labels: [{name}], properties: [{{source_field: id, target_property: id}}],
              schema: {{unique_constraints: [{{name: {name}_id, label: {name}, properties: [id]}}]}}{more}}}"
        )
    };
    let relationship = |name: &str, more: &str| {
        format!("{{name: {name}, source: rows, type: {name}, start_node_reference: b, end_node_reference: c{more}}}")
    };
    let targets = |first: &str| {
        format!(
            "{{nodes: [{}, {}, {}], relationships: [{}, {}]}}",
            node("a", first),
            node("b", ", depends_on: [c]"),
            node("c", ""),
            relationship("r", ", depends_on: [s]"),
            relationship("s", "")
        )
    };
    let tables = |resolved: &Resolved| -> Vec<String> {
        let nodes = resolved.nodes.iter().map(|table| table.table.clone());
        nodes.chain(resolved.relationships.iter().map(|table| table.table.clone())).collect()
    };
    let plain = resolved(ROWS, &targets("")).unwrap();
    assert_eq!(tables(&plain), ["a", "c", "b", "s", "r"]);
    let all = resolved(ROWS, &targets(", depends_on: [b]")).unwrap();
    assert_eq!(tables(&all), ["c", "b", "a", "s", "r"]);
    let findings = resolved(ROWS, &targets(", depends_on: [r]")).unwrap_err();
    assert!(findings.len() == 1 && findings[0].contains("nodes are written before relationships"), "{findings:?}");
    let findings = resolved(ROWS, &targets(", write_mode: create")).unwrap_err();
    assert!(findings.len() == 1 && findings[0].contains("targets.nodes[0].write_mode"), "{findings:?}");
}

#[test]
fn a_value_of_another_type_than_its_column_is_a_finding() {
    let rows = |rows: &str| format!("{ROWS}, {{name: listed, type: inline, rows: [{rows}]}}");
    let nodes = format!(
        "{{nodes: [{NODES}, {{name: l, source: listed, labels: [L], properties: [{{source_field: k, target_property: k}},
         {{source_field: v, target_property: v}}], schema: {{unique_constraints: [{{name: l_k, label: L, properties: [k]}}]}}}}]}}"
    );
    assert!(resolved(&rows("{k: a, v: ~}, {k: b, v: 1.5}, {k: c, v: 2}"), &nodes).is_ok());
    let findings = resolved(&rows("{k: a, v: 1}, {k: b, v: two}, {k: c, v: 2.5}, {k: [d]}"), &nodes).unwrap_err();
    assert_eq!(
        findings,
        [
            "$.sources[1].rows[1].v: a text in a column whose first value is a whole number",
            "$.sources[1].rows[2].v: a number in a column whose first value is a whole number",
            "$.sources[1].rows[3].k: a list or a map in a column whose first value is a text",
        ]
    );
}

#[test]
fn every_type_of_the_specification_is_honoured_or_refused() {
    let node = |kind: &str| {
        NODES.replace(
            "target_property: id}]",
            &format!(
                "target_property: id}}, {{source_field: note, target_property: p, target_property_type: {kind}}}]"
            ),
        )
    };
    let honoured = "boolean date duration float integer local_datetime local_time point zoned_datetime zoned_time";
    for kind in honoured.split(' ') {
        for kind in [kind.to_owned(), kind.to_uppercase(), format!("{kind}_array"), format!("{{name: {kind}}}")] {
            let plan = resolved(ROWS, &format!("{{nodes: [{}]}}", node(&kind)));
            assert!(plan.is_ok(), "{kind}: {:?}", plan.err());
        }
    }
    for kind in ["byte_array", "{name: float_vector, dimension: 3}"] {
        let findings = resolved(ROWS, &format!("{{nodes: [{}]}}", node(kind))).unwrap_err();
        assert!(findings[0].contains("writes no property of type"), "{findings:?}");
    }
}
