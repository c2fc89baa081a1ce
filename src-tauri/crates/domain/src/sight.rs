//! What markup keeps from the eye: what its styles make invisible, tiny, far away, or of the colour
//! of the ground behind it.
//!
//! One place for everybody who reads a message's HTML, so that what a rule holds for is what the
//! person is warned of. It sees what stands on the elements themselves, inline styles and the
//! attributes of old; a style sheet can hide too, and no mail program can be trusted to apply one.

use cssparser::{Delimiter, ParseError, Parser, ToCss as _, Token};
use cssparser_color::{hsl_to_rgb, hwb_to_rgb};

/// Elements open at once that are followed; deeper ones are read as part of the last, and what one of
/// them hides stays hidden in it.
pub const DEPTH_MAX: usize = 512;
/// Functions within functions that are read in a value.
const NESTED_MAX: usize = 8;
/// How far the channels of two colours are apart at most that the eye does not tell apart.
const CHANNELS_APART_MAX: f32 = 16.0 / 255.0;
/// Less of a colour or of an element is not seen.
const OPAQUE_MIN: f32 = 0.1;
/// Letters smaller than this are not read.
const LETTER_PIXELS_MIN: f32 = 3.0;
/// Letters that nothing was said about.
const LETTER_PIXELS: f32 = 16.0;
/// What is moved further back than this is beside the page.
const FAR_PIXELS: f32 = -100.0;

/// What an element says about how it looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Looks<'a> {
    /// Its `style`.
    pub style: &'a str,
    /// True if it has the attribute `hidden`.
    pub hidden: bool,
    /// Its `bgcolor`.
    pub ground: Option<&'a str>,
    /// Its `color`, as `font` has one.
    pub colour: Option<&'a str>,
}

/// An element that ends those of its kind nobody closed (HTML, 13.1.2.4).
struct EndsByItself {
    begins: &'static [u8],
    /// What it ends.
    ends: &'static [&'static [u8]],
    /// Inside of these it ends nothing that stands outside.
    inside: &'static [&'static [u8]],
}

const ENDS_BY_ITSELF: [EndsByItself; 7] = [
    EndsByItself {
        begins: b"p",
        ends: &[b"p"],
        inside: &[b"table", b"td", b"th", b"button"],
    },
    EndsByItself {
        begins: b"li",
        ends: &[b"li"],
        inside: &[b"ul", b"ol"],
    },
    EndsByItself {
        begins: b"dt",
        ends: &[b"dt", b"dd"],
        inside: &[b"dl"],
    },
    EndsByItself {
        begins: b"dd",
        ends: &[b"dt", b"dd"],
        inside: &[b"dl"],
    },
    EndsByItself {
        begins: b"td",
        ends: &[b"td", b"th"],
        inside: &[b"table"],
    },
    EndsByItself {
        begins: b"th",
        ends: &[b"td", b"th"],
        inside: &[b"table"],
    },
    EndsByItself {
        begins: b"tr",
        ends: &[b"tr"],
        inside: &[b"table"],
    },
];
/// Sizes that have a name.
const NAMED_SIZES: [&str; 11] = [
    "xx-small",
    "x-small",
    "small",
    "medium",
    "large",
    "x-large",
    "xx-large",
    "xxx-large",
    "smaller",
    "larger",
    "initial",
];

/// One declaration of a style, in lower case, with escapes resolved and comments taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Such as `background-color`.
    pub property: String,
    /// Such as `#fff`, without `!important`.
    pub value: String,
}

/// A colour, its channels from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour {
    channels: [f32; 3],
    alpha: f32,
}

impl Looks<'_> {
    /// The ground it paints and the colour it writes in, where it says so.
    pub fn colours(&self) -> (Option<Colour>, Option<Colour>) {
        let declared = declarations(self.style);
        let last = |name: &str, read: fn(&str) -> Option<Colour>| {
            let said = declared.iter().filter(|one| one.property == name);
            said.rev().find_map(|one| read(&one.value))
        };
        let painted = last("background-color", ground).or_else(|| last("background", ground));
        (
            painted.or_else(|| self.ground.and_then(colour)),
            last("color", colour).or_else(|| self.colour.and_then(colour)),
        )
    }
}

