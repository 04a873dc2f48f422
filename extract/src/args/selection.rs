//! Which tables, and what of them.

use clap::Args as ClapArgs;

/// Which tables.
#[derive(Debug, ClapArgs)]
pub struct TableArgs {
    /// Table to read; may be repeated, and hold * and ? for any characters: --table 'shop_*'
    #[arg(long, value_name = "TABLE")]
    pub table: Vec<String>,

    /// All tables of the database (no views), each its own snapshot of one moment
    #[arg(long, conflicts_with = "table")]
    pub all_tables: bool,

    /// Table to leave out of --all-tables or of a --table with * or ?; may be repeated
    #[arg(long, value_name = "TABLE")]
    pub exclude_table: Vec<String>,

    /// Database that holds the tables
    #[arg(long)]
    pub database: Option<String>,
}

/// What of a table.
#[derive(Debug, ClapArgs)]
pub struct SelectionArgs {
    /// Only these columns, as a,b,c; they stay in table order
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Selection")]
    pub columns: Vec<String>,

    /// All columns but these
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with = "columns", help_heading = "Selection")]
    pub exclude: Vec<String>,

    /// Only rows for which this holds: what may follow WHERE. It stands in the manifest as it is given
    #[arg(long = "where", value_name = "CONDITION", help_heading = "Selection")]
    pub condition: Option<String>,

    /// At most N rows of each table: any, since a table has no order
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Selection")]
    pub limit: Option<u64>,

    /// The rows of this SELECT instead of a table's; --name gives the snapshot its table name
    #[arg(long, value_name = "SQL", help_heading = "Selection")]
    #[arg(conflicts_with_all = ["columns", "exclude", "condition", "limit", "all_tables", "exclude_table"])]
    pub query: Option<String>,

    /// What the snapshot of --query is called, where a table's name would stand
    #[arg(long, value_name = "NAME", requires = "query", conflicts_with = "table", help_heading = "Selection")]
    pub name: Option<String>,
}
