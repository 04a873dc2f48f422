//! Pieces: a text that holds several, taken apart where a separator stands.
//!
//! In: a text. Out: its pieces in order, borrowed, each with its place among all of them, so that a piece keeps its place
//! whether empty ones are dropped or not. Nothing else of a piece is ever changed than the blanks around it.

use hashbrown::HashSet;

/// The pieces of a text.
pub fn pieces<'a>(
    text: &'a str,
    separator: &'a str,
    trim: bool,
    drop_empty: bool,
) -> impl Iterator<Item = (usize, &'a str)> {
    let trimmed = move |piece: &'a str| if trim { super::trimmed(piece) } else { piece };
    text.split(separator).map(trimmed).enumerate().filter(move |(_, piece)| !(drop_empty && piece.is_empty()))
}

/// Up to so many pieces, holding each against all others is cheaper than a set of them.
const FEW_PIECES: usize = 16;

/// The same pieces without those that stand earlier already.
pub fn each_once<'a>(pieces: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut kept: Vec<&str> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    for piece in pieces {
        let is_new = if kept.len() <= FEW_PIECES { !kept.contains(&piece) } else { !seen.contains(piece) };
        if is_new {
            kept.push(piece);
            if kept.len() > FEW_PIECES {
                seen.extend(&kept[seen.len()..]);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_their_places() {
        let found = |trim, drop_empty| pieces(" a,, b ", ",", trim, drop_empty).collect::<Vec<_>>();
        assert_eq!(found(false, false), [(0, " a"), (1, ""), (2, " b ")]);
        assert_eq!(found(true, false), [(0, "a"), (1, ""), (2, "b")]);
        assert_eq!(found(true, true), [(0, "a"), (2, "b")]);
        assert_eq!(pieces("", ",", true, true).count(), 0);
        assert_eq!(pieces("", ",", true, false).collect::<Vec<_>>(), [(0, "")]);
    }

    #[test]
    fn each_piece_stands_once_however_many_there_are() {
        for numbers in [3, 16, 17, 18, 500] {
            let texts: Vec<String> = (0..numbers * 3).map(|at| format!("p{}", at % numbers)).collect();
            let once = each_once(texts.iter().map(String::as_str));
            let wanted: Vec<&str> = texts[..numbers].iter().map(String::as_str).collect();
            assert_eq!(once, wanted);
        }
    }
}