/// Follows the elements that are open, and says if words in the innermost are seen.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    open: Vec<(Vec<u8>, Seen)>,
    /// Elements that are open beyond [`DEPTH_MAX`].
    beyond: usize,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Nothing in it is seen, whatever it says itself.
    gone: bool,
    colour: Colour,
    /// Opaque: what is behind it is mixed in.
    ground: Colour,
    letter_pixels: f32,
}

impl Default for Seen {
    fn default() -> Self {
        Seen {
            gone: false,
            colour: Colour::grey(0.0, 1.0),
            ground: Colour::grey(1.0, 1.0),
            letter_pixels: LETTER_PIXELS,
        }
    }
}

impl Sight {
    /// An element opens that has an end. True if it hides what was seen until here.
    pub fn opens(&mut self, name: &[u8], looks: Looks<'_>) -> bool {
        self.end_of_itself(name);
        if self.open.len() >= DEPTH_MAX {
            self.beyond += 1;
            let Some((_, last)) = self.open.last_mut() else {
                return false;
            };
            let turns = last.under(looks).is_hidden() && !last.is_hidden();
            last.gone |= turns;
            return turns;
        }
        let around = self.open.last().map(|(_, seen)| *seen).unwrap_or_default();
        let seen = around.under(looks);
        let turns = seen.is_hidden() && !around.is_hidden();
        self.open.push((name.to_vec(), seen));
        turns
    }

    /// An element ends. A closing tag nobody opened closes nothing; one that skips others closes
    /// those too.
    pub fn closes(&mut self, name: &[u8]) {
        if self.beyond > 0 {
            self.beyond -= 1;
        } else if let Some(place) = self.open.iter().rposition(|(open, _)| open == name) {
            self.open.truncate(place);
        }
    }

    /// What nobody closes ends where the next of its kind begins.
    fn end_of_itself(&mut self, name: &[u8]) {
        let row = ENDS_BY_ITSELF.iter().find(|row| row.begins == name);
        let Some(row) = row.filter(|_| self.beyond == 0) else {
            return;
        };
        let near = self.open.iter().enumerate().rev().find(|(_, (open, _))| {
            row.ends.contains(&open.as_slice()) || row.inside.contains(&open.as_slice())
        });
        if let Some((place, (open, _))) = near
            && row.ends.contains(&open.as_slice())
        {
            self.open.truncate(place);
        }
    }

    /// True if words that stand here are not seen.
    pub fn is_hidden(&self) -> bool {
        self.open.last().is_some_and(|(_, seen)| seen.is_hidden())
    }

    /// Elements that are open and followed.
    pub fn depth(&self) -> usize {
        self.open.len()
    }
}

impl Seen {
    fn is_hidden(&self) -> bool {
        self.gone
            || self.letter_pixels < LETTER_PIXELS_MIN
            || self.colour.alpha < OPAQUE_MIN
            || self.colour.over(self.ground).is_like(self.ground)
    }

    /// What is seen in an element that looks so.
    fn under(mut self, looks: Looks<'_>) -> Seen {
        self.gone |= looks.hidden;
        if let Some(ground) = looks.ground.and_then(colour) {
            self.ground = ground.over(self.ground);
        }
        if let Some(colour) = looks.colour.and_then(colour) {
            self.colour = colour;
        }
        if looks.style.is_empty() {
            return self;
        }
        let declared = declarations(looks.style);
        self.gone |= hide(&declared);
        for Declaration { property, value } in &declared {
            match property.as_str() {
                "color" => self.colour = colour(value).unwrap_or(self.colour),
                "background" | "background-color" => {
                    if let Some(ground) = ground(value) {
                        self.ground = ground.over(self.ground);
                    }
                }
                // What is no size leaves the letters as they are, as `inherit` does.
                "font-size" => {
                    self.letter_pixels = self.size(value).unwrap_or(self.letter_pixels);
                }
                "font" => {
                    let parts = value.split_whitespace().map(|part| {
                        let (size, _line) = part.split_once('/').unwrap_or((part, ""));
                        size
                    });
                    // A number without a unit is a weight.
                    let weighs = |part: &str| part != "0" && part.parse::<f32>().is_ok();
                    let mut sizes = parts
                        .filter(|part| !weighs(part))
                        .filter_map(|part| self.size(part));
                    self.letter_pixels = sizes.next().unwrap_or(self.letter_pixels);
                }
                _ => {}
            }
        }
        self
    }

