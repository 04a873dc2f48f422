//! The floor that extractions are measured against: the `mysql` crate, binary protocol, every row dropped as it comes.
//!
//! In: the environment that `scripts/servers env` prints. Out: one line of figures on standard output. Nothing is written,
//! so no program that uses this driver can be faster.

use std::time::Instant;

use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let get =
        |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set; run eval \"$(scripts/servers env)\""));
    let options = OptsBuilder::new()
        .ip_or_hostname(Some(get("MYSQL_HOST")?))
        .tcp_port(get("MYSQL_PORT")?.parse()?)
        .user(Some(get("MYSQL_USER")?))
        .pass(Some(get("MYSQL_PASSWORD")?))
        .db_name(Some(get("MYSQL_DATABASE")?))
        .prefer_socket(false)
        .max_allowed_packet(Some(1 << 30));
    let table = get("MYSQL_TABLE")?.replace('`', "``");
    let started = Instant::now();
    let mut conn = Conn::new(options)?;
    let mut rows = 0_u64;
    for row in conn.exec_iter(format!("SELECT * FROM `{table}`"), ())? {
        drop(row?);
        rows += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("floor: {rows} rows in {seconds:.3} s, {:.0} rows/s", rows as f64 / seconds);
    Ok(())
}
