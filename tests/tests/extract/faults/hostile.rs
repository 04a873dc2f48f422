//! Bytes from a hostile server: they never panic in our code, never take more memory than a packet may have, never hang it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use testkit::hostile::{Hostile, frames_before_rows, fuzz, record};
use testkit::programs::Program;
use testkit::servers::Engine;
use testkit::snapshots::DataFolder;
use testkit::source::SourceTable;

use super::{digest, expect_recovery, expect_told, on_both, small};

#[test]
fn changed_conversations_never_panic() {
    // One after the other: whose panic it was is told by what runs.
    for (engine, seed) in [(Engine::MariaDb, 1_000_000), (Engine::MySql, 3_000_000)] {
        let table = SourceTable::generated_on(engine, "fault_hostile", 300, 101);
        let environment = table.environment();
        for (protocol, seed) in [("binary", seed), ("text", seed + 1_000_000)] {
            let conversation = record(&environment, protocol);
            let tally = fuzz(&environment, &conversation, protocol, Duration::from_secs(6), seed);
            assert_eq!(tally.failures, Vec::<String>::new(), "{engine:?} {tally:?}");
            assert!(tally.refused > 0 && tally.taken > 0, "{engine:?} {tally:?}");
        }
    }
}

#[test]
fn an_unchanged_conversation_is_a_snapshot() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_replay", 300, 102);
        let environment = table.environment();
        let hostile = Hostile::start(record(&environment, "binary"));
        let data = DataFolder::new();
        let mut replayed = table.environment();
        replayed.insert("MYSQL_PORT".into(), hostile.address().port().to_string());
        let finished = Program::extract(&small(&data, &["--retries", "0"])).with(&replayed).run().expect_code(0);
        let snapshot = testkit::snapshots::Snapshot::printed(&finished);
        assert_eq!((snapshot.fault(), snapshot.content_digest()), (None, digest(&table).as_str()));
    });
}

#[test]
fn a_server_that_announces_more_columns_than_memory_can_hold_gets_no_snapshot() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_columns", 300, 103);
        let environment = table.environment();
        let conversation = record(&environment, "text");
        let longest = (0..conversation.len()).max_by_key(|index| conversation[*index].answer.len()).expect("answers");
        let data = DataFolder::new();
        for count in [1_u64 << 24, 1 << 40, u64::MAX] {
            let mut changed = conversation.clone();
            let mut packet = vec![9, 0, 0, 1, 0xfe];
            packet.extend(count.to_le_bytes());
            changed[longest].answer[0] = packet;
            let hostile = Hostile::start(changed);
            let mut replayed = table.environment();
            replayed.insert("MYSQL_PORT".into(), hostile.address().port().to_string());
            let arguments = small(&data, &["--retries", "0", "--protocol", "text", "--read-timeout", "2"]);
            let finished = Program::extract(&arguments).with(&replayed).run();
            // The driver asks the system for the memory at once: a refusal ends the process as a crash would.
            match finished.code {
                Some(12) => expect_told(&finished, &[]),
                code => assert_eq!((code, finished.signal), (None, Some(6)), "{finished}"),
            }
            assert_eq!(data.sealed(), Vec::<std::path::PathBuf>::new());
        }
        expect_recovery(&data, &table, &digest(&table));
    });
}

#[test]
fn a_packet_that_is_announced_and_not_sent_takes_no_memory() {
    on_both(|engine| {
        let table = SourceTable::generated_on(engine, "fault_announced", 300, 104);
        let environment = table.environment();
        let mut conversation = record(&environment, "binary");
        let longest = (0..conversation.len()).max_by_key(|index| conversation[*index].answer.len()).expect("answers");
        let answer = &mut conversation[longest].answer;
        answer.truncate(frames_before_rows(answer) + 98);
        // Packets of an answer are numbered from 1.
        let number = u8::try_from(answer.len() + 1).expect("few packets");
        answer.push(vec![0xff, 0xff, 0xff, number, 0]);
        let hostile = Hostile::start(conversation);
        let mut replayed = table.environment();
        replayed.insert("MYSQL_PORT".into(), hostile.address().port().to_string());
        let data = DataFolder::new();
        let arguments = small(&data, &["--retries", "0", "--read-timeout", "2"]);
        // All of the address space: the program's own threads and files take most of it.
        let limited = ["sh", "-c", r#"ulimit -v 1500000; exec "$0" "$@""#];
        assert!(Command::new(Path::new("sh")).args(["-c", "ulimit -v 1500000"]).status().is_ok_and(|s| s.success()));
        let finished = Program::extract_under(&limited, &arguments).with(&replayed).run().expect_code(12);
        expect_told(&finished, &["after 98 rows"]);
        super::expect_nothing(&data);
    });
}
