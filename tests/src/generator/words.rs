//! The vocabulary: lists of words, one a line, that stand beside the code. Names are made of them.

macro_rules! words {
    ($(#[doc = $doc:literal] $name:ident: $file:literal,)*) => {$(
        #[doc = $doc]
        pub static $name: std::sync::LazyLock<Vec<&'static str>> =
            std::sync::LazyLock::new(|| include_str!(concat!("words/", $file)).lines().collect());
    )*};
}

words! {
    /// What city names end with.
    CITY_ENDS: "city-ends.txt",
    /// What stands before some city names.
    CITY_ADDITIONS: "city-additions.txt",
    /// What city names begin with.
    CITY_STARTS: "city-starts.txt",
    /// Titles of jobs, those with a keyword of GRAPH.md among them.
    JOB_TITLES: "job-titles.txt",
    /// Organisations that many people name.
    ORGANISATIONS: "organisations.txt",
    /// First words of invented organisations.
    ORGANISATION_FIRSTS: "organisation-firsts.txt",
    /// Their trades.
    ORGANISATION_SECONDS: "organisation-seconds.txt",
    /// What follows the trade, if anything.
    ORGANISATION_THIRDS: "organisation-thirds.txt",
    /// Kinds of school.
    SCHOOL_KINDS: "school-kinds.txt",
    /// Names of schools.
    SCHOOL_NAMES: "school-names.txt",
    /// The most frequent skills.
    SKILLS: "skills.txt",
    /// Second words of the other skills.
    SKILL_CRAFTS: "skill-crafts.txt",
    /// First words of the other skills.
    SKILL_FIELDS: "skill-fields.txt",
    /// Fields of study.
    STUDY_FIELDS: "study-fields.txt",
}
