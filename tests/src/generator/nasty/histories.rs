//! Histories: dates that are missing, impossible or in the wrong order, and the patterns of GRAPH.md's timelines.

use super::super::json::Array;
use super::{Case, Slot};

/// Sets jobs of (organisation, start, end, title); the learner has no placement and no work flag.
fn jobs(slot: &mut Slot<'_>, jobs: &[(&str, &str, &str, &str)]) {
    let mut array = Array::new(jobs.len() * 200);
    for (place, (organisation, start, end, title)) in jobs.iter().enumerate() {
        array.object().string("index", &(place + 1).to_string()).string("organisation_name", organisation);
        array.string("start_date", start).string("end_date", end).string("country", "Kenya").string("job_title", title);
        array.string("is_current", "0").string("duration_in_years", "-99");
    }
    slot.set("employment_details", array.finish());
    slot.set("placement_details", "[]");
    slot.set("is_running_a_venture", 0_i64);
    slot.set("is_wage_employed", 0_i64);
}

/// Sets enrolments of (status, start, end, graduation). Ordinary learners have one; joined rows have more.
fn enrolments(slot: &mut Slot<'_>, enrolments: &[(&str, &str, &str, &str)]) {
    let mut array = Array::new(enrolments.len() * 200);
    for (place, (status, start, end, graduation)) in enrolments.iter().enumerate() {
        array.object().string("index", &(place + 1).to_string()).string("program_name", "Founder Academy");
        array.string("cohort_code", &format!("FA-C{}", place + 1)).string("program_start_date", start);
        array
            .string("program_end_date", end)
            .string("enrollment_status", status)
            .string("program_graduation_date", graduation);
    }
    slot.set("learning_details", array.finish());
}

