//! Where everything of a drawn model goes: nodes in columns from left to right, each relationship with a place of its own
//! for its name between two columns, so that no two names ever lie on each other.
//!
//! In: sizes of nodes and names, and which node each relationship starts and ends at. Out: boxes and the points that each
//! relationship runs through. The usual four steps: columns by longest path, rows by the middle of neighbours, heights by
//! the nearest places that keep the order, lines through what lies between. The same model always gives the same picture.

mod rank;

use rank::ranks;

/// A place on the paper, in pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Spot {
    pub x: f64,
    pub y: f64,
}

/// Width and height, in pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Size {
    pub width: f64,
    pub height: f64,
}

/// What is to be placed.
pub(super) struct Wanted {
    /// Each node, with the room below it.
    pub nodes: Vec<Size>,
    /// That room, where no line ends.
    pub below: Vec<f64>,
    /// Each relationship between two different nodes: start, end, size of its name.
    pub links: Vec<(usize, usize, Size)>,
}

/// Where a relationship runs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Route {
    /// From the start node to the end node.
    pub points: Vec<Spot>,
    /// Middle of its name.
    pub name: Spot,
}

/// Where everything is.
#[derive(Debug, PartialEq)]
pub(super) struct Placed {
    pub size: Size,
    /// Upper left corner of each node.
    pub nodes: Vec<Spot>,
    pub links: Vec<Route>,
}

/// Around everything.
const MARGIN: f64 = 12.0;
/// Between a node and a name, for lines to bend in.
const BEND: f64 = 34.0;
/// Between two things one above the other.
const GAP: f64 = 18.0;
/// Height kept free for a line that passes a column.
const PASSING: f64 = 4.0;
/// Rounds of ordering and of moving: more change nothing in models of this size.
const ROUNDS: usize = 24;

/// Something in a column.
struct Item {
    size: Size,
    column: usize,
    /// Middle.
    y: f64,
}

/// The items of a model and their neighbours: nodes first, then what the links pass through.
struct Chart {
    items: Vec<Item>,
    /// Items left and right of each.
    left: Vec<Vec<usize>>,
    right: Vec<Vec<usize>>,
    /// Items in each column, from top to bottom.
    columns: Vec<Vec<usize>>,
    /// Items that each link passes, from left to right, and whether it starts at the right; its name is at the first.
    passes: Vec<(Vec<usize>, bool)>,
}

/// Places everything.
pub(super) fn place(wanted: &Wanted) -> Placed {
    let mut chart = Chart::new(wanted, &ranks(wanted));
    chart.order();
    chart.move_to_neighbours();
    chart.placed(wanted)
}

impl Chart {
    fn new(wanted: &Wanted, ranks: &[usize]) -> Self {
        // Names stand in the odd columns, nodes in the even ones.
        let nodes = wanted.nodes.iter().zip(ranks);
        let items = nodes.map(|(size, rank)| Item { size: *size, column: 2 * rank, y: 0.0 }).collect();
        let columns = 2 * ranks.iter().max().copied().unwrap_or(0) + 1;
        let empty = vec![Vec::new(); wanted.nodes.len()];
        let mut chart =
            Self { items, left: empty.clone(), right: empty, columns: vec![Vec::new(); columns], passes: Vec::new() };
        for (start, end, name) in &wanted.links {
            let is_turned = ranks[*start] > ranks[*end];
            let (from, to) = if is_turned { (*end, *start) } else { (*start, *end) };
            let mut passed = Vec::new();
            let mut before = from;
            for column in 2 * ranks[from] + 1..2 * ranks[to] {
                let size = if passed.is_empty() { *name } else { Size { width: 0.0, height: PASSING } };
                let item = chart.add(Item { size, column, y: 0.0 });
                chart.tie(before, item);
                passed.push(item);
                before = item;
            }
            chart.tie(before, to);
            chart.passes.push((passed, is_turned));
        }
        for (item, column) in chart.items.iter().map(|item| item.column).enumerate() {
            chart.columns[column].push(item);
        }
        chart
    }

    fn add(&mut self, item: Item) -> usize {
        self.items.push(item);
        self.left.push(Vec::new());
        self.right.push(Vec::new());
        self.items.len() - 1
    }

    fn tie(&mut self, left: usize, right: usize) {
        self.right[left].push(right);
        self.left[right].push(left);
    }

