//! What a style declares, and which of it hides whatever is around.

use cssparser::{Delimiter, ParseError, Parser, ToCss as _, Token, parse_important};

use super::LETTER_PIXELS;

/// Functions within functions that are read in a value.
const NESTED_MAX: usize = 8;
/// What is moved further back than this is beside the page.
const FAR_BACK_PIXELS: f32 = -100.0;
/// And what is moved further on.
const FAR_ON_PIXELS: f32 = 2_000.0;
/// Of a box that is cut, less than this shows nothing.
const SHOWN_PIXELS_MIN: f32 = 1.5;
/// Of an element that is scaled, less than this is seen as nothing.
const SCALE_MIN: f32 = 0.1;

/// One declaration of a style, in lower case, with escapes resolved and comments taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Such as `background-color`.
    pub property: String,
    /// Such as `#fff`, without `!important`.
    pub value: String,
}

/// The declarations of a style in the order in which they are believed, the last most: what is
/// `!important` after the rest. What does not read as one is left out, as in a browser.
pub fn declarations(style: &str) -> Vec<Declaration> {
    let mut parser = Parser::new(style);
    let mut found = Vec::new();
    while !parser.is_exhausted() {
        let one: Result<(bool, Declaration), ParseError<()>> =
            parser.parse_until_after(Delimiter::Semicolon, |one| {
                let property = one.expect_ident()?.to_ascii_lowercase();
                one.expect_colon()?;
                let mut value = String::new();
                one.parse_until_before(Delimiter::Bang, |one| write_value(one, &mut value, 0))?;
                let is_important = one.try_parse(parse_important).is_ok();
                one.expect_exhausted()?;
                let declared = Declaration {
                    property,
                    value: value.trim().to_ascii_lowercase(),
                };
                Ok((is_important, declared))
            });
        found.extend(one.ok());
    }
    found.sort_by_key(|(is_important, _)| *is_important);
    found.into_iter().map(|(_, declared)| declared).collect()
}

/// Writes what is left, white space at the edges of parentheses left out.
fn write_value(
    parser: &mut Parser<'_>,
    to: &mut String,
    depth: usize,
) -> Result<(), ParseError<()>> {
    while let Ok(token) = parser.next_including_whitespace().cloned() {
        if matches!(token, Token::WhiteSpace(_)) {
            if !to.ends_with(['(', ' ']) {
                to.push(' ');
            }
            continue;
        }
        // A string takes it all; there is nowhere it could fail.
        let _written = token.to_css(to);
        if matches!(token, Token::Function(_) | Token::ParenthesisBlock) {
            if depth < NESTED_MAX {
                parser.parse_nested_block(|inner| write_value(inner, to, depth + 1))?;
            }
            to.truncate(to.trim_end_matches(' ').len());
            to.push(')');
        }
    }
    Ok(())
}

/// True if what is declared keeps an element from being seen, whatever is around it. Of what is said
/// twice each counts: programs differ in what they understand.
pub(super) fn hide(declared: &[Declaration]) -> bool {
    let says = |properties: &[&str], holds: &dyn Fn(&str) -> bool| {
        declared
            .iter()
            .any(|one| properties.contains(&one.property.as_str()) && holds(&one.value))
    };
    let is_cut = says(&["overflow", "overflow-x", "overflow-y"], &|value| {
        ["hidden", "clip"].iter().any(|cut| value.contains(cut))
    });
    let is_flat = |value: &str| measured(value).is_some_and(|(number, _)| number == 0.0);
    is_cut && (says(&["height", "width"], &is_nothing) || says(&["line-height"], &is_flat))
        || declared.iter().any(|one| {
            let value = one.value.as_str();
            match one.property.as_str() {
                "display" => value == "none",
                "visibility" => value == "hidden" || value == "collapse",
                "content-visibility" => value == "hidden",
                "max-height" | "max-width" => is_nothing(value),
                "mso-hide" => value == "all",
                "clip" | "clip-path" => is_clipped(value),
                "scale" | "zoom" => value.split_whitespace().any(shrinks),
                "transform" => functions(value).any(|(name, said)| match name {
                    "scale" | "scalex" | "scaley" | "scale3d" => said.split(',').any(shrinks),
                    "matrix" => said.split(',').next().is_some_and(shrinks),
                    name => name.starts_with("translate") && is_far(said),
                }),
                "filter" => functions(value)
                    .any(|(name, said)| name == "opacity" && share(said).is_some_and(is_clear)),
                "text-indent" | "left" | "right" | "top" | "bottom" | "inset" | "translate" => {
                    is_far(value)
                }
                other => other.starts_with("margin") && is_far(value),
            }
        })
}

