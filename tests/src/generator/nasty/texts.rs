//! Texts: other scripts, control characters, one thing spelled in several ways, names that two things share.

use super::Case;

pub(super) const CASES: &[Case] = &[
    ("Arabic", |slot| {
        slot.set("bio", "أنا متعلمة من القاهرة\u{200f}، أحب البرمجة.");
        slot.set("country_of_residence", "Egypt");
        slot.set("city_of_residence", "القاهرة الجديدة");
        slot.set("skills_list", "تحليل البيانات, Python");
    }),
    ("Amharic", |slot| {
        slot.set("bio", "እኔ ከአዲስ አበባ ነኝ።");
        slot.set("country_of_residence", "Ethiopia");
        slot.set("city_of_residence", "አዲስ አበባ");
        slot.set("skills_list", "መግባባት");
    }),
    ("accents, composed and not", |slot| {
        slot.set("country_of_residence", "Morocco");
        slot.set("city_of_residence", "Fe\u{300}s");
        slot.set("bio", "E\u{301}tudiante a\u{300} Fès. Straße, İstanbul, ŒUVRE, ﬁn.");
        slot.set("employment_details", "[{\"index\": \"1\", \"organisation_name\": \"Cafe\u{301} Straße\", \"start_date\": \"2020-01-01\", \"end_date\": \"2020-03-01\"}, {\"index\": \"2\", \"organisation_name\": \"CAFÉ STRASSE\", \"start_date\": \"2020-04-01\", \"end_date\": \"2020-06-01\"}]");
    }),
    ("emoji", |slot| {
        slot.set("bio", "Coder 👩🏾‍💻 & cook 🍲");
        slot.set("skills_list", "🎨, Design 🎨,!!!, Python");
        slot.set("city_of_residence", "🏙️");
    }),
    ("tabs, newlines, quotes and NUL", |slot| {
        slot.set("bio", "one\ttwo\nthree\r\nfour \\N \\ \"five\" 'six' `seven` \0 eight\u{1b}[0m\u{2028}nine");
        slot.set("designation", "\\N");
        slot.set("testimonial", "\0");
        slot.set("full_name", "\tRobert'); DROP TABLE learners;--\n");
    }),
    ("a city of two countries, first", |slot| {
        slot.set("country_of_residence", "Egypt");
        slot.set("city_of_residence", "Alexandria");
    }),
    ("a city of two countries, second", |slot| {
        slot.set("country_of_residence", "United States");
        slot.set("city_of_residence", " alexandria");
    }),
    ("three letters in common, first", |slot| {
        slot.set("country_of_residence", "Egypt");
        slot.set("city_of_residence", "New Cairo");
    }),
    ("three letters in common, second", |slot| {
        slot.set("country_of_residence", "Egypt");
        slot.set("city_of_residence", "NEW-DAMIETTA");
    }),
    ("a city without a country", |slot| {
        slot.set("country_of_residence", "n/a");
        slot.set("city_of_residence", "Nowhere");
    }),
    ("country: Cote d'Ivoire", |slot| {
        slot.set("country_of_residence", "Cote d'Ivoire");
        slot.set("country_of_origin", "COTE D’IVOIRE");
    }),
    ("country: Ivory Coast", |slot| {
        slot.set("country_of_residence", "Ivory Coast");
        slot.set("country_of_origin", "  cÔTE  D'IVOIRE ");
    }),
    ("country: Congo", |slot| {
        slot.set("country_of_residence", "DR Congo");
        slot.set("country_of_origin", "Congo, Democratic Republic of the");
    }),
    ("country: other names", |slot| {
        slot.set("country_of_residence", "The Gambia");
        slot.set("country_of_origin", "Swaziland");
    }),
    ("country: short names", |slot| {
        slot.set("country_of_residence", "USA");
        slot.set("country_of_origin", "Norway");
    }),
    ("country: none of the list", |slot| {
        slot.set("country_of_residence", "Somaliland");
        slot.set("country_of_origin", "Zanzibar & Pemba");
    }),
    ("country: none of this world", |slot| {
        slot.set("country_of_residence", "???");
        slot.set("country_of_origin", "Wakanda");
    }),
    ("one organisation in many spellings", |slot| {
        slot.set("employment_details", "[{\"index\": \"1\", \"organisation_name\": \"Google\", \"start_date\": \"2015-01-01\", \"end_date\": \"2016-01-01\"}, {\"index\": \"2\", \"organisation_name\": \" google \", \"start_date\": \"2016-01-01\", \"end_date\": \"2017-01-01\"}, {\"index\": \"3\", \"organisation_name\": \"GOOGLE\", \"start_date\": \"2017-01-01\", \"end_date\": \"2018-01-01\"}, {\"index\": \"4\", \"organisation_name\": \"Ｇｏｏｇｌｅ\", \"start_date\": \"2018-01-01\", \"end_date\": \"2019-01-01\"}, {\"index\": \"5\", \"organisation_name\": \"Google\\t Inc\", \"start_date\": \"2019-01-01\", \"end_date\": \"2020-01-01\"}, {\"index\": \"6\", \"organisation_name\": \"google inc\", \"start_date\": \"2020-01-01\", \"end_date\": \"2021-01-01\"}]");
        slot.set("placement_details", r#"[{"employment_type": "Full-time", "job_start_date": "2021-01-01", "organisation_name": "google", "salary_range": "n/a", "job_title": "Engineer"}]"#);
    }),
    ("sixty skills", |slot| {
        let skills: Vec<String> = (1..=60).map(|n| format!("Rare Skill {n:02}")).collect();
        slot.set("skills_list", format!("{},Rare skill 03,rare_skill_60", skills.join(",")));
    }),
    ("one skill in three spellings", |slot| {
        slot.set("skills_list", "Problem Solving, problem-solving,PROBLEM   SOLVING, problem_solving");
    }),
    ("skills of signs", |slot| slot.set("skills_list", "C, C++, C#, .NET, c++ , R&D, -, __, ,, Node.js, Ｐｙｔｈｏｎ")),
    ("gender in other words", |slot| slot.set("gender", " Prefer Not To Say ")),
    ("gender unknown to the list", |slot| slot.set("gender", "F")),
    ("level in other case", |slot| slot.set("education_level_of_study", "BACHELOR'S DEGREE OR EQUIVALENT")),
    ("a bio of 10 MB", |slot| {
        slot.set("bio", "Ten megabytes of one life, told at length. ".repeat(10 * 1024 * 1024 / 43));
    }),
];
