//! The server's position in its binary log at the moment of the read.
//!
//! Out: a position that belongs exactly to the rows, or none. A server may have no log, and an account may not see it;
//! neither is worth an error, since nothing but a later delta would use it.

use mysql::prelude::Queryable;
use shared::snapshot::BinlogPosition;

use super::connection::Source;
use super::session::Server;

impl Source {
    /// The position, asked for inside the transaction. MariaDB keeps it for each consistent snapshot; MySQL tells only
    /// the current one, which is the snapshot's when it is the same as `before` the transaction started.
    pub fn position(&mut self, server: &Server, before: Option<&BinlogPosition>) -> Option<BinlogPosition> {
        if server.kind == "MariaDB" {
            return self.snapshot_position();
        }
        self.current_position().filter(|after| Some(after) == before)
    }

    /// MySQL's current position, for a comparison.
    pub fn current_position(&mut self) -> Option<BinlogPosition> {
        ["SHOW BINARY LOG STATUS", "SHOW MASTER STATUS"].into_iter().find_map(|statement| {
            let row: mysql::Row = self.conn.query_first(statement).ok()??;
            let gtid: Option<String> = row.get_opt("Executed_Gtid_Set").and_then(Result::ok);
            Some(BinlogPosition {
                file: row.get_opt("File")?.ok()?,
                position: row.get_opt("Position")?.ok()?,
                // The server breaks long sets into lines.
                gtid: gtid.map(|set| set.replace('\n', "")).filter(|set| !set.is_empty()),
            })
        })
    }

    fn snapshot_position(&mut self) -> Option<BinlogPosition> {
        let status: Vec<(String, String)> = self.conn.query("SHOW STATUS LIKE 'binlog_snapshot_%'").ok()?;
        let find =
            |name: &str| status.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let file = find("binlog_snapshot_file").filter(|file| !file.is_empty())?.clone();
        let position = find("binlog_snapshot_position")?.parse().ok()?;
        let gtid: Option<Option<String>> =
            self.conn.exec_first("SELECT BINLOG_GTID_POS(?, ?)", (&file, position)).unwrap_or_default();
        Some(BinlogPosition { file, position, gtid: gtid.flatten().filter(|set| !set.is_empty()) })
    }
}