/// Less of an element is not seen.
pub(super) fn is_clear(share: f32) -> bool {
    share < super::OPAQUE_MIN
}

fn shrinks(value: &str) -> bool {
    share(value).is_some_and(|share| share.abs() < SCALE_MIN)
}

/// True for a length or a share that leaves nothing to be seen.
fn is_nothing(value: &str) -> bool {
    match value.strip_suffix('%').map(str::parse::<f32>) {
        Some(hundredths) => hundredths.is_ok_and(|hundredths| hundredths < 1.0),
        None => pixels(value, LETTER_PIXELS).is_some_and(|px| px < SHOWN_PIXELS_MIN),
    }
}

/// True if what is left of an element is nothing: both of the edges of `rect`, or half and more from
/// every side.
fn is_clipped(value: &str) -> bool {
    functions(value).any(|(name, said)| {
        let parts = said.split([' ', ',']).filter(|part| !part.is_empty());
        let parts: Vec<&str> = parts.collect();
        let px = |part: &&str| pixels(part, LETTER_PIXELS);
        match (name, parts.as_slice()) {
            ("rect", [top, right, bottom, left]) => {
                let shown = |from: &&str, to: &&str| Some(px(to)? - px(from)?);
                [shown(top, bottom), shown(left, right)]
                    .into_iter()
                    .flatten()
                    .any(|px| px < SHOWN_PIXELS_MIN)
            }
            ("inset", [first, ..]) => {
                first.ends_with('%') && share(first).is_some_and(|share| share >= 0.5)
            }
            ("circle" | "ellipse", [first, ..]) => is_nothing(first),
            ("polygon", points) => !points.iter().any(|point| !is_nothing(point)),
            _ => false,
        }
    })
}

/// The functions a value calls, each with what stands in its parentheses.
fn functions(value: &str) -> impl Iterator<Item = (&str, &str)> {
    value.split(')').filter_map(|one| {
        let (name, said) = one.split_once('(')?;
        Some((name.trim(), said.trim()))
    })
}

/// True if a length in it leads beside the page.
fn is_far(value: &str) -> bool {
    value
        .split([' ', ','])
        .filter_map(|part| pixels(part, LETTER_PIXELS))
        .any(|px| px <= FAR_BACK_PIXELS || px >= FAR_ON_PIXELS)
}

/// `3%` and `0.03`.
pub(super) fn share(value: &str) -> Option<f32> {
    let value = value.trim();
    match value.strip_suffix('%') {
        Some(hundredths) => hundredths.parse().ok().map(|n: f32| n / 100.0),
        None => value.parse().ok(),
    }
}

/// A length in pixels; nothing for what is none, or is a share of something not known here.
pub(super) fn pixels(value: &str, letter_pixels: f32) -> Option<f32> {
    let (number, unit) = measured(value)?;
    let pixels = match unit {
        "" | "px" => 1.0,
        "em" | "ic" => letter_pixels,
        "ex" | "ch" | "cap" => letter_pixels / 2.0,
        "lh" => letter_pixels * 1.2,
        unit => absolute(unit)?,
    };
    Some(number * pixels)
}

/// The number of a length, and its unit.
pub(super) fn measured(value: &str) -> Option<(f32, &str)> {
    let unit_at = value
        .rfind(|c: char| c.is_ascii_digit() || c == '.')
        .map(|at| at + 1)?;
    let (number, unit) = value.split_at_checked(unit_at)?;
    let number = number.parse::<f32>().ok()?;
    number.is_finite().then_some((number, unit))
}

/// The pixels of a unit that is the same wherever it stands.
fn absolute(unit: &str) -> Option<f32> {
    let pixels = match unit {
        "pt" => 96.0 / 72.0,
        "pc" | "rem" | "ric" => LETTER_PIXELS,
        "rex" | "rch" | "rcap" => LETTER_PIXELS / 2.0,
        "rlh" => LETTER_PIXELS * 1.2,
        "in" => 96.0,
        "cm" => 96.0 / 2.54,
        "mm" => 9.6 / 2.54,
        "q" => 2.4 / 2.54,
        // Of a window that is some 1,000 wide.
        unit => {
            let unit = unit.strip_prefix(['s', 'l', 'd']).unwrap_or(unit);
            matches!(unit, "vw" | "vh" | "vi" | "vb" | "vmin" | "vmax").then_some(10.0)?
        }
    };
    Some(pixels)
}
