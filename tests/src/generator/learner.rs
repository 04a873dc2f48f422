//! An ordinary row: one learner with everything that SOURCE.md says about shares and shapes.
//! In: the seed and the row's ordinal. Out: 58 cells. The values that break programs are put in afterwards, by `nasty`.

use super::calendar::Calendar;
use super::chance::{Chance, scatter};
use super::jobs::{Jobs, Placement};
use super::json::Array;
use super::learning::{Outcome, Programs};
use super::places::{Country, Places};
use super::schools::{self, Schools};
use super::skills::Skills;
use super::table::{Cell, Row};
use super::words::STUDY_FIELDS;

/// People are drawn from this many hashed names, so that 1,597,198 rows share 1,341,109 of them.
const FULL_NAMES: i64 = 4_400_000;

/// Everything that rows are drawn from.
pub struct World {
    /// Days as text.
    pub days: Calendar,
    /// Organisations.
    pub jobs: Jobs,
    places: Places,
    programs: Programs,
    schools: Schools,
    skills: Skills,
}

impl World {
    /// The same for every seed.
    pub fn new() -> Self {
        Self {
            days: Calendar::new(),
            jobs: Jobs::new(),
            places: Places::new(),
            programs: Programs::new(),
            schools: Schools::new(),
            skills: Skills::new(),
        }
    }

    /// The row at `ordinal`, before anything nasty is put into it.
    pub fn ordinary_row(&self, seed: u64, ordinal: u64) -> Row {
        let chance = &mut Chance::new(seed, ordinal);
        let email = hashed_email(seed, ordinal);
        let home = self.places.country(chance);
        let origin = if chance.share(0.94) { home } else { self.places.country(chance) };
        let (learning, outcome) = self.programs.enrolment(chance, &self.days, ordinal % 97 == 13);
        let placement = self.jobs.placement(chance, &self.days);
        let employment = self.jobs.history(chance, &self.days, home.name);
        let education = self.schools.history(chance, &self.days);
        let mut row = Row::new();

        row.add(email.clone());
        row.add(if chance.share(0.875) {
            Cell::Fixed("n/a")
        } else {
            format!("SAND{:07}", chance.between(1, 9_999_999)).into()
        });
        row.add(email);
        row.add(digest(0x7a, chance.between(1, FULL_NAMES) as u64));
        let photo = chance.share(0.074);
        row.add(if photo { format!("photos/{:016x}/profile.jpg", chance.bits()).into() } else { Cell::Fixed("n/a") });
        row.add(bio(chance));
        row.add(self.skills.list(chance));
        row.add(gender(chance));
        self.places_of(&mut row, chance, home, origin);
        row.add(if chance.share(0.985) { Cell::Fixed("n/a") } else { Cell::Fixed("Software Developer") });
        row.add(if chance.share(0.99) {
            Cell::Fixed("n/a")
        } else {
            Cell::Fixed("The program changed how I see my own work.")
        });
        row.add(true);
        row.add(chance.share(0.002));
        row.add("n/a");
        row.add(false);
        for flag in [Outcome::Graduated, Outcome::Enrolled, Outcome::DroppedOut] {
            row.add(outcome == flag);
        }
        row.add(learning);
        work(&mut row, chance, placement, employment);
        let studied = education.is_some();
        row.add(education.map_or(nothing(chance), Cell::Text));
        row.add(studied);
        social(&mut row, chance);
        tail(&mut row, chance, ordinal, photo);
        row
    }

    fn places_of(&self, row: &mut Row, chance: &mut Chance, home: &Country, origin: &Country) {
        let known = chance.share(0.96);
        let city = (known && chance.share(0.9)).then(|| home.city(chance));
        row.add(if known { country_name(home, chance) } else { "n/a".into() });
        row.add(if chance.share(0.93) { country_name(origin, chance) } else { "n/a".into() });
        row.add(city.map_or("n/a".into(), |city| Cell::Text(city.name.clone())));
        row.add(if known { home.continent.into() } else { Cell::Fixed("n/a") });
        row.add(schools::level(chance));
        row.add(Cell::Fixed(chance.of(&STUDY_FIELDS)));
        let mut coordinates = |pair: Option<(&String, &String)>| match pair {
            Some((latitude, longitude)) => {
                row.add(latitude.clone());
                row.add(longitude.clone());
            }
            None => {
                row.add(Cell::Null);
                row.add(Cell::Null);
            }
        };
        coordinates((known && chance.share(0.98)).then_some((&home.latitude, &home.longitude)));
        coordinates(city.and_then(|city| city.coordinates.as_ref()).map(|(latitude, longitude)| (latitude, longitude)));
    }
}

/// The key of the row at `ordinal`: 32 hex digits.
pub fn hashed_email(seed: u64, ordinal: u64) -> String {
    digest(seed, ordinal)
}

fn digest(seed: u64, number: u64) -> String {
    let high = scatter(scatter(seed) ^ number);
    format!("{high:016x}{:016x}", scatter(high ^ seed))
}