    /// Puts each column in the order of what its items are tied to, from either side in turn; the order with the fewest
    /// crossings stays.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.columns.clone());
        for round in 0..ROUNDS {
            let mut places = self.places();
            let count = self.columns.len();
            for step in 0..count {
                let column = if round % 2 == 0 { step } else { count - 1 - step };
                let ties = if round % 2 == 0 { &self.left } else { &self.right };
                let middle = |item: usize| {
                    let tied = &ties[item];
                    let sum: usize = tied.iter().map(|other| places[*other]).sum();
                    if tied.is_empty() { places[item] as f64 } else { sum as f64 / tied.len() as f64 }
                };
                let mut sorted: Vec<(f64, usize)> =
                    self.columns[column].iter().map(|item| (middle(*item), *item)).collect();
                // Stable: what is equal stays as it stands in the mapping.
                sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
                self.columns[column] = sorted.into_iter().map(|(_, item)| item).collect();
                for (place, item) in self.columns[column].iter().enumerate() {
                    places[*item] = place;
                }
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.columns.clone());
            }
        }
        self.columns = best.1;
    }

    /// Place of each item in its column.
    fn places(&self) -> Vec<usize> {
        let mut places = vec![0; self.items.len()];
        for (place, item) in self.columns.iter().flat_map(|column| column.iter().enumerate()) {
            places[*item] = place;
        }
        places
    }

    /// Pairs of ties between the same two columns that cross.
    fn crossings(&self) -> usize {
        let places = self.places();
        let mut crossings = 0;
        for column in &self.columns {
            let ties: Vec<(usize, usize)> = column
                .iter()
                .flat_map(|item| self.right[*item].iter().map(|other| (places[*item], places[*other])))
                .collect();
            for (index, one) in ties.iter().enumerate() {
                let crosses = |other: &&(usize, usize)| {
                    (one.0 < other.0 && one.1 > other.1) || (one.0 > other.0 && one.1 < other.1)
                };
                crossings += ties[index + 1..].iter().filter(crosses).count();
            }
        }
        crossings
    }

    /// Moves everything as near to the middle of its neighbours as the order and the sizes allow.
    fn move_to_neighbours(&mut self) {
        for column in 0..self.columns.len() {
            self.settle(column, |_, own| own);
        }
        for round in 0..ROUNDS {
            let count = self.columns.len();
            for step in 0..count {
                let column = if round % 2 == 0 { step } else { count - 1 - step };
                self.settle(
                    column,
                    |tied: &[f64], own| {
                        if tied.is_empty() { own } else { tied.iter().sum::<f64>() / tied.len() as f64 }
                    },
                );
            }
        }
    }

    /// The places of one column that are nearest to the wished ones: neighbours that would overlap move together.
    fn settle(&mut self, column: usize, wish: impl Fn(&[f64], f64) -> f64) {
        let items = &self.columns[column];
        // Distances to the first item, when all are as close as they may be.
        let mut offset = 0.0;
        let mut offsets = Vec::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                let above = self.items[items[place - 1]].size.height;
                offset += (above + self.items[*item].size.height) / 2.0 + GAP;
            }
            offsets.push(offset);
        }
        // Blocks of items that touch: sum of what they wish for, and how many they are.
        let mut blocks: Vec<(f64, usize)> = Vec::new();
        for (item, offset) in items.iter().zip(&offsets) {
            let tied: Vec<f64> =
                self.left[*item].iter().chain(&self.right[*item]).map(|other| self.items[*other].y).collect();
            blocks.push((wish(&tied, self.items[*item].y) - offset, 1));
            while let [.., above, below] = blocks.as_slice() {
                if above.0 / above.1 as f64 <= below.0 / below.1 as f64 {
                    break;
                }
                let joined = (above.0 + below.0, above.1 + below.1);
                blocks.truncate(blocks.len() - 2);
                blocks.push(joined);
            }
        }
        let settled = blocks.iter().flat_map(|(sum, count)| std::iter::repeat_n(sum / *count as f64, *count));
        let settled: Vec<f64> = settled.zip(&offsets).map(|(base, offset)| base + offset).collect();
        for (item, y) in items.iter().zip(settled) {
            self.items[*item].y = y;
        }
    }

    /// The finished picture: everything from the margin on, lines from side to side.
    fn placed(&self, wanted: &Wanted) -> Placed {
        let top = self.items.iter().map(|item| item.y - item.size.height / 2.0).fold(f64::INFINITY, f64::min);
        let shift = if top.is_finite() { MARGIN - top } else { MARGIN };
        let bottom = self.items.iter().map(|item| item.y + item.size.height / 2.0).fold(0.0, f64::max);
        let mut x = MARGIN;
        let mut lefts = Vec::with_capacity(self.columns.len());
        let mut widths = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let width = column.iter().map(|item| self.items[*item].size.width).fold(0.0, f64::max);
            lefts.push(x);
            widths.push(width);
            x += width + BEND;
        }
        let size = Size { width: x - BEND + MARGIN, height: bottom + shift + MARGIN };
        let middle = |item: usize| {
            let item = &self.items[item];
            Spot { x: lefts[item.column] + widths[item.column] / 2.0, y: item.y + shift }
        };
        let corner = |item: usize| {
            let (spot, size) = (middle(item), self.items[item].size);
            Spot { x: spot.x - size.width / 2.0, y: spot.y - size.height / 2.0 }
        };
        let links = wanted.links.iter().zip(&self.passes).map(|((start, end, _), (passed, is_turned))| {
            let (from, to) = if *is_turned { (*end, *start) } else { (*start, *end) };
            let side = |node: usize, other: usize, ties: &[usize], right: bool| {
                let (spot, size) = (middle(node), self.items[node].size);
                let x = spot.x + if right { size.width / 2.0 } else { -size.width / 2.0 };
                let below = wanted.below[node];
                Spot { x, y: spot.y - below / 2.0 + self.port(other, ties, size.height - below) }
            };
            let (first, last) = (passed.first().copied().unwrap_or(to), passed.last().copied().unwrap_or(from));
            let mut points = vec![side(from, first, &self.right[from], true)];
            for item in passed {
                let column = self.items[*item].column;
                let y = middle(*item).y;
                points.extend([Spot { x: lefts[column], y }, Spot { x: lefts[column] + widths[column], y }]);
            }
            points.push(side(to, last, &self.left[to], false));
            if *is_turned {
                points.reverse();
            }
            Route { points, name: middle(first) }
        });
        Placed { size, nodes: (0..wanted.nodes.len()).map(corner).collect(), links: links.collect() }
    }

    /// How far from the middle of a node's side the line to `other` leaves it: lines leave in the order in which they end.
    fn port(&self, other: usize, ties: &[usize], height: f64) -> f64 {
        let mut sorted: Vec<usize> = ties.to_vec();
        sorted.sort_by(|one, other| self.items[*one].y.total_cmp(&self.items[*other].y));
        let place = sorted.iter().position(|tied| *tied == other).unwrap_or(0);
        let step = ((height - 20.0) / ties.len().max(1) as f64).clamp(0.0, 12.0);
        (place as f64 - (ties.len() as f64 - 1.0) / 2.0) * step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: Size = Size { width: 120.0, height: 50.0 };
    const NAME: Size = Size { width: 90.0, height: 20.0 };

    fn placed(nodes: usize, links: &[(usize, usize)]) -> Placed {
        let links = links.iter().map(|(start, end)| (*start, *end, NAME)).collect();
        place(&Wanted { nodes: vec![NODE; nodes], below: vec![0.0; nodes], links })
    }

    fn overlap(one: (Spot, Size), other: (Spot, Size)) -> bool {
        let apart = |a: f64, width_a: f64, b: f64, width_b: f64| a + width_a <= b || b + width_b <= a;
        !apart(one.0.x, one.1.width, other.0.x, other.1.width)
            && !apart(one.0.y, one.1.height, other.0.y, other.1.height)
    }

    #[test]
    fn nothing_lies_on_anything_else() {
        let star: Vec<(usize, usize)> = (1..9).flat_map(|end| [(0, end), (0, end)]).collect();
        let circle = vec![(0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (4, 0), (4, 3)];
        for (nodes, links) in [(9, star), (6, circle), (3, Vec::new()), (1, Vec::new())] {
            let placed = placed(nodes, &links);
            let corner = |link: &Route| Spot { x: link.name.x - NAME.width / 2.0, y: link.name.y - NAME.height / 2.0 };
            let names = placed.links.iter().map(|link| (corner(link), NAME));
            let boxes: Vec<(Spot, Size)> = placed.nodes.iter().map(|spot| (*spot, NODE)).chain(names).collect();
            for (place, one) in boxes.iter().enumerate() {
                assert!(one.0.x >= 0.0 && one.0.x + one.1.width <= placed.size.width, "{placed:?}");
                assert!(one.0.y >= 0.0 && one.0.y + one.1.height <= placed.size.height, "{placed:?}");
                assert!(boxes[place + 1..].iter().all(|other| !overlap(*one, *other)), "{links:?}: {placed:?}");
            }
        }
    }

    #[test]
    fn a_route_goes_from_its_start_to_its_end_also_against_the_stream() {
        let placed = placed(3, &[(0, 1), (1, 2), (2, 0)]);
        for (link, (start, end)) in placed.links.iter().zip([(0, 1), (1, 2), (2, 0)]) {
            let touches = |spot: &Spot, node: usize| {
                let corner: Spot = placed.nodes[node];
                (spot.x - corner.x).abs() < 0.01 || (spot.x - corner.x - NODE.width).abs() < 0.01
            };
            assert!(touches(&link.points[0], start) && touches(link.points.last().unwrap(), end), "{placed:?}");
        }
        assert!(placed.nodes[0].x < placed.nodes[1].x && placed.nodes[1].x < placed.nodes[2].x);
    }

    #[test]
    fn a_star_needs_no_crossing_and_nothing_at_all_is_a_picture_too() {
        let links: Vec<(usize, usize)> = (1..7).map(|end| (0, end)).collect();
        let mut chart = Chart::new(
            &Wanted {
                nodes: vec![NODE; 7],
                below: vec![0.0; 7],
                links: links.iter().map(|(a, b)| (*a, *b, NAME)).collect(),
            },
            &[0, 1, 1, 1, 1, 1, 1],
        );
        chart.order();
        assert_eq!(chart.crossings(), 0);
        let nothing = placed(0, &[]);
        assert!(nothing.size.width > 0.0 && nothing.size.height > 0.0 && nothing.nodes.is_empty());
    }
}
