//! Colours and grounds, as a style says them and as the attributes of old do.

use cssparser::Parser;
use cssparser_color::{Color, hsl_to_rgb, hwb_to_rgb};

/// How far the channels of two colours are apart at most that the eye does not tell apart.
const CHANNELS_APART_MAX: f32 = 16.0 / 255.0;
/// Letters of an attribute that are read as a colour; the rest says nothing (HTML, 2.3.6).
const LEGACY_CHARS_MAX: usize = 128;
/// Digits of a channel that are looked at in one.
const LEGACY_DIGITS_MAX: usize = 8;
/// Colours of the system that are white or next to it where a mail is read.
const WHITE: [&str; 14] = [
    "canvas",
    "window",
    "field",
    "background",
    "menu",
    "scrollbar",
    "activecaption",
    "inactivecaption",
    "appworkspace",
    "infobackground",
    "buttonface",
    "buttonhighlight",
    "highlighttext",
    "threedface",
];
/// Those that are black.
const BLACK: [&str; 6] = [
    "canvastext",
    "windowtext",
    "fieldtext",
    "infotext",
    "menutext",
    "captiontext",
];
/// What `background` may say besides its colour, its pictures and lengths. Of anything else a browser
/// leaves the whole declaration out.
const BESIDE_GROUND: [&str; 23] = [
    "/",
    "none",
    "repeat",
    "no-repeat",
    "repeat-x",
    "repeat-y",
    "round",
    "space",
    "scroll",
    "fixed",
    "local",
    "left",
    "right",
    "top",
    "bottom",
    "center",
    "auto",
    "cover",
    "contain",
    "border-box",
    "padding-box",
    "content-box",
    "text",
];

/// A colour, its channels from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour {
    channels: [f32; 3],
    pub(super) alpha: f32,
}

/// What something is painted with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Paint {
    Of(Colour),
    /// For letters the colour of those around, for a ground that of its letters.
    Current,
}

impl Paint {
    /// The colour it is wherever it stands, if it is one.
    pub(super) fn colour(self) -> Option<Colour> {
        match self {
            Paint::Of(colour) => Some(colour),
            Paint::Current => None,
        }
    }
}

/// What a `color` writes in; nothing if it says nothing that is known here.
pub(super) fn letters_in(value: &str) -> Option<Paint> {
    match value.trim() {
        "currentcolor" | "inherit" | "unset" | "revert" | "revert-layer" => Some(Paint::Current),
        "initial" => Some(Paint::Of(Colour::BLACK)),
        said => colour(said).map(Paint::Of),
    }
}

/// What a `background-color` paints; nothing if it says nothing that is known here.
pub(super) fn ground_of(value: &str) -> Option<Paint> {
    match value.trim() {
        "currentcolor" => Some(Paint::Current),
        "inherit" | "initial" | "unset" | "revert" | "revert-layer" => {
            Some(Paint::Of(Colour::CLEAR))
        }
        said => colour(said).map(Paint::Of),
    }
}

/// What a `background` paints: one that names no colour paints none, whatever was said before it.
/// Nothing if there is something in it that is not known here.
pub(super) fn ground_in(value: &str) -> Option<Paint> {
    let mut ground = Some(Paint::Of(Colour::CLEAR));
    for layer in apart(value, |c| c == ',') {
        // Only the last layer has a colour; one in another makes the whole void.
        let Some(Paint::Of(Colour::CLEAR)) = ground else {
            return None;
        };
        let mut parts = apart(layer, char::is_whitespace)
            .flat_map(apart_at_slashes)
            .filter(|part| !part.is_empty());
        ground = parts.try_fold(Paint::Of(Colour::CLEAR), |ground, part| {
            if BESIDE_GROUND.contains(&part) || is_picture(part) || is_place(part) {
                return Some(ground);
            }
            let painted = ground_of(part)?;
            (ground == Paint::Of(Colour::CLEAR)).then_some(painted)
        });
    }
    ground
}

/// A colour an attribute of old says; there everything is one (HTML, 2.3.6).
pub(super) fn legacy(value: &str) -> Option<Paint> {
    let value = value.trim().to_ascii_lowercase();
    if value.is_empty() || value == "transparent" {
        return None;
    }
    let is_word = value.starts_with(|c: char| c.is_ascii_alphabetic());
    // `rgb(…)` is no word: its letters are read as digits, as a browser does.
    let named = written(&value).filter(|_| is_word && !value.contains('('));
    if let Some(named) = named.filter(|_| !is_hex(&value)) {
        return Some(Paint::Of(named));
    }
    let digits: String = value.chars().take(LEGACY_CHARS_MAX).collect();
    let digits = digits.strip_prefix('#').unwrap_or(&digits);
    let mut digits: Vec<u32> = digits
        .chars()
        .map(|c| c.to_digit(16).unwrap_or(0))
        .collect();
    if let (true, [red, green, blue]) = (value.starts_with('#'), digits.as_slice()) {
        digits = [*red, *red, *green, *green, *blue, *blue].to_vec();
    }
    while digits.is_empty() || !digits.len().is_multiple_of(3) {
        digits.push(0);
    }
    let length = digits.len() / 3;
    let channels: Vec<&[u32]> = digits
        .chunks(length)
        .map(|channel| {
            channel
                .get(length.saturating_sub(LEGACY_DIGITS_MAX)..)
                .unwrap_or(channel)
        })
        .collect();
    // Zeros in front of all three say nothing.
    let shown = length.min(LEGACY_DIGITS_MAX);
    let front = (0..shown.saturating_sub(2))
        .take_while(|at| channels.iter().all(|channel| channel.get(*at) == Some(&0)))
        .count();
    let octet = |channel: &&[u32]| {
        let said = channel.get(front..).unwrap_or_default().iter().take(2);
        said.fold(0, |octet, digit| octet * 16 + digit) as f32 / 255.0
    };
    let [red, green, blue] = channels.as_slice() else {
        return None;
    };
    Some(Paint::Of(Colour {
        channels: [octet(red), octet(green), octet(blue)],
        alpha: 1.0,
    }))
}

