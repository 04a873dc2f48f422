//! Paths into JSON cells: `$.orders[*].items[*]` says where items stand, and what of the levels above them is read.
//!
//! In: the text of a path, and the names that fields read: a member of the item, or a path to a member of a level on the way to
//! it. Out: the levels of the path, each with what is read there. A read that no item could ever have a value for is refused.

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `.name` or `["name"]`: a member of an object.
    Member(String),
    /// `[*]`: each element of an array.
    Each,
}

/// Takes a path apart.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Vec<Step>, String> {
    let wrong = |rest: &str| {
        format!("`{text}` is no path: `$`, then any of `.name`, `[\"name\"]` and `[*]`; `{rest}` is none of them")
    };
    let mut rest = text.strip_prefix('$').ok_or_else(|| wrong(text))?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, tail) = first_step(rest).ok_or_else(|| wrong(rest))?;
        steps.push(step);
        rest = tail;
    }
    Ok(steps)
}

fn first_step(rest: &str) -> Option<(Step, &str)> {
    if let Some(tail) = rest.strip_prefix("[*]") {
        return Some((Step::Each, tail));
    }
    let (name, tail) = if let Some(named) = rest.strip_prefix('.') {
        named.split_at(named.find(['.', '[']).unwrap_or(named.len()))
    } else {
        let quoted = rest.strip_prefix('[')?;
        let quote = quoted.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        quoted[1..].split_once(&format!("{quote}]"))?
    };
    (!name.is_empty()).then(|| (Step::Member(name.to_owned()), tail))
}

/// A path with what is read on the way.
#[derive(Debug)]
pub struct JsonPath {
    /// What stands before the first step, and behind each: the last level is that of the items.
    pub levels: Vec<Level>,
    /// All that is read, by the names that fields have for it.
    pub reads: Vec<String>,
}

/// What is done with a value on the way.
#[derive(Debug, Default)]
pub struct Level {
    /// How it goes on; absent where the value is the item.
    pub next: Option<Step>,
    /// Members of the value that are looked at: those that are read, and the one by which it goes on.
    pub picks: Vec<String>,
    /// Place among `picks` of the member by which it goes on.
    pub next_pick: Option<usize>,
    /// Members that are read.
    pub reads: Vec<Read>,
    /// The place in [`JsonPath::reads`] of the value itself, where it is read.
    pub whole: Option<usize>,
}

/// A member that is read, perhaps inside another one.
#[derive(Debug)]
pub struct Read {
    /// Place in [`JsonPath::reads`].
    pub place: usize,
    /// Place of the outermost member among the picks of its level.
    pub pick: usize,
    /// The members inside it, from the outside in.
    pub inside: Vec<String>,
}

impl Level {
    fn pick(&mut self, name: &str) -> usize {
        self.picks.iter().position(|pick| pick == name).unwrap_or_else(|| {
            self.picks.push(name.to_owned());
            self.picks.len() - 1
        })
    }
}

impl JsonPath {
    /// A path of which nothing is read yet.
    pub fn new(steps: &[Step]) -> Self {
        let level = |next: Option<&Step>| {
            let mut level = Level { next: next.cloned(), ..Level::default() };
            if let Some(Step::Member(name)) = next {
                level.next_pick = Some(level.pick(name));
            }
            level
        };
        Self { levels: steps.iter().map(Some).chain([None]).map(level).collect(), reads: Vec::new() }
    }

    /// The level at which a name that a field reads leaves the path, and the members from there on.
    ///
    /// # Errors
    /// Why no item can have a value there.
    pub fn place_of(&self, name: &str) -> Result<(usize, Vec<String>), String> {
        let items = self.levels.len() - 1;
        if !name.starts_with('$') {
            return Ok((items, vec![name.to_owned()]));
        }
        let steps = parse(name)?;
        let level =
            self.levels.iter().zip(&steps).take_while(|(level, step)| level.next.as_ref() == Some(*step)).count();
        let members: Vec<String> = steps[level..]
            .iter()
            .filter_map(|step| match step {
                Step::Member(name) => Some(name.clone()),
                Step::Each => None,
            })
            .collect();
        let only_members = members.len() == steps.len() - level;
        match (&self.levels[level].next, members.is_empty()) {
            _ if !only_members => Err(format!(
                "`{name}` goes into an array that is not on the way to the items: only one value can be read"
            )),
            (Some(_), true) => Err(format!("`{name}` is not a value but what the items stand in")),
            (Some(Step::Each), false) => {
                Err(format!("`{name}` names a member of what is an array on the way to the items"))
            }
            _ => Ok((level, members)),
        }
    }

    /// Reads what a field has a name for; a name that was refused is passed over.
    pub fn read(&mut self, name: &str) {
        if self.reads.iter().any(|known| known == name) {
            return;
        }
        let Ok((level, members)) = self.place_of(name) else { return };
        let place = self.reads.len();
        self.reads.push(name.to_owned());
        let level = &mut self.levels[level];
        match members.split_first() {
            None => level.whole = Some(place),
            Some((first, inside)) => {
                let pick = level.pick(first);
                level.reads.push(Read { place, pick, inside: inside.to_vec() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart() {
        let member = |name: &str| Step::Member(name.to_owned());
        assert_eq!(parse("$").unwrap(), []);
        assert_eq!(parse("$[*]").unwrap(), [Step::Each]);
        assert_eq!(parse("$.a[*].b[*]").unwrap(), [member("a"), Step::Each, member("b"), Step::Each]);
        assert_eq!(parse("$['a.b'][\"c]\"][*].é").unwrap(), [member("a.b"), member("c]"), Step::Each, member("é")]);
        for wrong in ["", "a", "$a", "$.", "$..a", "$.a[0]", "$.a[", "$['a'", "$['']", "$[*"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_no_item_can_have_is_refused() {
        let path = JsonPath::new(&parse("$.orders[*].items[*]").unwrap());
        let place = |name: &str| path.place_of(name);
        assert_eq!(place("sku"), Ok((4, vec!["sku".to_owned()])));
        assert_eq!(place("$.orders[*].items[*]"), Ok((4, vec![])));
        assert_eq!(place("$.orders[*].items[*].price.amount"), Ok((4, vec!["price".to_owned(), "amount".to_owned()])));
        assert_eq!(place("$.orders[*].id"), Ok((2, vec!["id".to_owned()])));
        assert_eq!(place("$.customer.name"), Ok((0, vec!["customer".to_owned(), "name".to_owned()])));
        assert!(place("$.orders[*].items[*].tags[*]").unwrap_err().contains("not on the way"));
        assert!(place("$.other[*].id").unwrap_err().contains("not on the way"));
        assert!(place("$.orders[*]").unwrap_err().contains("what the items stand in"));
        assert!(place("$").unwrap_err().contains("what the items stand in"));
        assert!(place("$.orders.id").unwrap_err().contains("an array on the way"));
        assert!(place("$orders").unwrap_err().contains("is no path"));
    }
}
