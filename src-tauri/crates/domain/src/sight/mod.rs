//! What markup keeps from the eye: what its styles make invisible, tiny, far away, or of the colour
//! of the ground behind it.
//!
//! One place for everybody who reads a message's HTML, so that what a rule holds for is what the
//! person is warned of. It sees what stands on the elements themselves, inline styles and the
//! attributes of old; a style sheet can hide too, and no mail program can be trusted to apply one.
//!
//! Which element words stand in is found as a browser finds it ([`Sight`]): in broken markup the
//! ground behind words is another than the one written around them.

mod colour;
mod letters;
mod style;
#[cfg(test)]
mod tests;
mod tree;

use colour::Paint;
use letters::Letters;

pub use colour::Colour;
pub use style::{Declaration, declarations};
pub use tree::{DEPTH_MAX, Sight};

/// Less of a colour or of an element is not seen.
const OPAQUE_MIN: f32 = 0.1;
/// Letters smaller than this are not read.
const LETTER_PIXELS_MIN: f32 = 3.0;
/// Letters that nothing was said about.
const LETTER_PIXELS: f32 = 16.0;
/// Elements that no browser shows.
const GONE: [&str; 4] = ["datalist", "dialog", "rp", "template"];
/// The attributes of old that say how an element looks, and on which they say it.
const OF_OLD: [(&str, &[&str]); 3] = [
    (
        "bgcolor",
        &["body", "table", "thead", "tbody", "tfoot", "tr", "td", "th"],
    ),
    ("color", &["font"]),
    ("text", &["body"]),
];

/// What an element says about how it looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Looks<'a> {
    /// Its `style`.
    pub style: &'a str,
    /// True if it has the attribute `hidden`.
    pub hidden: bool,
    /// Its `bgcolor`, where it means something.
    pub ground: Option<&'a str>,
    /// Its `color`, or `text`, where it means something.
    pub colour: Option<&'a str>,
}

/// Words that are not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unseen {
    /// What keeps them from being seen, the surest first.
    pub why: Why,
    /// The number of the element that hides them, as [`Sight::opens`] gave it.
    pub by: usize,
}

/// Why words are not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// What they stand in is not there, or elsewhere.
    Gone,
    /// Their letters are too small.
    Tiny,
    /// They have the colour of what is behind them.
    Pale,
}

impl<'a> Looks<'a> {
    /// How the element of this name looks, by the values of its attributes.
    pub fn of(name: &str, attribute: impl Fn(&str) -> Option<&'a str>) -> Looks<'a> {
        let says = |wanted: &str| attribute(wanted).filter(|_| means_something(name, wanted));
        Looks {
            style: attribute("style").unwrap_or_default(),
            hidden: attribute("hidden").is_some(),
            ground: says("bgcolor"),
            colour: says("color").or(says("text")),
        }
    }

    /// The ground it paints and the colour it writes in, where it says so.
    pub fn colours(&self) -> (Option<Colour>, Option<Colour>) {
        let said = Said::of("", *self);
        let colour = |paint: Option<Paint>| paint.and_then(Paint::colour);
        (colour(said.ground), colour(said.colour))
    }
}

/// True if an attribute of old says something on the element of this name: elsewhere no browser
/// looks at it.
pub fn means_something(element: &str, attribute: &str) -> bool {
    let row = OF_OLD.iter().find(|(name, _)| *name == attribute);
    row.is_some_and(|(_, elements)| elements.contains(&element))
}

/// True if a style keeps what it is on from being seen, whatever its colours and whatever is around
/// it.
pub fn hides(style: &str) -> bool {
    !style.is_empty() && Said::of_style(style).is_gone()
}

/// The ground a declaration paints, if it is one of a ground and says a colour that is known here.
pub fn ground(one: &Declaration) -> Option<Colour> {
    ground_said(one)?.colour()
}

/// True if this says a colour of letters that is known here, wherever it stands.
pub fn is_colour(value: &str) -> bool {
    colour::letters_in(value).is_some_and(|paint| paint.colour().is_some())
}

/// True if this says a ground, in an attribute of old.
pub fn is_legacy_colour(value: &str) -> bool {
    colour::legacy(value).is_some()
}

/// True if this says a size of letters that is known here.
pub fn is_size(value: &str) -> bool {
    Letters::of_size(value).is_some()
}

/// A length in pixels, letters being as large as nothing was said about; nothing for what is none,
/// or is a share of something not known here.
pub fn length(value: &str) -> Option<f32> {
    style::pixels(value, LETTER_PIXELS)
}

fn ground_said(one: &Declaration) -> Option<Paint> {
    match one.property.as_str() {
        "background" => colour::ground_in(&one.value),
        "background-color" => colour::ground_of(&one.value),
        _ => None,
    }
}

/// What an element says, read.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Said {
    /// Nothing in it is seen, whatever that says itself.
    gone: bool,
    /// How much of it is seen, of what is seen of the element around it.
    opacity: f32,
    ground: Option<Paint>,
    colour: Option<Paint>,
    letters: Option<Letters>,
}

