//! The column of each node, so that relationships run from left to right.
//!
//! In: nodes and links, in the order of the model. Out: a number for each node, from 0 at the left. Links never stay within a
//! column; those that close a circle run backwards. The same model always gives the same columns.

use super::Wanted;

/// The column of each node among node columns: right of every node that points at it. A link that would close a circle is
/// followed backwards; a node that nothing points at moves as far right as what it points at allows.
pub(super) fn ranks(wanted: &Wanted) -> Vec<usize> {
    let forward = forward_links(wanted);
    let count = wanted.nodes.len();
    let mut rank = vec![0; count];
    for _ in 0..count {
        for (start, end) in &forward {
            rank[*end] = rank[*end].max(rank[*start] + 1);
        }
    }
    for node in 0..count {
        let is_pointed_at = forward.iter().any(|(_, end)| *end == node);
        let nearest = forward.iter().filter(|(start, _)| *start == node).map(|(_, end)| rank[*end] - 1).min();
        if let (false, Some(nearest)) = (is_pointed_at, nearest) {
            rank[node] = nearest;
        }
    }
    rank
}

/// The links without their names, turned so that none closes a circle.
fn forward_links(wanted: &Wanted) -> Vec<(usize, usize)> {
    /// Visits depth first; what points at a node that is still being visited is turned.
    fn visit(node: usize, wanted: &Wanted, state: &mut [u8], forward: &mut Vec<(usize, usize)>) {
        state[node] = 1;
        for (start, end, _) in wanted.links.iter().filter(|(start, _, _)| *start == node) {
            if state[*end] == 1 {
                forward.push((*end, *start));
            } else {
                forward.push((*start, *end));
                if state[*end] == 0 {
                    visit(*end, wanted, state, forward);
                }
            }
        }
        state[node] = 2;
    }
    let mut state = vec![0; wanted.nodes.len()];
    let mut forward = Vec::new();
    // What nothing points at comes first, so that circles are opened where people begin to read.
    let pointed_at = |node: &usize| wanted.links.iter().any(|(_, end, _)| end == node);
    let (inner, outer): (Vec<usize>, Vec<usize>) = (0..wanted.nodes.len()).partition(pointed_at);
    for node in outer.into_iter().chain(inner) {
        if state[node] == 0 {
            visit(node, wanted, &mut state, &mut forward);
        }
    }
    forward
}

#[cfg(test)]
mod tests {
    use super::super::Size;
    use super::*;

    fn ranks_of(nodes: usize, links: &[(usize, usize)]) -> Vec<usize> {
        let links = links.iter().map(|(start, end)| (*start, *end, Size::default())).collect();
        ranks(&Wanted { nodes: vec![Size::default(); nodes], below: vec![0.0; nodes], links })
    }

    #[test]
    fn links_run_to_the_right_and_circles_are_opened() {
        assert_eq!(ranks_of(3, &[(0, 1), (1, 2), (0, 2)]), [0, 1, 2]);
        assert_eq!(ranks_of(3, &[(0, 1), (1, 2), (2, 0)]), [0, 1, 2]);
        // What nothing points at stands beside what it points at.
        assert_eq!(ranks_of(4, &[(0, 1), (1, 2), (3, 2)]), [0, 1, 2, 1]);
        assert_eq!(ranks_of(2, &[(0, 1), (1, 0)]), [0, 1]);
        assert_eq!(ranks_of(2, &[]), [0, 0]);
    }
}
