//! Keys: missing, doubled, spelled in other ways; rows of one learner with equal and unequal entries; texts too long to index.

use super::super::table::Cell;
use super::Case;

pub(super) const CASES: &[Case] = &[
    ("key NULL", |slot| slot.set("hashed_email", Cell::Null)),
    ("key empty", |slot| slot.set("hashed_email", "")),
    ("key n/a", |slot| slot.set("hashed_email", " N/A ")),
    ("key blanks", |slot| slot.set("hashed_email", " \t\u{a0}")),
    ("key too long", |slot| slot.set("hashed_email", "f0".repeat(4_500))),
    // One learner in two rows, all other columns as they come.
    ("twice A1", |_| ()),
    // One learner in three rows: blanks around the key, equal entries in other order of names, null against an absent name.
    ("thrice B1", |slot| {
        slot.set("skills_list", "Python, SQL,Negotiation");
        slot.set("employment_details", r#"[{"index": "1", "organisation_name": "Andela", "start_date": "2020-02-01", "end_date": "2021-02-01", "country": "Kenya", "job_title": "Engineer", "is_current": "0", "duration_in_years": "1.0"}, {"index": "2", "organisation_name": "Jumia", "start_date": "2021-03-15", "end_date": null, "job_title": "Lead"}]"#);
        slot.set("learning_details", r#"[{"index": "1", "program_name": "Virtual Assistant", "cohort_code": "VA-C1", "program_start_date": "2022-09-05", "program_end_date": "2022-11-04", "enrollment_status": "Graduated", "program_graduation_date": "2022-11-10"}]"#);
        slot.set("placement_details", r#"[{"employment_type": "Full-time", "job_start_date": "2022-12-01", "organisation_name": "Jumia", "salary_range": "n/a", "job_title": "Lead"}]"#);
    }),
    ("twice A2", |slot| slot.set("hashed_email", slot.key_of("twice A1"))),
    ("thrice B2", |slot| {
        slot.set("hashed_email", format!("  {}\t", slot.key_of("thrice B1")));
        slot.set("full_name", Cell::Null);
        slot.set("skills_list", "sql,  python, Public Speaking");
        slot.set("employment_details", r#"[{"organisation_name": "Andela", "index": "1", "end_date": "2021-02-01", "start_date": "2020-02-01", "job_title": "Engineer", "country": "Kenya", "duration_in_years": "1.0", "is_current": "0"}, {"index": "2", "organisation_name": "Jumia", "start_date": "2021-03-15", "job_title": "Lead"}, {"index": "2", "organisation_name": "Jumia ", "start_date": "2021-03-15", "end_date": null, "job_title": "Lead"}]"#);
        slot.set("learning_details", r#"[{"index": "1", "program_name": "Software Engineering", "cohort_code": "SE-C13", "program_start_date": "2024-03-04", "program_end_date": "2025-03-04", "enrollment_status": "Dropped Out", "program_graduation_date": "1970-01-01"}]"#);
    }),
    ("thrice B3", |slot| {
        slot.set("hashed_email", slot.key_of("thrice B1"));
        slot.set("employment_details", r#"[{"index": 1, "organisation_name": "Andela", "start_date": "2020-02-01", "end_date": "2021-02-01", "country": "Kenya", "job_title": "Engineer", "is_current": 0, "duration_in_years": 1.0}]"#);
        slot.set("learning_details", r#"[{"index": "1", "program_name": "Virtual Assistant", "cohort_code": "VA-C1", "program_start_date": "2022-09-05", "program_end_date": "2022-11-04", "enrollment_status": "Graduated", "program_graduation_date": "2022-11-10"}, {"index": "x", "program_name": "AI Career Essentials", "cohort_code": "AiCE-C3", "program_start_date": "2025-01-06", "program_end_date": "2999-01-01", "enrollment_status": "Enrolled"}]"#);
    }),
    ("key in capitals is another", |slot| slot.set("hashed_email", slot.key_of("twice A1").to_uppercase())),
    ("row of NULLs", |slot| {
        for (column, _) in super::super::table::COLUMNS.iter().skip(1) {
            slot.set(column, Cell::Null);
        }
    }),
    ("city name too long", |slot| {
        slot.set("country_of_residence", "Ghana");
        slot.set("city_of_residence", "Llan".repeat(2_300));
    }),
    ("country name too long", |slot| slot.set("country_of_origin", "Utopia ".repeat(1_300))),
    ("skill too long", |slot| slot.set("skills_list", format!("SQL,{},Python", "deep ".repeat(2_000)))),
    ("organisation too long", |slot| {
        slot.set("employment_details", format!(r#"[{{"index": "1", "organisation_name": "{}", "start_date": "2020-01-01", "end_date": "2020-06-01", "job_title": "Clerk"}}]"#, "Very ".repeat(1_900)));
    }),
    ("cohort too long", |slot| {
        slot.set("learning_details", format!(r#"[{{"index": "1", "program_name": "Data Science", "cohort_code": "DS-{}", "program_start_date": "2023-01-09", "program_end_date": "2024-01-09", "enrollment_status": "Graduated", "program_graduation_date": "2024-01-10"}}]"#, "C".repeat(8_000)));
    }),
    ("program name too long", |slot| {
        slot.set("learning_details", format!(r#"[{{"index": "1", "program_name": "{}", "cohort_code": "PM-C1", "program_start_date": "2023-01-09", "enrollment_status": "Enrolled"}}]"#, "Product ".repeat(1_100)));
    }),
];
