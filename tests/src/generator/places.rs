//! Countries and cities: about 208 countries with the shares of SOURCE.md, about 4,500 cities spread over them.
//! In: `countries.csv`, in order of their share, and the choices of a row. Out: a place with its coordinates as text.
//! The world is the same for every seed; the coordinates are those of a country's middle and roughly right.

use super::chance::{Chance, Weights, scatter};
use super::words::{CITY_ADDITIONS, CITY_ENDS, CITY_STARTS};

/// Shares in percent of the first countries of the file; the rest share what is left by Zipf's law.
const TOP_SHARES: [f64; 12] = [35.0, 12.0, 11.0, 9.0, 8.0, 4.5, 4.0, 3.5, 2.0, 1.5, 1.2, 1.0];
/// Numbers of cities of the first countries; the others have `FEW_CITIES` each.
const TOP_CITIES: [usize; 12] = [680, 340, 310, 270, 250, 200, 170, 90, 90, 80, 80, 80];
const FEW_CITIES: usize = 16;

/// A country as the table names it.
pub struct Country {
    /// English name.
    pub name: &'static str,
    /// Continent.
    pub continent: &'static str,
    /// Degrees, with six places after the point.
    pub latitude: String,
    /// Degrees, with six places after the point.
    pub longitude: String,
    cities: Vec<City>,
    city_weights: Weights,
}

/// A city of a country.
pub struct City {
    /// Name.
    pub name: String,
    /// Degrees, with six places after the point; `None` where the table knows none.
    pub coordinates: Option<(String, String)>,
}

/// All countries.
pub struct Places {
    countries: Vec<Country>,
    weights: Weights,
}

impl Places {
    /// Reads the list and invents the cities.
    pub fn new() -> Self {
        let countries: Vec<Country> =
            include_str!("countries.csv").lines().skip(1).enumerate().map(|(rank, line)| country(rank, line)).collect();
        let left = 100.0 - TOP_SHARES.iter().sum::<f64>();
        let tail = countries.len() - TOP_SHARES.len();
        let tail_total: f64 = (0..tail).map(|rank| 1.0 / (rank as f64 + 4.0)).sum();
        let tail_shares = (0..tail).map(|rank| left / tail_total / (rank as f64 + 4.0));
        let weights = Weights::of(TOP_SHARES.into_iter().chain(tail_shares));
        Self { countries, weights }
    }

    /// A country by its share.
    pub fn country(&self, chance: &mut Chance) -> &Country {
        &self.countries[chance.weighted(&self.weights)]
    }
}

impl Country {
    /// A city of the country: the first are large.
    pub fn city(&self, chance: &mut Chance) -> &City {
        &self.cities[chance.weighted(&self.city_weights)]
    }
}

fn country(rank: usize, line: &'static str) -> Country {
    let mut fields = line.split(',');
    let mut next = || fields.next().unwrap_or_default();
    let (name, latitude, longitude, continent) = (next(), next(), next(), next());
    let middle = (degrees(latitude), degrees(longitude));
    let count = TOP_CITIES.get(rank).copied().unwrap_or(FEW_CITIES);
    let cities: Vec<City> = (0..count).map(|place| city(name, rank, place, middle)).collect();
    let city_weights = Weights::zipf(cities.len(), 1.5);
    let (latitude, longitude) = (micro_degrees(middle.0), micro_degrees(middle.1));
    Country { name, continent, latitude, longitude, cities, city_weights }
}

fn city(country: &str, rank: usize, place: usize, middle: (i64, i64)) -> City {
    let bits = scatter((rank * 10_000 + place) as u64);
    let pick = |list: &[&'static str], shift: u32| list[(bits >> shift) as usize % list.len()];
    let name = match known_city(country, place) {
        Some(known) => known.to_owned(),
        None if bits.is_multiple_of(5) => {
            format!("{} {}{}", pick(&CITY_ADDITIONS, 8), pick(&CITY_STARTS, 16), pick(&CITY_ENDS, 24))
        }
        None => format!(
            "{}{}{}",
            pick(&CITY_STARTS, 8),
            pick(&CITY_ENDS, 16),
            if bits.is_multiple_of(3) { pick(&CITY_ENDS, 32) } else { "" }
        ),
    };
    // Cities lie within two degrees of the country's middle; one in thirty has no coordinates.
    let near = |middle: i64, shift: u32| micro_degrees(middle + (bits >> shift) as i64 % 2_000_000);
    let coordinates = (!bits.is_multiple_of(30)).then(|| (near(middle.0, 8), near(middle.1, 24)));
    City { name, coordinates }
}

fn known_city(country: &str, place: usize) -> Option<&'static str> {
    let cities = include_str!("cities.csv").lines().filter_map(|line| line.split_once(','));
    cities.filter(|(of, _)| *of == country).map(|(_, city)| city).nth(place)
}

/// Millionths of a degree of a text such as `-0.02356`: whole numbers, so that every machine writes the same text.
fn degrees(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let number: i64 = format!("{whole}{part:0<6.6}").parse().unwrap_or_default();
    number
}

fn micro_degrees(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", number.abs() / 1_000_000, number.abs() % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_world_has_the_size_of_the_real_one() {
        let places = Places::new();
        assert!((200..=210).contains(&places.countries.len()));
        let names: BTreeSet<&str> =
            places.countries.iter().flat_map(|country| country.cities.iter().map(|city| city.name.as_str())).collect();
        assert!((3_800..=4_800).contains(&names.len()), "{} city names", names.len());
        assert_eq!(micro_degrees(degrees("-0.02356")), "-0.023560");
    }
}
