//! A model as a picture: SVG that stands alone or in a page, light and dark, with numbers where they are known.
//!
//! In: a model. Out: one `<svg>` element. Sizes of texts are estimated, since no font is at hand: generously, and a long name
//! is cut and stands whole in its tooltip. Names are escaped by the template, never here.

use serde::Serialize;
use shared::page::{PageError, render_piece, shortened};
use shared::progress::human_count;

use super::Model;
use super::layout::{Route, Size, Spot, Wanted, place};

const TEMPLATE: &str = include_str!("picture.svg");

/// Characters of a name that are shown.
const NAME_CHARACTERS: usize = 30;
/// Height of a node with two lines, and with three.
const NODE_HEIGHT: f64 = 52.0;
const LINE_HEIGHT: f64 = 16.0;
/// Height of a relationship's name, without and with a number.
const LABEL_HEIGHT: f64 = 21.0;
/// Height of one loop below a node.
const LOOP_HEIGHT: f64 = 34.0;

#[derive(Serialize)]
struct Drawing {
    width: f64,
    height: f64,
    nodes: Vec<DrawnNode>,
    links: Vec<DrawnLink>,
}

#[derive(Serialize)]
struct DrawnNode {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    /// Middle, where texts are centred.
    middle: f64,
    name: String,
    whole: String,
    key: String,
    number: Option<String>,
}

#[derive(Serialize)]
struct DrawnLink {
    path: String,
    /// Box and middle of its name.
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    middle: f64,
    name: String,
    whole: String,
    number: Option<String>,
}

/// Draws a model.
///
/// # Errors
/// When the template does not fit, which is a fault of this program.
pub fn picture(model: &Model) -> Result<String, PageError> {
    let sizes: Vec<Size> = model.nodes.iter().enumerate().map(|(place, _)| node_size(model, place)).collect();
    let is_loop = |relationship: &&super::RelationshipKind| relationship.start == relationship.end;
    let (loops, between): (Vec<_>, Vec<_>) = model.relationships.iter().partition(is_loop);
    // A node keeps the room for its loops below itself.
    let loops_at = |node: usize| loops.iter().filter(|relationship| relationship.start == node).count() as f64;
    let below: Vec<f64> = (0..sizes.len()).map(|node| loops_at(node) * LOOP_HEIGHT).collect();
    let with_loops = |(size, below): (&Size, &f64)| Size { width: size.width, height: size.height + below };
    let wanted = Wanted {
        nodes: sizes.iter().zip(&below).map(with_loops).collect(),
        below,
        links: between.iter().map(|link| (link.start, link.end, label_size(link))).collect(),
    };
    let placed = place(&wanted);
    let mut links: Vec<DrawnLink> =
        between.iter().zip(&placed.links).map(|(link, route)| drawn_link(link, curve(route), route.name)).collect();
    let mut drawn_at = vec![0.0; model.nodes.len()];
    for relationship in &loops {
        let node = relationship.start;
        let (corner, size) = (placed.nodes[node], sizes[node]);
        let depth = corner.y + size.height + drawn_at[node] * LOOP_HEIGHT;
        drawn_at[node] += 1.0;
        let name = Spot { x: corner.x + size.width / 2.0, y: depth + LOOP_HEIGHT - LABEL_HEIGHT / 2.0 };
        links.push(drawn_link(relationship, loop_path(corner, size, name.y), name));
    }
    let nodes = model.nodes.iter().zip(&sizes).zip(&placed.nodes).map(|((node, size), corner)| DrawnNode {
        x: corner.x,
        y: corner.y,
        width: size.width,
        height: size.height,
        middle: corner.x + size.width / 2.0,
        name: shortened(&node.name(), NAME_CHARACTERS),
        whole: described(node),
        key: shortened(&node.key.join(", "), NAME_CHARACTERS),
        number: node.count.map(human_count),
    });
    let drawing = Drawing { width: placed.size.width, height: placed.size.height, nodes: nodes.collect(), links };
    render_piece(TEMPLATE, drawing)
}

fn described(node: &super::NodeKind) -> String {
    let others = match node.others {
        0 => String::new(),
        1 => ", 1 other property".to_owned(),
        several => format!(", {several} other properties"),
    };
    format!("{}: key {}{others}", node.name(), if node.key.is_empty() { "none".into() } else { node.key.join(", ") })
}

fn node_size(model: &Model, place: usize) -> Size {
    let node = &model.nodes[place];
    let name = text_width(&shortened(&node.name(), NAME_CHARACTERS), 15.0);
    let key = text_width(&shortened(&node.key.join(", "), NAME_CHARACTERS), 12.0);
    let number = node.count.map_or(0.0, |count| text_width(&human_count(count), 14.0));
    let height = NODE_HEIGHT + if node.count.is_some() { LINE_HEIGHT } else { 0.0 };
    Size { width: (name.max(key).max(number) + 36.0).max(110.0), height }
}