impl Default for Said {
    fn default() -> Self {
        Said {
            gone: false,
            opacity: 1.0,
            ground: None,
            colour: None,
            letters: None,
        }
    }
}

impl Said {
    fn of(name: &str, looks: Looks<'_>) -> Said {
        let said = match looks.style {
            "" => Said::default(),
            style => Said::of_style(style),
        };
        Said {
            gone: said.gone || looks.hidden || GONE.contains(&name),
            ground: said
                .ground
                .or_else(|| looks.ground.and_then(colour::legacy)),
            colour: said
                .colour
                .or_else(|| looks.colour.and_then(colour::legacy)),
            letters: said.letters.or_else(|| Letters::of_element(name)),
            ..said
        }
    }

    /// What is said last of the same thing wins, however it is called; what says nothing that is
    /// known here leaves it as it was said before.
    fn of_style(style: &str) -> Said {
        let declared = declarations(style);
        let mut said = Said {
            gone: style::hide(&declared),
            ..Said::default()
        };
        for one in &declared {
            match one.property.as_str() {
                "color" => said.colour = colour::letters_in(&one.value).or(said.colour),
                "background" | "background-color" => said.ground = ground_said(one).or(said.ground),
                "font-size" => {
                    let size = Letters::of_size(&one.value);
                    let size = size.map(|size| size.said_after(said.letters));
                    said.letters = size.or(said.letters);
                }
                "font" => said.letters = Letters::of_font(&one.value).or(said.letters),
                "opacity" => {
                    let share = style::share(&one.value).unwrap_or(1.0);
                    said.opacity = said.opacity.min(share.clamp(0.0, 1.0));
                }
                _ => {}
            }
        }
        said
    }

    fn is_gone(&self) -> bool {
        self.gone || style::is_clear(self.opacity)
    }

    /// What two elements say, one directly in the other.
    fn then(self, inner: Said) -> Said {
        Said {
            gone: self.gone || inner.gone,
            opacity: self.opacity * inner.opacity,
            ground: inner.ground.or(self.ground),
            colour: inner.colour.or(self.colour),
            letters: match (self.letters, inner.letters) {
                (Some(around), Some(inner)) => Some(around.then(inner)),
                (around, inner) => inner.or(around),
            },
        }
    }

    /// With what another says of that of which it says nothing.
    fn or(self, other: Said) -> Said {
        other.then(self)
    }
}

/// How words are seen that stand somewhere.
#[derive(Debug, Clone, Copy)]
struct Seen {
    gone: bool,
    opacity: f32,
    colour: Colour,
    /// Opaque: what is behind it is mixed in.
    ground: Colour,
    letter_pixels: f32,
    /// The number of the element that hides them, if they are not seen.
    by: usize,
}

impl Default for Seen {
    fn default() -> Self {
        Seen {
            gone: false,
            opacity: 1.0,
            colour: Colour::BLACK,
            ground: Colour::WHITE,
            letter_pixels: LETTER_PIXELS,
            by: 0,
        }
    }
}

impl Seen {
    fn unseen(&self) -> Option<Why> {
        let is_read = self.letter_pixels >= LETTER_PIXELS_MIN;
        if self.gone || style::is_clear(self.opacity) {
            Some(Why::Gone)
        } else if !is_read {
            Some(Why::Tiny)
        } else if style::is_clear(self.colour.alpha)
            || self.colour.over(self.ground).is_like(self.ground)
        {
            Some(Why::Pale)
        } else {
            None
        }
    }

    /// What is seen in the element of this number, that says so.
    fn under(self, said: &Said, number: usize) -> Seen {
        let colour = match said.colour {
            Some(Paint::Of(colour)) => colour,
            Some(Paint::Current) | None => self.colour,
        };
        let ground = match said.ground {
            Some(Paint::Of(ground)) => ground.over(self.ground),
            Some(Paint::Current) => colour.over(self.ground),
            None => self.ground,
        };
        let letters = said.letters.unwrap_or(Letters::Share(1.0));
        Seen {
            gone: self.gone || said.gone,
            opacity: self.opacity * said.opacity,
            colour,
            ground,
            letter_pixels: letters.within(self.letter_pixels),
            by: self.unseen().map_or(number, |_| self.by),
        }
    }
}