fn bio(chance: &mut Chance) -> Cell {
    const PARTS: [&str; 8] = [
        "I am a curious learner who enjoys solving hard problems with other people. ",
        "After school I taught children in my neighbourhood to read, and found out that I like to explain things. ",
        "My goal is to build products that work on slow networks and cheap phones.\n",
        "In my free time I play football, cook, and write short stories. ",
        "I believe that good data makes for better decisions, above all in farming and health. ",
        "Je parle français et anglais, et j'apprends l'arabe. ",
        "Five years from now I see myself leading a team of engineers. ",
        "Previously: intern at a bank, volunteer at a library, cashier at a supermarket. ",
    ];
    if chance.share(0.955) {
        return if chance.share(0.9) { "n/a".into() } else { Cell::Null };
    }
    (0..chance.between(2, 9)).map(|_| chance.of(&PARTS)).collect::<String>().into()
}

fn gender(chance: &mut Chance) -> Cell {
    let texts = [
        ("male", 40.0),
        ("Male", 11.0),
        ("female", 33.0),
        ("Female", 9.0),
        ("FEMALE", 0.5),
        ("other/prefer not to say", 0.8),
        ("Other/Prefer not to say", 0.2),
        ("n/a", 5.0),
    ];
    chance.by_weight(&texts).to_owned().into()
}

fn country_name(country: &Country, chance: &mut Chance) -> Cell {
    match chance.place(400) {
        0 => country.name.to_uppercase().into(),
        1 => country.name.to_lowercase().into(),
        2 => format!("{} ", country.name).into(),
        _ => country.name.into(),
    }
}

/// An empty JSON cell; one in fifty is JSON in a JSON string.
fn nothing(chance: &mut Chance) -> Cell {
    if chance.share(0.02) { "\"[]\"".into() } else { "[]".into() }
}

fn work(row: &mut Row, chance: &mut Chance, placement: Placement, employment: Option<String>) {
    let (venture, wage) = (matches!(placement, Placement::Venture(_)), matches!(placement, Placement::Wage(_)));
    row.add(venture);
    row.add(false);
    row.add(wage);
    row.add(match placement {
        Placement::None => nothing(chance),
        Placement::Wage(cell) | Placement::Venture(cell) => cell.into(),
    });
    row.add(venture || wage);
    let employed = employment.is_some();
    row.add(employment.map_or(nothing(chance), Cell::Text));
    row.add(employed);
}

/// Columns 38 to 46: living conditions and points.
fn social(row: &mut Row, chance: &mut Chance) {
    let known = chance.share(0.22);
    let flag = |chance: &mut Chance, share: f64| match chance.share(share) {
        _ if !known => Cell::Null,
        set => set.into(),
    };
    let (rural, disabled, poor) = (flag(chance, 0.3), flag(chance, 0.02), flag(chance, 0.4));
    row.add(known);
    row.add(rural);
    row.add(if known {
        Cell::Fixed(chance.of(&["Urban", "Rural", "Peri-urban", "Informal settlement", "n/a"]))
    } else {
        "n/a".into()
    });
    let kind = if disabled == Cell::Integer(1) {
        chance.of(&["Visual", "Hearing", "Physical", "Prefer not to say"])
    } else {
        "n/a"
    };
    row.add(disabled);
    row.add(Cell::Fixed(kind));
    row.add(poor);
    row.add(if known && chance.share(0.5) {
        let mut array = Array::new(120);
        array.object().string("household_size", &chance.between(1, 12).to_string());
        array
            .string("dependants", &chance.between(0, 6).to_string())
            .string("primary_language", chance.of(&["English", "French", "Arabic", "Swahili"]));
        array.finish().into()
    } else {
        Cell::Fixed("")
    });
    let points = chance.share(0.135);
    row.add(if points {
        let mut array = Array::new(700);
        for index in 1..=chance.between(1, 9) {
            array.object().string("index", &index.to_string()).string("points", &chance.between(1, 50).to_string());
            array.string("reason", chance.of(&["Milestone submitted", "Peer review", "Event attended"]));
        }
        array.finish().into()
    } else {
        nothing(chance)
    });
    row.add(points);
}

/// Columns 47 to 58.
fn tail(row: &mut Row, chance: &mut Chance, ordinal: u64, photo: bool) {
    row.add(ordinal as i64 + 1);
    row.add(format!("{}.{:04}", chance.between(-34, 36), chance.between(0, 9_999)));
    row.add(format!("{}.{:04}", chance.between(-17, 50), chance.between(0, 9_999)));
    row.add(chance.between(1, 3));
    row.add(1_i64);
    let mut events = |share: f64, name: &str| -> Cell {
        if !chance.share(share) {
            return nothing(chance);
        }
        let mut array = Array::new(300);
        for index in 1..=chance.between(1, 4) {
            array.object().string("index", &index.to_string()).string(name, &format!("{:08x}", chance.bits() >> 32));
            array.string("minutes", &chance.between(1, 180).to_string());
        }
        array.finish().into()
    };
    let (zoom, circle, hub) = (events(0.06, "meeting"), events(0.04, "event"), events(0.03, "hub"));
    row.add(zoom);
    row.add(circle);
    row.add(hub);
    let placed = row.text("placement_details").len() > 10;
    row.add(placed);
    row.add(photo);
    row.add(chance.share(0.22));
    row.add(417_i64);
}
