//! A mapping of one's own, for another table with other labels: the worked example of docs/mapping.md, on real servers.

use testkit::programs::Program;
use testkit::servers::project;
use testkit::snapshots::DataFolder;
use testkit::source::SourceTable;
use testkit::target::Lease;

use crate::job::target_environment;

#[test]
fn the_worked_example_of_the_documentation_comes_out_as_written() {
    let target = Lease::take();
    // The name stands in the documentation's mapping, so this test alone may use it.
    let table = SourceTable::made_by(
        "books",
        &[
            "CREATE TABLE `{table}` (isbn TEXT, title TEXT, author TEXT, tags TEXT, published DATE) CHARSET utf8mb4",
            "INSERT INTO `{table}` VALUES
             ('978-0-441-17271-9', 'Dune', 'Frank Herbert', 'science fiction, desert, Science Fiction', '1965-08-01'),
             ('978-0-553-29335-7', 'Foundation', 'isaac asimov', 'science fiction', '1951-06-01'),
             ('978-0-553-29337-1', 'Foundation and Empire', 'Isaac Asimov', 'n/a', NULL),
             ('978-0-553-29438-5', 'I, Robot', 'Isaac  Asimov', 'robots', '1950-12-02'),
             (NULL, 'A Book without a Number', 'Nobody', 'lost', NULL)",
        ],
    );
    let data = DataFolder::new();
    data.extract(&table);
    let mapping = project().join("load/mappings/examples/books.yaml");
    let load = |more: &[&str]| {
        let arguments: Vec<&str> = ["--from", data.text()].into_iter().chain(more.iter().copied()).collect();
        Program::load(&arguments).argument("--mapping").argument(&mapping).with(&target_environment()).run()
    };

    // What is not as the mapping wants it is told before anything is written.
    let text = std::fs::read_to_string(&mapping).expect("the example");
    let changed = data.path().join("changed.yaml");
    let cases = [
        (
            "labels: [Book]",
            "labels: [Book]\n      expect: {rows: {min: 5}}",
            "target `book`: 4 nodes (Book), where at least 5",
        ),
        (
            "title: {column: title, clean: [trim, nothing]}",
            "title: {column: title, clean: [trim, nothing], one_of: [Dune], on_error: fail}",
            "\"Foundation\" in row 1 (the first is row 0) of table books, column title",
        ),
    ];
    for (old, new, said) in cases {
        assert!(text.contains(old), "{old}");
        std::fs::write(&changed, text.replacen(old, new, 1)).expect("a mapping");
        let refused = Program::load(&["--from", data.text()]).argument("--mapping").argument(&changed);
        refused.with(&target_environment()).run().expect_code(17).expect_said(&[said]);
        assert_eq!(target.counts().len(), 0);
    }

    let said = ["WRITTEN_BY", "rejected while staging: 1", "created in one transaction"];
    load(&["-v"]).expect_code(0).expect_said(&said);

    let counts = [("Author", 2), ("Book", 4), ("Tag", 3), ("HAS_TAG", 4), ("WRITTEN_BY", 4)];
    assert_eq!(target.counts(), counts.map(|(name, number)| (name.to_owned(), number)));
    let asimov = "MATCH (a:Author {id: 'isaac-asimov'}) RETURN a.name AS name";
    assert_eq!(target.ask(asimov)[0]["name"], "Isaac Asimov");
    let dune = "MATCH (b:Book {title: 'Dune'}) RETURN toString(b.published) AS day, valueType(b.published) AS type";
    let dune = &target.ask(dune)[0];
    assert_eq!((dune["day"].as_str(), dune["type"].as_str()), (Some("1965-08-01"), Some("DATE NOT NULL")));
    load(&["--strict"]).expect_code(0).expect_said(&["already"]);

    // A part of the table is loaded, and nobody takes it for the whole.
    let part = ["--out", data.text(), "--where", "title LIKE 'F%'"];
    Program::extract(&part).with(&table.environment()).run().expect_code(0);
    load(&["--mode", "upsert"]).expect_code(0).expect_said(&["not all of table", "books", "where title LIKE 'F%'"]);

    let other = Program::load(&["--from", data.text()]).with(&target_environment()).run();
    other.expect_code(10).expect_said(&["impact_learners_profile"]);
}