fn is_hex(value: &str) -> bool {
    value.len() >= 3 && value.chars().all(|c| c.is_ascii_hexdigit())
}

/// A value in parts; what stands in parentheses stays whole.
pub(super) fn apart(value: &str, ends: impl Fn(char) -> bool) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    value.split(move |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && ends(c)
    })
}

/// `center/cover` is `center`, `/` and `cover`; a slash in parentheses is none.
fn apart_at_slashes(part: &str) -> impl Iterator<Item = &str> {
    apart(part, |c| c == '/')
}

fn is_picture(part: &str) -> bool {
    let function = part.split_once('(').map(|(function, _)| function);
    function.is_some_and(|function| {
        matches!(
            function,
            "url" | "image" | "image-set" | "cross-fade" | "element"
        ) || function.ends_with("-gradient")
            || function == "-webkit-image-set"
    })
}

fn is_place(part: &str) -> bool {
    part.ends_with('%') && part.trim_end_matches('%').parse::<f32>().is_ok()
        || super::style::pixels(part, super::LETTER_PIXELS).is_some()
}

fn colour(value: &str) -> Option<Colour> {
    let value = value.trim();
    if WHITE.contains(&value) {
        return Some(Colour::WHITE);
    }
    if BLACK.contains(&value) {
        return Some(Colour::BLACK);
    }
    written(value)
}

/// A colour that is none of the system's.
fn written(value: &str) -> Option<Colour> {
    let read = |value: &str| Parser::new(value).parse_entirely(Color::parse).ok();
    // Mail without a document type may leave the `#` out.
    let read = read(value).or_else(|| read(&format!("#{value}")))?;
    let part = |part: Option<f32>| part.unwrap_or(0.0);
    let turn = |hue: Option<f32>| (part(hue) / 360.0).rem_euclid(1.0).min(1.0);
    let (alpha, (red, green, blue)) = match read {
        Color::CurrentColor => return None,
        Color::Rgba(of) => {
            let [red, green, blue] =
                [of.red, of.green, of.blue].map(|byte| f32::from(byte) / 255.0);
            (Some(of.alpha), (red, green, blue))
        }
        Color::Hsl(of) => (
            of.alpha,
            hsl_to_rgb(turn(of.hue), part(of.saturation), part(of.lightness)),
        ),
        Color::Hwb(of) => (
            of.alpha,
            hwb_to_rgb(turn(of.hue), part(of.whiteness), part(of.blackness)),
        ),
        // How light they are is enough to tell them from what is behind.
        Color::Lab(of) => return Some(Colour::grey(part(of.lightness) / 100.0, part(of.alpha))),
        Color::Lch(of) => return Some(Colour::grey(part(of.lightness) / 100.0, part(of.alpha))),
        Color::Oklab(of) => return Some(Colour::grey(part(of.lightness), part(of.alpha))),
        Color::Oklch(of) => return Some(Colour::grey(part(of.lightness), part(of.alpha))),
        Color::ColorFunction(of) => (of.alpha, (part(of.c1), part(of.c2), part(of.c3))),
    };
    Some(Colour {
        channels: [red, green, blue].map(|channel| channel.clamp(0.0, 1.0)),
        alpha: part(alpha).clamp(0.0, 1.0),
    })
}

impl Colour {
    pub(super) const BLACK: Colour = Colour::all(0.0, 1.0);
    pub(super) const WHITE: Colour = Colour::all(1.0, 1.0);
    /// None at all: what is behind it is seen.
    pub(super) const CLEAR: Colour = Colour::all(0.0, 0.0);

    const fn all(lightness: f32, alpha: f32) -> Colour {
        Colour {
            channels: [lightness; 3],
            alpha,
        }
    }

    fn grey(lightness: f32, alpha: f32) -> Colour {
        Colour::all(lightness.clamp(0.0, 1.0), alpha.clamp(0.0, 1.0))
    }

    /// Painted over another that is opaque.
    pub(super) fn over(self, behind: Colour) -> Colour {
        let [red, green, blue] = self.channels;
        let [red_behind, green_behind, blue_behind] = behind.channels;
        let mix = |front: f32, behind: f32| front * self.alpha + behind * (1.0 - self.alpha);
        Colour {
            channels: [
                mix(red, red_behind),
                mix(green, green_behind),
                mix(blue, blue_behind),
            ],
            alpha: 1.0,
        }
    }

    pub(super) fn is_like(self, other: Colour) -> bool {
        let channels = self.channels.iter().zip(other.channels);
        channels
            .into_iter()
            .all(|(one, other)| (one - other).abs() <= CHANNELS_APART_MAX)
    }
}

impl std::fmt::Display for Colour {
    /// As a style writes it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.channels.map(|channel| (channel * 100.0).round());
        write!(f, "rgba({red}%, {green}%, {blue}%, {})", self.alpha)
    }
}
