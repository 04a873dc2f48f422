//! The codes of findings: stable words for programs, each explained once.
//!
//! In: a rule that a file breaks. Out: its code, and what it means. A code is never given another meaning; docs/findings.md is
//! made of this list, and a test compares the two.

macro_rules! codes {
    ($($(#[$note:meta])* $name:ident = $text:literal, $spec:literal, $meaning:literal;)*) => {
        /// Why a file is not a valid mapping.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $name,)*
        }

        impl Code {
            /// All codes, in the order of the documentation.
            pub const ALL: &[Code] = &[$(Code::$name),*];

            /// The code as programs read it.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Codes of the specification's own validators for the same, where it has some.
            pub const fn specification(self) -> &'static str {
                match self { $(Self::$name => $spec,)* }
            }

            /// What it means.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }
        }
    };
}

codes! {
    NotReadable = "not-readable", "", "The file is neither YAML nor JSON; line and column are given.";
    MissingKey = "missing-key", "SCHM", "A key that must be there is not.";
    UnknownKey = "unknown-key", "SCHM", "A key that is not allowed here.";
    WrongType = "wrong-type", "SCHM", "A value of another kind than the one that is asked for: a text for a list, a number for a text.";
    WrongValue = "wrong-value", "SCHM", "None of the values that are allowed here.";
    Empty = "empty", "SCHM", "An empty or blank text, or an empty list, where there must be something.";
    OutOfRange = "out-of-range", "SCHM", "A number that is too small or too large.";
    NoTargets = "no-targets", "SCHM", "`targets` holds neither `nodes` nor `relationships` nor `queries`.";
    RepeatedName = "repeated-name", "DUPL-001", "Two of all sources, targets and actions have one name.";
    UnknownSource = "unknown-source", "DANG-001", "A target reads a source that is not there.";
    UnknownDependency = "unknown-dependency", "DANG-002", "`depends_on` names a target that is not there.";
    UnknownNode = "unknown-node", "DANG-003", "A relationship refers to a node target that is not there.";
    InactiveNode = "inactive-node", "DANG-004", "An active relationship refers to an inactive node target.";
    RepeatedDependency = "repeated-dependency", "DUPL-003", "`depends_on` names a target twice.";
    NeedlessDependency = "needless-dependency", "NRRD-001", "A relationship depends on a node target that it refers to anyway.";
    DependencyCycle = "dependency-cycle", "CYCL-001", "Targets depend on each other in a circle.";
    NothingActive = "nothing-active", "IDLE-001", "No target is active.";
    RepeatedLabel = "repeated-label", "DUPL-008, DUPL-010", "A label stands twice in one list.";
    RepeatedProperty = "repeated-property", "DUPL-009", "Two mappings of one target have the same target property.";
    RepeatedAggregate = "repeated-aggregate", "DUPL-007", "Two aggregations of one target have the same field name.";
    NeedlessDimension = "needless-dimension", "TYPE-002", "A type that is no vector has a dimension.";
    UnknownLabel = "unknown-label", "DANG-006, -008, -010, -012, -013, -015, -017, -019, -021", "A constraint or index is on a label that its target does not have.";
    UnknownProperty = "unknown-property", "DANG-005, -007, -009, -011, -014, -016, -018, -020, -022", "A constraint or index is on a property that its target does not map.";
    UntypedProperty = "untyped-property", "TYPE-001", "A type constraint is on a property without `target_property_type`.";
    ByteArrayConstraint = "byte-array-constraint", "NBYT-001", "A type constraint is on a property of type `byte_array`, for which Neo4j has none.";
    RepeatedDefinition = "repeated-definition", "DUPL-012", "Two constraints or indexes of one kind cover the same.";
    RepeatedDefinitionName = "repeated-definition-name", "DUPL-011", "Two different constraints or indexes have one name.";
    NeedlessDefinition = "needless-definition", "NRDC-001 to -004", "A constraint or index is already given by another one of the target.";
    UnknownKeyProperty = "unknown-key-property", "DANG-024", "A key mapping names a property that the node target does not map.";
    NotAKeyProperty = "not-a-key-property", "DANG-023", "A key mapping names a property that is in no key or uniqueness constraint of the node target.";
    KeylessNode = "keyless-node", "NKRN-001", "A relationship refers to a node target without key or uniqueness constraint.";
    IncompleteKey = "incomplete-key", "NINR-001", "Key mappings give only some of the properties of a constraint.";
    AmbiguousKey = "ambiguous-key", "EONR-001", "Key mappings do not match exactly one key or uniqueness constraint.";
    UnknownActionType = "unknown-action-type", "", "An action of a type that is not `cypher`.";
    BlankQuery = "blank-query", "CYPH-001", "A Cypher action has a blank query.";
    UnknownExecutionMode = "unknown-execution-mode", "CYPH-002", "`execution_mode` is neither `transaction` nor `autocommit`.";
    GraphTypeAction = "graph-type-action", "GTNA-001", "With `enable_graph_type` there can be no actions.";
    GraphTypeQuery = "graph-type-query", "GTNQ-001", "With `enable_graph_type` there can be no query targets.";
    GraphTypeLabel = "graph-type-label", "GTPL-001, GTPL-002", "With `enable_graph_type` the first label of a node target is no other target's label.";
    GraphTypeType = "graph-type-type", "GTRT-001", "With `enable_graph_type` two relationship targets cannot have one type.";
    NotOurs = "not-ours", "", "A word, or a value, that this program's own vocabulary of sources, fields and targets does not have.";
    UnknownSourceType = "unknown-source-type", "", "A source of a type that this program cannot read: it reads `snapshot` and `inline`.";
    NotHonoured = "not-honoured", "", "A construct of the specification that this program cannot honour, so refuses to pass over.";
    Misplaced = "misplaced", "", "Keys that do not go together, or one that needs another.";
    NoSnapshot = "no-snapshot", "", "A source reads a table of which there is no snapshot.";
    UnknownColumn = "unknown-column", "", "The table of the snapshot has no such column.";
    UnusableColumn = "unusable-column", "", "The column holds what no property can hold.";
    UnknownField = "unknown-field", "", "The source has no such field.";
    UnknownLookup = "unknown-lookup", "", "There is no such lookup table, or it has no such column.";
    WrongSource = "wrong-source", "", "The source is there, but of a kind that cannot be used here.";
    WrongFieldType = "wrong-field-type", "", "A field has another type than the one that is needed here.";
    FieldCycle = "field-cycle", "", "A field needs itself.";
    KnownTooLate = "known-too-late", "", "A field that is made of items is needed before there are items.";
    NoKey = "no-key", "", "Nothing says which properties are the key of a node target.";
    KeyNotMapped = "key-not-mapped", "", "A key property is not among the properties, or the fields, that could give it.";
    DifferingTargets = "differing-targets", "", "Targets that make one table say different things of it.";
    ServerLacks = "server-lacks", "VERS-001", "The server's edition or version does not have this kind of constraint or index.";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}
