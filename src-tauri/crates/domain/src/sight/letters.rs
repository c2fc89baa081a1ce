//! How large letters are, as a style says it.

use super::style::{measured, pixels};
use super::{LETTER_PIXELS, style};

/// Sizes that have a name, in pixels.
const NAMED: [(&str, f32); 10] = [
    ("xx-small", 9.0),
    ("x-small", 10.0),
    ("small", 13.0),
    ("medium", LETTER_PIXELS),
    ("initial", LETTER_PIXELS),
    ("math", LETTER_PIXELS),
    ("large", 18.0),
    ("x-large", 24.0),
    ("xx-large", 32.0),
    ("xxx-large", 48.0),
];
/// What `smaller` takes off, and `larger` gives.
const STEP: f32 = 1.2;
/// Elements that are smaller than what is around them, by how much: within each other they shrink to
/// nothing.
const SMALLER: [(&str, f32); 6] = [
    ("small", 1.0 / STEP),
    ("sub", 1.0 / STEP),
    ("sup", 1.0 / STEP),
    ("h5", 0.83),
    ("h6", 0.67),
    ("rt", 0.5),
];
/// Fonts of the system, that say a size with their name.
const SYSTEM: [&str; 6] = [
    "caption",
    "icon",
    "menu",
    "message-box",
    "small-caption",
    "status-bar",
];
/// What a `font` may say before its size, besides a weight in numbers.
const BEFORE_SIZE: [&str; 16] = [
    "normal",
    "italic",
    "oblique",
    "small-caps",
    "bold",
    "bolder",
    "lighter",
    "ultra-condensed",
    "extra-condensed",
    "condensed",
    "semi-condensed",
    "semi-expanded",
    "expanded",
    "extra-expanded",
    "ultra-expanded",
    "none",
];

/// A size of letters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Letters {
    Pixels(f32),
    /// Of the size around.
    Share(f32),
    /// Pixels, if that is less: without a unit it is a size to some programs and nothing to others.
    AtMost(f32),
}

impl Letters {
    /// In pixels, with this size around.
    pub(super) fn within(self, around: f32) -> f32 {
        match self {
            Letters::Pixels(pixels) => pixels,
            Letters::Share(share) => around * share,
            Letters::AtMost(pixels) => around.min(pixels),
        }
    }

    /// What is believed of two that are said of the same element, this one last.
    pub(super) fn said_after(self, before: Option<Letters>) -> Letters {
        match (self, before) {
            (Letters::AtMost(_), Some(before))
                if before.within(LETTER_PIXELS) < self.within(LETTER_PIXELS) =>
            {
                before
            }
            (Letters::Pixels(_) | Letters::Share(_) | Letters::AtMost(_), _) => self,
        }
    }

    /// What two say, one in the other.
    pub(super) fn then(self, inner: Letters) -> Letters {
        match (self, inner) {
            (Letters::Pixels(around), Letters::Share(share)) => Letters::Pixels(around * share),
            (Letters::Share(around), Letters::Share(share)) => Letters::Share(around * share),
            (Letters::AtMost(around), Letters::Share(share)) => Letters::AtMost(around * share),
            (
                Letters::Pixels(_) | Letters::Share(_) | Letters::AtMost(_),
                Letters::Pixels(_) | Letters::AtMost(_),
            ) => inner,
        }
    }

    /// The size an element has of itself, if it is smaller than what is around it.
    pub(super) fn of_element(name: &str) -> Option<Letters> {
        let row = SMALLER.iter().find(|(smaller, _)| *smaller == name)?;
        Some(Letters::Share(row.1))
    }

    /// What a `font-size` says; nothing if that is not known here.
    pub(super) fn of_size(value: &str) -> Option<Letters> {
        if let Some((_, pixels)) = NAMED.iter().find(|(name, _)| *name == value) {
            return Some(Letters::Pixels(*pixels));
        }
        match value {
            "smaller" => return Some(Letters::Share(1.0 / STEP)),
            "larger" => return Some(Letters::Share(STEP)),
            "inherit" | "unset" | "revert" | "revert-layer" => return Some(Letters::Share(1.0)),
            _ => {}
        }
        if value.ends_with('%') {
            let share = style::share(value).filter(|share| *share >= 0.0)?;
            return Some(Letters::Share(share));
        }
        let (number, unit) = measured(value)?;
        if number.is_sign_negative() && number != 0.0 {
            return None;
        }
        match unit {
            "" if number != 0.0 => Some(Letters::AtMost(number)),
            "em" | "ex" | "ch" | "ic" | "cap" | "lh" => pixels(value, 1.0).map(Letters::Share),
            _ => pixels(value, LETTER_PIXELS).map(Letters::Pixels),
        }
    }

    /// What a `font` says; nothing if a browser would leave it out, as it does without a family.
    pub(super) fn of_font(value: &str) -> Option<Letters> {
        if SYSTEM.contains(&value) {
            return Some(Letters::Pixels(LETTER_PIXELS));
        }
        let is_whole = |value: &str| {
            ["initial", "inherit", "unset", "revert", "revert-layer"].contains(&value)
        };
        if is_whole(value) {
            return Letters::of_size(value);
        }
        // White space around the slash says nothing.
        let value = value.replace(" /", "/").replace("/ ", "/");
        let mut parts = value.split_whitespace();
        let is_before = |part: &str| {
            let weighs = part != "0" && part.parse::<f32>().is_ok();
            weighs || BEFORE_SIZE.contains(&part) || part.ends_with("deg")
        };
        let size = parts.by_ref().find(|part| !is_before(part))?;
        let (size, _line) = size.split_once('/').unwrap_or((size, ""));
        let names =
            |part: &str| !part.starts_with(|c: char| c.is_ascii_digit() || ".+/".contains(c));
        parts.next().filter(|family| names(family))?;
        Letters::of_size(size)
    }
}
