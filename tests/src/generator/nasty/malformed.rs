//! JSON that is broken, of the wrong shape, encoded twice, or legal and unusual.

use super::Case;

pub(super) const CASES: &[Case] = &[
    ("JSON cut short", |slot| slot.set("learning_details", r#"[{"index": "1", "program_name": "Virtual Assis"#)),
    ("JSON with NaN", |slot| {
        slot.set(
            "employment_details",
            r#"[{"index": "1", "organisation_name": "Jumia", "start_date": "2020-01-01", "duration_in_years": NaN}]"#,
        );
    }),
    ("JSON with an unpaired surrogate", |slot| {
        slot.set("employment_details", r#"[{"index": "1", "organisation_name": "\ud83d Smile"}]"#);
    }),
    ("JSON with a trailing comma", |slot| {
        slot.set("education_details", r#"[{"index": "1", "institution_name": "Moi University",}]"#);
    }),
    ("JSON with single quotes", |slot| slot.set("placement_details", "[{'employment_type': 'Full-time'}]")),
    ("JSON followed by more", |slot| slot.set("placement_details", "[] []")),
    ("JSON with a raw newline in a string", |slot| {
        slot.set("employment_details", "[{\"organisation_name\": \"Line\nBreak\"}]");
    }),
    ("JSON with a byte order mark", |slot| slot.set("education_details", "\u{feff}[]")),
    ("JSON object for an array", |slot| {
        slot.set("employment_details", r#"{"index": "1", "organisation_name": "MTN", "start_date": "2020-01-01"}"#);
    }),
    ("JSON number for an array", |slot| slot.set("placement_details", "42")),
    ("JSON null for an array", |slot| slot.set("learning_details", "null")),
    ("JSON elements of other kinds", |slot| {
        slot.set("employment_details", r#"[1, "MTN", null, [], true, {"index": "6", "organisation_name": "MTN", "start_date": "2021-05-01", "end_date": "2022-05-01", "job_title": "Agent"}]"#);
    }),
    ("JSON nothing in words", |slot| {
        slot.set("learning_details", " N/A ");
        slot.set("employment_details", "None");
        slot.set("placement_details", "  [ ]  ");
        slot.set("education_details", "\" [] \"");
    }),
    ("JSON encoded twice", |slot| {
        slot.set("employment_details", r#""[{\"index\": \"1\", \"organisation_name\": \"Orange\", \"start_date\": \"2019-01-01\", \"end_date\": \"2020-01-01\", \"job_title\": \"Clerk \\u00e9\"}]""#);
        slot.set("placement_details", r#""[]""#);
    }),
    ("JSON encoded three times", |slot| slot.set("employment_details", r#""\"[]\"""#)),
    ("JSON text that is no array", |slot| slot.set("employment_details", r#""Orange""#)),
    ("JSON values that are no strings", |slot| {
        slot.set("employment_details", r#"[{"index": 7, "organisation_name": 3.50, "start_date": "2019-01-01", "end_date": null, "country": ["Kenya"], "job_title": {"a": 1}, "is_current": true, "duration_in_years": 1E+2}, {"index": 7.0, "organisation_name": true, "start_date": 20200101}]"#);
    }),
    ("JSON names twice", |slot| {
        slot.set("employment_details", r#"[{"index": "1", "organisation_name": "First", "organisation_name": "Last", "start_date": "2020-01-01", "start_date": "2021-01-01", "end_date": "2022-01-01"}]"#);
    }),
    ("JSON with escapes", |slot| {
        slot.set("employment_details", r#"[{"index": "1", "organisation_name": "Caf\u00e9 \"Lune\" \\ Fils\/Co \ud83d\ude00", "start_date": "2020-01-01", "end_date": "2021-01-01", "job_title": "Tab\tNew\nline\u0000nul"}]"#);
    }),
    ("JSON deep and empty", |slot| {
        slot.set(
            "employment_details",
            format!("[{{\"organisation_name\": \"Deep\", \"more\": {}1{}}}, {{}}]", "[".repeat(60), "]".repeat(60)),
        );
    }),
];
