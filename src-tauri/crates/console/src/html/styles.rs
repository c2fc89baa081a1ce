//! What of a style stays in the rendering: what dresses letters, and nothing that could hide, move or
//! cover them, or fetch. A value that [`domain::sight`] does not read stays out with them: nobody
//! could be warned of what it hides.

use domain::sight::{self, Declaration};

/// The style of what was hidden; the frame's own sheet knows it by its first property.
pub(super) const HIDDEN: &str = "--hidden:1";
/// What stands in an attribute of old that hid words; the frame's own sheet knows it too.
pub(super) const HIDDEN_OF_OLD: &str = "hidden";
/// Room around letters that stays; more of it leads beside the page.
const ROOM_PIXELS_MAX: f32 = 120.0;
/// Widths that stay on what does not grow with its words: in less, they come out at its edges and
/// under what is beside it; in more, they are beside the page.
const WIDTH_PIXELS: std::ops::RangeInclusive<f32> = 200.0..=1_000.0;
/// Elements that are never narrower than their words.
const GROWING: [&str; 4] = ["table", "td", "th", "img"];
/// CSS properties that stay, each with some of its values: see [`in_place`].
pub(super) const STYLES: [&str; 17] = [
    "--hidden",
    "color",
    "background-color",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "text-align",
    "text-decoration",
    "vertical-align",
    "padding",
    "margin",
    "border",
    "border-collapse",
    "width",
    "max-width",
    "height",
];

/// In what a message is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dress {
    /// Its own colours and sizes.
    Own,
    /// The window's.
    Plain,
}

/// What of the style of an `element` stays; nothing if that is nothing. Its ground stays with its
/// colour, without the picture on it: letters are only readable on their own.
pub(super) fn in_place(element: &str, style: &str, dress: Dress) -> Option<String> {
    let declared = sight::declarations(style);
    let kept = declared.iter().filter_map(|one| kept(element, one, dress));
    let kept: Vec<String> = kept.collect();
    (!kept.is_empty()).then(|| kept.join(";"))
}

fn kept(element: &str, one: &Declaration, dress: Dress) -> Option<String> {
    let Declaration { property, value } = one;
    let stays = match property.as_str() {
        "background" | "background-color" => {
            let ground = sight::ground(one).filter(|_| dress == Dress::Own)?;
            return Some(format!("background-color:{ground}"));
        }
        "color" => dress == Dress::Own && sight::is_colour(value),
        "font-size" => dress == Dress::Own && sight::is_size(value),
        "padding" | "margin" => value
            .split_whitespace()
            .all(|part| part == "auto" || is_room(part)),
        "border" => {
            !value.contains('(')
                && value.split_whitespace().all(|part| {
                    let is_word =
                        !part.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
                    is_word || is_room(part)
                })
        }
        "width" if GROWING.contains(&element) => is_simple(value),
        "width" | "max-width" => sight::length(value).is_some_and(|px| WIDTH_PIXELS.contains(&px)),
        "height" => element == "img" && is_simple(value),
        "text-decoration" => matches!(value.as_str(), "none" | "underline" | "line-through"),
        "font-style" | "text-align" | "vertical-align" | "border-collapse" => {
            value.chars().all(|c| c.is_ascii_alphabetic())
        }
        "font-weight" | "font-family" => !value.contains('('),
        _ => false,
    };
    stays.then(|| format!("{property}:{value}"))
}

fn is_room(part: &str) -> bool {
    sight::length(part).is_some_and(|px| (0.0..=ROOM_PIXELS_MAX).contains(&px))
}

/// True for a length or a share, and nothing that is computed.
fn is_simple(value: &str) -> bool {
    let is_share = |value: &str| value.parse::<f32>().is_ok_and(|share| share >= 0.0);
    sight::length(value).is_some_and(|px| px >= 0.0)
        || value.strip_suffix('%').is_some_and(is_share)
}
