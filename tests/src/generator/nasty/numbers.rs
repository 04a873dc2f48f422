//! Numbers: out of range, in unusual spellings, flags that are no flags, coordinates off the globe.

use super::super::table::Cell;
use super::Case;

pub(super) const CASES: &[Case] = &[
    ("counts out of range", |slot| {
        slot.set("learning_details", r#"[{"index": "99999999999999999999", "program_name": "Data Science", "cohort_code": "DS-C2", "program_start_date": "2023-05-01", "program_end_date": "2024-05-01", "enrollment_status": "Dropped Out", "lms_overall_score": "1e400", "no_of_assignments": "9223372036854775808", "no_of_submissions": "9223372036854775807", "no_of_assignment_passed": "12.5", "assignment_completion_rate": "-1e-400", "no_of_milestone": "12.0", "no_of_milestone_submitted": "1.2e1", "no_of_milestone_passed": "-9223372036854775808", "milestone_completion_rate": "Infinity", "no_of_test": "0x10", "no_of_test_submitted": "1_000", "no_of_test_passed": "1e3", "test_completion_rate": "NaN", "completion_rate": "٣"}]"#);
    }),
    ("numbers in unusual spellings", |slot| {
        slot.set("learning_details", r#"[{"index": " 2 ", "program_name": "Data Science", "cohort_code": "DS-C3", "program_start_date": " 2023-05-01 ", "program_end_date": "2024-05-01", "enrollment_status": "Enrolled", "lms_overall_score": "+5", "no_of_assignments": "-99.0", "no_of_submissions": " -99 ", "no_of_assignment_passed": "-0", "assignment_completion_rate": ".5", "no_of_milestone": "5.", "no_of_milestone_submitted": "", "no_of_milestone_passed": "1,000", "milestone_completion_rate": "-9.9e1", "no_of_test": "007", "no_of_test_submitted": 12.0, "no_of_test_passed": -99, "test_completion_rate": 0.1, "completion_rate": "0.30000000000000004"}]"#);
    }),
    ("a venture beyond counting", |slot| {
        slot.set("placement_details", r#"[{"business_name": "Big Idea Ventures", "job_start_date": "2024-02-29", "jobs_created_to_date": 1e19, "capital_secured_todate": 123456789012345678901234567890, "female_opp_todate": 3.7}]"#);
        slot.set("is_running_a_venture", 1_i64);
    }),
    ("integers at their bounds", |slot| {
        slot.set("snapshot_id", i64::MAX);
        slot.set("meta_rn", i64::MIN);
        slot.set("rnk", -99_i64);
        slot.set("student_record_ranking", Cell::Null);
    }),
    ("flags that are no flags", |slot| {
        slot.set("is_featured", 2_i64);
        slot.set("is_placed", -99_i64);
        slot.set("is_rural", -1_i64);
        slot.set("has_disability", 7_i64);
        slot.set("is_from_low_income_household", Cell::Null);
    }),
    ("all flags at once", |slot| {
        for flag in [
            "is_graduate_learner",
            "is_active_learner",
            "is_a_dropped_out",
            "is_running_a_venture",
            "is_a_freelancer",
            "is_wage_employed",
        ] {
            slot.set(flag, 1_i64);
        }
        slot.set("employment_details", "[]");
    }),
    ("no flag at all", |slot| {
        for flag in ["is_graduate_learner", "is_active_learner", "is_a_dropped_out"] {
            slot.set(flag, 0_i64);
        }
        slot.set("learning_details", "[]");
    }),
    ("coordinates off the globe", |slot| {
        slot.set("country_of_residence", "Tonga");
        slot.set("country_of_residence_latitude", "99999999999999999999999999999999.999999");
        slot.set("country_of_residence_longitude", "-99999999999999999999999999999999.999999");
        slot.set("city_of_residence", "Pangai");
        slot.set("city_of_residence_latitude", "-99.000000");
        slot.set("city_of_residence_longitude", "0.000001");
    }),
    ("half a pair of coordinates", |slot| {
        slot.set("country_of_residence", "Samoa");
        slot.set("country_of_residence_latitude", Cell::Null);
        slot.set("country_of_residence_longitude", "-172.104629");
    }),
    ("doubles at their bounds", |slot| {
        slot.set("meta_ui_lat", "1.7976931348623157e308");
        slot.set("meta_ui_lng", "-2.2250738585072014e-308");
    }),
    ("doubles of zero", |slot| {
        slot.set("meta_ui_lat", "-0.0");
        slot.set("meta_ui_lng", "0.1");
    }),
];
