//! Plots of degrees: nodes by number of relationships, in bins that double, counted on a logarithmic scale.
//!
//! In: a distribution. Out: one `<svg>` element, whose colours are the page's own, so that it is light and dark with it.

use plotters::prelude::*;

use super::degrees::Distribution;

/// Size in pixels; the page scales it.
const SIZE: (u32, u32) = (360, 170);
/// Colours that stand for the page's: they never reach the page themselves.
const BAR: RGBColor = RGBColor(1, 2, 3);
const SECOND_BAR: RGBColor = RGBColor(1, 2, 4);
const LINE: RGBColor = RGBColor(1, 2, 5);
const TEXT: RGBColor = RGBColor(1, 2, 6);
const PAGE_COLOURS: [(&str, &str); 4] = [
    ("\"#010203\"", "\"var(--bar)\""),
    ("\"#010204\"", "\"var(--bar-2)\""),
    ("\"#010205\"", "\"var(--line)\""),
    ("\"#010206\"", "\"var(--soft)\""),
];
/// Height of the axis below one node, so that a bin of one is seen.
const FLOOR: f64 = 0.6;

/// Which end of the relationships is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Outgoing.
    Start,
    /// Incoming.
    End,
}

/// Draws a distribution; `None` where there is nothing to draw.
pub fn plot(distribution: &Distribution, side: Side) -> Option<String> {
    let most = distribution.bins.iter().max().copied().filter(|most| *most > 0)?;
    let mut svg = String::new();
    draw(&mut svg, distribution, most, side).map_err(|error| tracing::debug!("no plot: {error}")).ok()?;
    let coloured = PAGE_COLOURS.iter().fold(svg, |svg, (ours, pages)| svg.replace(ours, pages));
    Some(coloured.replacen("<svg ", "<svg role=\"img\" aria-label=\"Nodes by number of relationships\" ", 1))
}

fn draw(
    svg: &mut String,
    distribution: &Distribution,
    most: u64,
    side: Side,
) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let bins = distribution.bins.len() as f64;
    let top = (most as f64 * 1.6).max(10.0);
    let mut chart = ChartBuilder::on(&area)
        .margin_top(8)
        .margin_right(6)
        .x_label_area_size(34)
        .y_label_area_size(44)
        .build_cartesian_2d(0.0..bins, (FLOOR..top).log_scale())?;
    let text = ("sans-serif", 13).into_font().color(&TEXT);
    // A label for each bin while there is room, else for every second or third one.
    let step = (distribution.bins.len() as f64 / 7.0).ceil().max(1.0) as usize;
    let colour = if side == Side::Start { BAR } else { SECOND_BAR };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .x_labels(0)
        .x_label_formatter(&|_| String::new())
        .y_labels(4)
        .bold_line_style(LINE.stroke_width(1))
        .light_line_style(LINE.mix(0.0).stroke_width(1))
        .axis_style(LINE.stroke_width(1))
        .y_label_formatter(&|nodes| if *nodes < 0.9 { String::new() } else { compact(*nodes as u64) })
        .label_style(text.clone())
        .draw()?;
    for (bin, nodes) in distribution.bins.iter().enumerate() {
        let left = bin as f64;
        if *nodes > 0 {
            let bar = [(left + 0.08, FLOOR), (left + 0.92, *nodes as f64)];
            chart.draw_series([Rectangle::new(bar, colour.filled())])?;
        }
    }
    let plane = chart.plotting_area();
    let centred = text.pos(plotters::style::text_anchor::Pos::new(
        plotters::style::text_anchor::HPos::Center,
        plotters::style::text_anchor::VPos::Top,
    ));
    for bin in (0..distribution.bins.len()).step_by(step) {
        let (x, y) = plane.map_coordinate(&(bin as f64 + 0.5, FLOOR));
        area.draw(&Text::new(bin_name(bin), (x, y + 5), centred.clone()))?;
    }
    let (x, y) = plane.map_coordinate(&(bins / 2.0, FLOOR));
    let what =
        if side == Side::Start { "outgoing relationships of a node" } else { "incoming relationships of a node" };
    area.draw(&Text::new(what, (x, y + 20), centred))?;
    area.present()?;
    Ok(())
}

/// The degrees of a bin: `1`, `2-3`, `4-7`, and from a thousand on only the first of them.
fn bin_name(bin: usize) -> String {
    let first = 1u64 << bin.min(62);
    match bin {
        0 => "1".to_owned(),
        1..=6 => format!("{first}-{}", 2 * first - 1),
        _ => format!("{}+", compact(first)),
    }
}

/// A count in at most four characters.
fn compact(count: u64) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => format!("{}k", count / 1_000),
        1_000_000..1_000_000_000 => format!("{}M", count / 1_000_000),
        _ => format!("{}G", count / 1_000_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_has_a_bar_for_each_bin_and_no_colour_of_its_own() {
        let distribution =
            Distribution { bins: vec![1_200, 300, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1], ..Distribution::default() };
        for side in [Side::Start, Side::End] {
            let svg = plot(&distribution, side).unwrap();
            let colour = if side == Side::Start { "var(--bar)" } else { "var(--bar-2)" };
            assert_eq!(svg.matches(&format!("fill=\"{colour}\"")).count(), 4, "{svg}");
            assert!(!svg.contains("\"#"), "{svg}");
            assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>") && !svg.contains("NaN"), "{svg}");
            assert!(!svg.contains("width=\"-") && !svg.contains("height=\"-"), "{svg}");
        }
        assert_eq!(plot(&Distribution::default(), Side::Start), None);
    }

    #[test]
    fn one_node_is_a_plot_too() {
        assert!(plot(&Distribution { bins: vec![1], ..Distribution::default() }, Side::End).is_some());
    }
}