/// The size of a relationship's name with its number behind it.
fn label_size(relationship: &super::RelationshipKind) -> Size {
    let name = text_width(&shortened(&relationship.name, NAME_CHARACTERS), 11.5);
    let number = relationship.count.map_or(0.0, |count| text_width(&human_count(count), 11.5) + 8.0);
    Size { width: name + number + 20.0, height: LABEL_HEIGHT }
}

fn drawn_link(relationship: &super::RelationshipKind, path: String, middle: Spot) -> DrawnLink {
    let size = label_size(relationship);
    let whole = match relationship.properties {
        0 => format!("{}: no properties", relationship.name),
        1 => format!("{}: 1 property", relationship.name),
        several => format!("{}: {several} properties", relationship.name),
    };
    DrawnLink {
        path,
        x: middle.x - size.width / 2.0,
        y: middle.y - size.height / 2.0,
        width: size.width,
        height: size.height,
        middle: middle.x,
        name: shortened(&relationship.name, NAME_CHARACTERS),
        whole,
        number: relationship.count.map(human_count),
    }
}

/// Room that a text takes at most, in most fonts.
fn text_width(text: &str, font_size: f64) -> f64 {
    let of = |character: char| match character {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | ',' | '.' | ':' | ' ' => 0.4,
        'm' | 'w' | 'M' | 'W' => 0.95,
        character if character.is_uppercase() || character == '_' => 0.74,
        character if character.is_ascii() => 0.6,
        _ => 1.0,
    };
    text.chars().map(of).sum::<f64>() * font_size
}

/// A line through all points that leaves and reaches each side at a right angle.
fn curve(route: &Route) -> String {
    let Some((first, rest)) = route.points.split_first() else { return String::new() };
    let mut path = format!("M{:.1} {:.1}", first.x, first.y);
    let mut from = first;
    for to in rest {
        if (from.y - to.y).abs() < 0.05 {
            path.push_str(&format!(" L{:.1} {:.1}", to.x, to.y));
        } else {
            let half = f64::midpoint(from.x, to.x);
            path.push_str(&format!(" C{half:.1} {:.1} {half:.1} {:.1} {:.1} {:.1}", from.y, to.y, to.x, to.y));
        }
        from = to;
    }
    path
}

/// From a node's right side around below it to its left side.
fn loop_path(corner: Spot, size: Size, bottom: f64) -> String {
    let (left, right) = (corner.x + 14.0, corner.x + size.width - 14.0);
    let top = corner.y + size.height;
    format!(
        "M{right:.1} {top:.1} C{:.1} {bottom:.1} {:.1} {bottom:.1} {:.1} {bottom:.1} L{:.1} {bottom:.1} C{:.1} {bottom:.1} {:.1} {bottom:.1} {left:.1} {top:.1}",
        right + 4.0,
        right + 2.0,
        right - 14.0,
        left + 14.0,
        left - 2.0,
        left - 4.0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Mapping;
    use crate::model::{NodeKind, RelationshipKind};

    fn node(name: &str) -> NodeKind {
        NodeKind { labels: vec![name.to_owned()], key: vec!["id".into()], others: 2, count: Some(1_234_567) }
    }

    #[test]
    fn names_are_escaped_and_numbers_are_there() {
        let knows =
            |name: &str, end| RelationshipKind { name: name.into(), start: 0, end, properties: 1, count: Some(89_000) };
        let model = Model {
            nodes: vec![node("<script>alert(1)</script>"), node("B&B")],
            relationships: vec![knows("KNOWS\" onload=\"x", 1), knows("IS_LIKE", 0), knows("IS", 0)],
        };
        let svg = picture(&model).unwrap();
        assert!(svg.trim_start().starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
        assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;") && svg.contains("B&amp;B"), "{svg}");
        assert!(!svg.contains("onload=\"") && svg.contains("1,234,567") && svg.contains("89,000"), "{svg}");
        assert_eq!(svg.matches("class=\"link\"").count(), 3, "loops are drawn too: {svg}");
    }

    #[test]
    fn every_name_of_the_default_mapping_is_drawn() {
        let svg = picture(&Model::of_mapping(&Mapping::load(None).unwrap())).unwrap();
        for name in ["Learner", "HAS_PROFESSIONAL_STATUS", "IN_COUNTRY", "hashedEmail"] {
            assert!(svg.contains(&format!(">{name}<")), "{name}: {svg}");
        }
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert!(picture(&Model::default()).unwrap().contains("No nodes"));
    }
}