    /// The size letters have that are given this one; nothing if it is none.
    fn size(&self, value: &str) -> Option<f32> {
        if NAMED_SIZES.contains(&value) {
            return Some(LETTER_PIXELS);
        }
        match value.strip_suffix('%').map(str::parse::<f32>) {
            Some(Ok(share)) => Some(self.letter_pixels * share / 100.0),
            Some(Err(_)) | None => pixels(value, self.letter_pixels),
        }
    }
}

/// True if a style keeps what it is on from being seen, whatever its colours and whatever is around
/// it.
pub fn hides(style: &str) -> bool {
    !style.is_empty() && hide(&declarations(style))
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
                write_value(one, &mut value, 0)?;
                let (value, mark) = value.split_once('!').unwrap_or((&value, ""));
                let is_important = mark.trim().eq_ignore_ascii_case("important");
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

/// The colour a `background` paints, if it paints one.
pub fn ground(value: &str) -> Option<Colour> {
    colour(value).or_else(|| {
        // Colours with white space in them stand in parentheses.
        let mut depth = 0_usize;
        let parts = value.split(|c: char| {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && (c.is_whitespace() || c == ',')
        });
        parts.filter_map(colour).last()
    })
}

/// True if a length moves back, by however little.
pub fn moves_back(value: &str) -> bool {
    value
        .split_whitespace()
        .any(|part| part.starts_with('-') || part.contains("(-"))
}

fn write_value(
    parser: &mut Parser<'_>,
    to: &mut String,
    depth: usize,
) -> Result<(), ParseError<()>> {
    while let Ok(token) = parser.next_including_whitespace().cloned() {
        if matches!(token, Token::WhiteSpace(_)) {
            to.push(' ');
            continue;
        }
        // A string takes it all; there is nowhere it could fail.
        let _written = token.to_css(to);
        if matches!(token, Token::Function(_) | Token::ParenthesisBlock) {
            if depth < NESTED_MAX {
                parser.parse_nested_block(|inner| write_value(inner, to, depth + 1))?;
            }
            to.push(')');
        }
    }
    Ok(())
}

fn hide(declared: &[Declaration]) -> bool {
    let says = |property: &str, holds: &dyn Fn(&str) -> bool| {
        declared
            .iter()
            .any(|one| one.property == property && holds(&one.value))
    };
    let is_zero = |value: &str| pixels(value, LETTER_PIXELS).is_some_and(|px| px < 1.0);
    let is_cut = says("overflow", &|value| {
        value.starts_with("hidden") || value.starts_with("clip")
    });
    is_cut && (says("height", &is_zero) || says("width", &is_zero))
        || declared
            .iter()
            .any(|Declaration { property, value }| match property.as_str() {
                "display" => value == "none",
                "visibility" => value == "hidden" || value == "collapse",
                "opacity" => share(value).is_some_and(|share| share < OPAQUE_MIN),
                "filter" => value
                    .strip_prefix("opacity(")
                    .and_then(|rest| share(rest.trim_end_matches(')')))
                    .is_some_and(|share| share < OPAQUE_MIN),
                "max-height" | "max-width" => is_zero(value),
                "mso-hide" => value == "all",
                "clip" => value.starts_with("rect(0") || value.starts_with("rect(1px"),
                "clip-path" => value.starts_with("inset(100%") || value.starts_with("circle(0"),
                "transform" => value.starts_with("scale(0)") || value.starts_with("scale(0,"),
                "text-indent" | "left" | "right" | "top" | "bottom" => is_far(value),
                other => other.starts_with("margin") && is_far(value),
            })
}

fn is_far(value: &str) -> bool {
    value
        .split_whitespace()
        .filter_map(|part| pixels(part, LETTER_PIXELS))
        .any(|px| px <= FAR_PIXELS)
}

fn share(value: &str) -> Option<f32> {
    match value.strip_suffix('%') {
        Some(hundredths) => hundredths.trim().parse().ok().map(|n: f32| n / 100.0),
        None => value.trim().parse().ok(),
    }
}

/// A length in pixels; nothing for what is none, or is a share of something not known here.
fn pixels(value: &str, letter_pixels: f32) -> Option<f32> {
    let unit_at = value
        .rfind(|c: char| c.is_ascii_digit() || c == '.')
        .map(|at| at + 1)?;
    let (number, unit) = value.split_at_checked(unit_at)?;
    let pixels = match unit {
        "" | "px" => 1.0,
        "pt" => 96.0 / 72.0,
        "pc" | "rem" => LETTER_PIXELS,
        "em" => letter_pixels,
        "ex" | "ch" => letter_pixels / 2.0,
        "in" => 96.0,
        "cm" => 96.0 / 2.54,
        "mm" => 9.6 / 2.54,
        // Of a window that is some 1,000 wide.
        "vw" | "vh" | "vmin" | "vmax" => 10.0,
        _ => return None,
    };
    number.parse::<f32>().ok().map(|number| number * pixels)
}

fn colour(value: &str) -> Option<Colour> {
    use cssparser_color::Color;
    let value = value.trim();
    let read = |value: &str| Parser::new(value).parse_entirely(Color::parse).ok();
    // Attributes of old leave the `#` out, and the system's own ground is white in a mail.
    let read = read(value)
        .or_else(|| read(&format!("#{value}")))
        .or_else(|| {
            ["canvas", "window", "field"]
                .contains(&value)
                .then(|| read("white"))?
        })?;
    let part = |part: Option<f32>| part.unwrap_or(0.0);
    let (alpha, (red, green, blue)) = match read {
        Color::CurrentColor => return None,
        Color::Rgba(of) => {
            let [red, green, blue] =
                [of.red, of.green, of.blue].map(|byte| f32::from(byte) / 255.0);
            (Some(of.alpha), (red, green, blue))
        }
        Color::Hsl(of) => {
            let hue = part(of.hue) / 360.0;
            (
                of.alpha,
                hsl_to_rgb(hue, part(of.saturation), part(of.lightness)),
            )
        }
        Color::Hwb(of) => {
            let hue = part(of.hue) / 360.0;
            (
                of.alpha,
                hwb_to_rgb(hue, part(of.whiteness), part(of.blackness)),
            )
        }
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
    fn grey(lightness: f32, alpha: f32) -> Colour {
        Colour {
            channels: [lightness.clamp(0.0, 1.0); 3],
            alpha: alpha.clamp(0.0, 1.0),
        }
    }

    /// Painted over another that is opaque.
    fn over(self, behind: Colour) -> Colour {
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

    fn is_like(self, other: Colour) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(styles: &[&str]) -> bool {
        let mut sight = Sight::default();
        for style in styles {
            let style = *style;
            sight.opens(
                b"div",
                Looks {
                    style,
                    ..Looks::default()
                },
            );
        }
        sight.is_hidden()
    }

    #[test]
    fn what_the_eye_does_not_see_is_hidden_however_it_is_written() {
        for style in [
            "display:none",
            "DISPLAY : none !important",
            "dis\\70lay:none",
            "display:/**/none",
            "visibility:collapse",
            "opacity:0",
            "opacity:3%",
            "font-size:0",
            "font-size:0em",
            "font-size:0.01em",
            "font-size:1px",
            "font-size:2%",
            "font-size:0;font-size:x",
            "font-size:0!important;font-size:14px",
            "color:#fff !important;color:#000",
            "font:0/0 a",
            "font:bold 1px Arial",
            "max-height:0px",
            "height:0;overflow:hidden",
            "mso-hide:all",
            "color:transparent",
            "color:rgba(0,0,0,0)",
            "color:rgb(0 0 0 / 2%)",
            "color:#ffffff00",
            "color:#fff",
            "color:#ffff",
            "color:#FEFEFE",
            "color:snow",
            "color:hsl(0,0%,100%)",
            "color:rgb(255 255 255)",
            "color:rgb(100%, 100%, 100%)",
            "color:lab(99% 0 0)",
            "color:color(srgb 1 1 1)",
            "color:Canvas",
            "color:#204080;background-color:#204080",
            "color:#333;background:url(x.png) #343434 no-repeat",
            "margin:0 0 0 -9999px",
            "margin-left:-20em",
            "text-indent:-9999px",
            "position:absolute;left:-999em",
        ] {
            assert!(hidden(&[style]), "{style}");
        }
    }

    #[test]
    fn ordinary_looks_hide_nothing() {
        for style in [
            "",
            "font-size:14px;color:#333",
            "font-size:0.9em",
            "font-size:90%",
            "font-size:small",
            "font:400 14px/20px Arial",
            "font:inherit",
            "opacity:.9",
            "display:block;margin:0 -8px",
            "background:#333;color:#fff",
            "color:white;background:linear-gradient(red, blue), navy",
            "color:yellow",
            "text-indent:-1.5em",
            "height:0",
            "nonsense;:;}{color",
        ] {
            assert!(!hidden(&[style]), "{style}");
        }
    }

    #[test]
    fn colours_and_sizes_come_from_around() {
        assert!(hidden(&["background:#333;color:#fff", "background:#fff"]));
        assert!(!hidden(&["background:#204080", "color:#fff"]));
        assert!(hidden(&["background:#204080", "color:#1f3f7f"]));
        assert!(hidden(&["font-size:.4em", "font-size:.4em"]));
        assert!(hidden(&["font-size:0", "font-size:inherit"]));
        // What hides one does not hide what says otherwise in it.
        assert!(!hidden(&["font-size:0", "font-size:14px"]));
        assert!(!hidden(&["color:#fff", "color:#000"]));
        assert!(hidden(&["display:none", "display:block;color:#000"]));
        let mut sight = Sight::default();
        let navy = Looks {
            ground: Some("#204080"),
            ..Looks::default()
        };
        let white = Looks {
            colour: Some("white"),
            ..Looks::default()
        };
        assert!(!sight.opens(b"td", navy));
        assert!(!sight.opens(b"font", white));
        sight.closes(b"td");
        assert!(sight.opens(b"font", white));
        assert!(!sight.opens(b"b", Looks::default()) && sight.is_hidden());
    }

    #[test]
    fn broken_styles_and_endless_depth_are_read() {
        for style in [
            "(",
            "a:((((((((((((((((x",
            "\\",
            "color:#",
            "a:\u{0};;;",
            "{{{",
            "x:y(]",
        ] {
            assert!(!hidden(&[style]), "{style}");
        }
        let mut sight = Sight::default();
        for _ in 0..2 * DEPTH_MAX {
            sight.opens(b"div", Looks::default());
        }
        assert_eq!(sight.depth(), DEPTH_MAX);
        let none = Looks {
            style: "display:none",
            ..Looks::default()
        };
        assert!(sight.opens(b"div", none) && sight.is_hidden());
        for _ in 0..=2 * DEPTH_MAX {
            sight.closes(b"div");
        }
        assert_eq!((sight.depth(), sight.is_hidden()), (0, false));
    }

    #[test]
    fn what_nobody_closes_ends_where_the_next_begins() {
        let mut sight = Sight::default();
        let none = Looks {
            style: "display:none",
            ..Looks::default()
        };
        for name in [b"p".as_slice(), b"li", b"td", b"tr"] {
            sight.opens(name, none);
            sight.opens(name, Looks::default());
            assert!(!sight.is_hidden());
            for _ in 0..DEPTH_MAX {
                sight.opens(name, Looks::default());
            }
            assert_eq!(sight.depth(), 1);
            sight.closes(name);
        }
        // A table in a cell ends nothing around it.
        for name in [b"table".as_slice(), b"tr", b"td", b"table", b"tr", b"td"] {
            sight.opens(name, Looks::default());
        }
        assert_eq!(sight.depth(), 6);
    }
}