pub(super) const CASES: &[Case] = &[
    ("two jobs at one organisation", |slot| {
        jobs(
            slot,
            &[
                ("MTN", "2019-01-01", "2020-01-01", "Agent"),
                ("MTN", "2021-01-01", "2022-01-01", "Supervisor"),
                ("MTN", "2021-01-01", "2022-01-01", "Supervisor"),
            ],
        );
    }),
    ("jobs without a date", |slot| {
        jobs(
            slot,
            &[
                ("Jumia", "n/a", "", "Courier"),
                ("Bolt", "1970-01-01", "2020-05-01", "Driver"),
                ("Uber", "", "9999-12-31", "Founder"),
            ],
        );
    }),
    ("end before start", |slot| jobs(slot, &[("Upwork", "2021-05-01", "2020-01-01", "Writer")])),
    ("dates that are none", |slot| {
        jobs(
            slot,
            &[
                ("A", "2021-02-30", "2021-13-01", "x"),
                ("B", "01/05/2020", "2020-5-1", "y"),
                ("C", "1969-12-31", "9999-12-31 00:00:00", "z"),
                ("D", "2020-01-01T23:59:59+03:00", "2020-02-01 junk", "w"),
                ("E", "2090-01-01", "-99", "v"),
            ],
        );
    }),
    ("a job in the future", |slot| {
        jobs(
            slot,
            &[("Later Ltd", "2030-01-01", "9999-12-31", "CEO"), ("Now Ltd", "2020-01-01", "2030-06-30", "Clerk")],
        );
    }),
    ("a job of no day", |slot| {
        jobs(slot, &[("Blink", "2020-01-01", "2020-01-01", "Temp"), ("Steady", "2020-06-01", "2021-01-01", "Clerk")]);
    }),
    ("jobs over one another", |slot| {
        jobs(
            slot,
            &[
                ("A", "2010-01-01", "2020-01-01", "Nurse"),
                ("B", "2012-01-01", "2013-01-01", "Nurse"),
                ("C", "2016-01-01", "9999-12-31", "Freelance Nurse"),
                ("D", "2016-01-01", "9999-12-31", "co-founder"),
            ],
        );
    }),
    ("gaps of 30 and 31 days", |slot| {
        jobs(
            slot,
            &[
                ("A", "2019-01-01", "2019-03-01", "x"),
                ("B", "2019-03-31", "2019-05-01", "y"),
                ("C", "2019-06-01", "2019-12-31", "z"),
            ],
        );
    }),
    ("fourteen jobs", |slot| {
        let starts: Vec<String> = (0..14).map(|n| format!("{}-0{}-01", 2012 + n, 1 + n % 9)).collect();
        let list: Vec<_> = starts.iter().map(|start| ("Odd Jobs", start.as_str(), "n/a", "Handyman")).collect();
        jobs(slot, &list);
    }),
    ("titles with and without a keyword", |slot| {
        jobs(
            slot,
            &[
                ("A", "2015-01-01", "2016-01-01", "Product Owner"),
                ("B", "2016-01-01", "2017-01-01", "Owner"),
                ("C", "2017-01-01", "2018-01-01", "Ownership clerk"),
                ("Startup Grind", "2018-01-01", "2019-01-01", "n/a"),
                ("n/a", "2019-01-01", "2020-01-01", "n/a"),
                ("D", "2020-01-01", "2021-01-01", "SELF-EMPLOYED"),
            ],
        );
    }),
    ("wage and venture in one placement", |slot| {
        slot.set("placement_details", r#"[{"employment_type": "Contract", "job_start_date": "2023-01-01", "organisation_name": "Fiverr", "salary_range": "$0 - $250", "job_title": "Tutor"}, {"business_name": null, "job_start_date": "n/a"}, {"business_name": "Home Bakery", "job_start_date": "2024-01-01", "jobs_created_to_date": 2, "capital_secured_todate": 500.0, "female_opp_todate": 1}]"#);
    }),
    ("indexes doubled and missing", |slot| {
        slot.set("employment_details", r#"[{"index": "2", "organisation_name": "A", "start_date": "2020-01-01"}, {"index": "2", "organisation_name": "B", "start_date": "2020-01-02"}, {"organisation_name": "C", "start_date": "2020-01-03"}, {"index": "-1", "organisation_name": "D", "start_date": "2020-01-04"}, {"index": "1.0", "organisation_name": "E", "start_date": "2020-01-05"}]"#);
    }),
    ("Dropped out, spelled so", |slot| enrolments(slot, &[("Dropped out", "2026-09-01", "2027-03-31", "1970-01-01")])),
    ("statuses in other words", |slot| {
        enrolments(
            slot,
            &[
                ("COMPLETED", "2020-01-01", "2020-06-01", "n/a"),
                ("Withdrawn", "2021-01-01", "2021-06-01", ""),
                ("Suspended", "2022-01-01", "2022-06-01", ""),
                ("", "2023-01-01", "9999-12-31", ""),
            ],
        );
    }),
    ("graduated without a start", |slot| enrolments(slot, &[("Graduated", "1970-01-01", "2022-04-01", "2022-05-01")])),
    ("a gap between programs", |slot| {
        enrolments(
            slot,
            &[
                ("Dropped Out", "2020-01-01", "2020-06-01", "1970-01-01"),
                ("Enrolled", "2021-03-01", "n/a", "1970-01-01"),
            ],
        );
    }),
    ("no program and no cohort", |slot| {
        slot.set("learning_details", r#"[{"index": "1", "program_name": "n/a", "cohort_code": "", "program_start_date": "2024-01-01", "program_end_date": "2024-06-01", "enrollment_status": "Enrolled"}, {"index": "2", "program_name": "Data  Science", "cohort_code": "n/a", "program_start_date": "2024-07-01", "enrollment_status": "Enrolled"}, {"index": "3", "program_name": " - ", "program_start_date": "2024-09-01", "enrollment_status": "Enrolled"}]"#);
    }),
    ("eleven schools", |slot| {
        let mut array = Array::new(3_000);
        for place in 1..=11 {
            array.object().string("index", &place.to_string()).string("institution_name", " University  of NAIROBI ");
            array.string("start_date", "2010-01-01").string("end_date", "9999-12-31").string("field_of_study", "n/a");
            array.string("level_of_study", "PHD").string("graduated", "yes");
        }
        slot.set("education_details", array.finish());
    }),
];
