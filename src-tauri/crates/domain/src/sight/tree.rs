//! Which elements words stand in, found as a browser finds it (HTML, 13.2.6), as far as looks depend
//! on it: what ends by itself, what a closing tag cannot reach, what goes on in the next paragraph
//! because nobody closed it, and what stands in front of a table it is written in.

use super::{Looks, Said, Seen, Unseen, Why};

/// Elements open at once that are followed; of deeper ones nothing is believed: what one of them says
/// about its looks hides it.
pub const DEPTH_MAX: usize = 512;
/// Elements deeper than [`DEPTH_MAX`] whose ends are told apart; after more of them nothing is seen.
const BEYOND_MAX: usize = 65_536;
/// Elements that go on in the next block; what more of them say is read as one.
const GOING_ON_MAX: usize = 32;

/// Elements without an end: they hold no words.
const VOID: [&str; 18] = [
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input",
    "keygen", "link", "meta", "param", "source", "track", "wbr",
];
/// Elements that go on behind the end of the block they were opened in, if nobody closed them.
const FORMATTING: [&str; 14] = [
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];
/// Elements that no closing tag of those around them reaches over.
const SCOPES: [&str; 9] = [
    "table", "td", "th", "caption", "html", "marquee", "object", "applet", "template",
];
/// Cells: what is opened in one ends with it.
const CELLS: [&str; 6] = ["td", "th", "caption", "marquee", "object", "applet"];
/// Elements of a table that hold others of it and no words: those go in front of the table.
const FRAMES: [&str; 5] = ["table", "tbody", "thead", "tfoot", "tr"];
/// Elements that are nothing outside of a table, each with those around it that it stands in.
const OF_TABLES: [(&str, &[&str]); 9] = [
    ("caption", &["table"]),
    ("colgroup", &["table"]),
    ("col", &["table", "colgroup"]),
    ("tbody", &["table"]),
    ("thead", &["table"]),
    ("tfoot", &["table"]),
    ("tr", &["table", "tbody", "thead", "tfoot"]),
    ("td", &["table", "tbody", "thead", "tfoot", "tr"]),
    ("th", &["table", "tbody", "thead", "tfoot", "tr"]),
];
const HEADINGS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];
/// Blocks that end a paragraph nobody closed.
const ENDS_PARAGRAPH: [&str; 33] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hgroup",
    "hr",
    "li",
    "listing",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "search",
    "section",
    "summary",
    "table",
    "ul",
];

/// Follows the elements that are open, and says if words in the innermost are seen.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    open: Vec<Open>,
    /// Elements nobody closed in the block they were opened in, with the place of the cell around
    /// them.
    going_on: Vec<(Option<usize>, Open)>,
    /// The names of those that are open deeper than [`DEPTH_MAX`].
    beyond: Vec<String>,
    /// True if there were more than can be told apart.
    is_lost: bool,
    opened: usize,
}

#[derive(Debug, Clone)]
struct Open {
    name: String,
    /// What its name makes of it, looked up once.
    kind: Kind,
    number: usize,
    said: Said,
    seen: Seen,
}

#[derive(Debug, Clone, Copy)]
struct Kind {
    is_special: bool,
    is_scope: bool,
    is_cell: bool,
}

impl Kind {
    fn of(name: &str) -> Kind {
        Kind {
            is_special: is_special(name),
            is_scope: SCOPES.contains(&name),
            is_cell: CELLS.contains(&name),
        }
    }
}

impl Sight {
    /// An element opens. Its number, if it hides what was seen until here.
    pub fn opens(&mut self, name: &str, looks: Looks<'_>) -> Option<usize> {
        let said = Said::of(name, looks);
        if matches!(name, "html" | "body") && self.is_said_again(name, said) {
            return None;
        }
        match OF_TABLES.iter().find(|(part, _)| *part == name) {
            Some((_, stands_in)) => {
                let is_frame = |open: &Open| stands_in.contains(&open.name.as_str());
                if !self.open.iter().any(|open| open.name == "table") {
                    return None;
                }
                let frame = self.open.iter().rposition(is_frame);
                self.cut(frame.map_or(0, |place| place + 1));
            }
            None => self.end_of_itself(name),
        }
        if VOID.contains(&name) {
            return None;
        }
        if name == "a" {
            self.closes("a");
        }
        let kind = Kind::of(name);
        if !kind.is_special {
            self.go_on();
        }
        self.opened += 1;
        if self.open.len() >= DEPTH_MAX {
            return self.open_beyond(name, said);
        }
        let around = self.around(name);
        let number = self.opened;
        let seen = around.under(&said, number);
        let turns = seen.unseen().is_some() && around.unseen().is_none();
        self.open.push(Open {
            name: name.to_owned(),
            kind,
            number,
            said,
            seen,
        });
        turns.then_some(number)
    }

    /// An element ends. A closing tag nobody opened closes nothing, nor one that would have to reach
    /// over what it cannot; one that skips others closes those too.
    pub fn closes(&mut self, name: &str) {
        if self.beyond.last().is_some_and(|last| last == name) {
            self.beyond.pop();
            return;
        }
        if !self.beyond.is_empty() || matches!(name, "html" | "body") {
            return;
        }
        let is_formatting = FORMATTING.contains(&name);
        if is_formatting {
            let cell = self.cell();
            let waits = |(at, open): &(Option<usize>, Open)| *at == cell && open.name == name;
            if let Some(place) = self.going_on.iter().rposition(waits) {
                self.going_on.remove(place);
                return;
            }
        }
        let is_part = is_of_table(name) || name == "table";
        let is_block = is_formatting || is_special(name);
        let stops = |open: &Open| match (is_part, is_block) {
            (true, _) => open.name == "table",
            (false, true) => {
                open.kind.is_scope
                    || name == "p" && open.name == "button"
                    || name == "li" && matches!(open.name.as_str(), "ul" | "ol")
            }
            (false, false) => open.kind.is_special,
        };
        let is_heading_end = is_heading(name);
        let is_meant = |open: &str| open == name || is_heading_end && is_heading(open);
        let near = self
            .open
            .iter()
            .rposition(|open| is_meant(&open.name) || stops(open));
        let Some(place) =
            near.filter(|at| self.open.get(*at).is_some_and(|open| is_meant(&open.name)))
        else {
            return;
        };
        let mut inside = self.open.iter().skip(place + 1);
        if is_formatting && inside.any(|open| open.kind.is_special) {
            // The blocks in it go on without it.
            self.open.remove(place);
            self.look_again(place);
            return;
        }
        self.cut(place + 1);
        self.open.truncate(place);
        self.going_on
            .retain(|(cell, _)| cell.is_none_or(|cell| cell < place));
    }

    /// Words come. Why they are not seen, if they are not.
    pub fn words(&mut self) -> Option<Unseen> {
        self.go_on();
        let seen = self.around("");
        let why = seen.unseen().or(self.is_lost.then_some(Why::Gone))?;
        Some(Unseen { why, by: seen.by })
    }

    /// Elements that are open and followed.
    #[cfg(test)]
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Of the page there is one: what a second says is believed where the first says nothing.
    fn is_said_again(&mut self, name: &str, said: Said) -> bool {
        let place = self.open.iter().position(|open| open.name == name);
        if let Some(first) = place.and_then(|place| self.open.get_mut(place)) {
            first.said = first.said.or(said);
            self.look_again(place.unwrap_or_default());
        }
        place.is_some()
    }

    fn open_beyond(&mut self, name: &str, said: Said) -> Option<usize> {
        match self.beyond.len() {
            BEYOND_MAX.. => self.is_lost = true,
            _ => self.beyond.push(name.to_owned()),
        }
        let last = self.open.last_mut().filter(|_| said != Said::default())?;
        let turns = last.seen.unseen().is_none();
        if turns {
            last.seen.by = last.number;
        }
        (last.said.gone, last.seen.gone) = (true, true);
        turns.then_some(last.number)
    }

    /// What nobody closes ends where something begins that cannot stand in it.
    fn end_of_itself(&mut self, name: &str) {
        if !self.beyond.is_empty() {
            return;
        }
        let ends = |open: &str| match name {
            "li" => open == "li",
            "dt" | "dd" => matches!(open, "dt" | "dd"),
            _ => false,
        };
        if matches!(name, "li" | "dt" | "dd") {
            self.end(ends, |open| {
                open.kind.is_special && !matches!(open.name.as_str(), "address" | "div" | "p")
            });
        }
        if ENDS_PARAGRAPH.contains(&name) || is_heading(name) {
            self.end(
                |open| open == "p",
                |open| open.kind.is_scope || open.name == "button",
            );
        }
        if is_heading(name) && self.open.last().is_some_and(|open| is_heading(&open.name)) {
            self.cut(self.open.len().saturating_sub(1));
        }
    }

    fn end(&mut self, ends: impl Fn(&str) -> bool, stops: impl Fn(&Open) -> bool) {
        let near = |open: &Open| ends(&open.name) || stops(open);
        if let Some(place) = self.open.iter().rposition(near)
            && self.open.get(place).is_some_and(|open| ends(&open.name))
        {
            self.cut(place);
        }
    }

    /// Everything from this place on ends; what of it was formatting goes on in what comes next.
    fn cut(&mut self, place: usize) {
        if !self.beyond.is_empty() {
            return;
        }
        let mut ended = self.open.split_off(place.min(self.open.len()));
        self.going_on
            .retain(|(cell, _)| cell.is_none_or(|cell| cell < place));
        if let Some(cell) = ended.iter().position(|open| open.kind.is_cell) {
            ended.truncate(cell);
        }
        let cell = self.cell();
        // What says nothing about its looks changes none by going on.
        let goes_on =
            |open: &Open| FORMATTING.contains(&open.name.as_str()) && open.said != Said::default();
        for open in ended.into_iter().filter(goes_on) {
            let is_full = self.going_on.len() >= GOING_ON_MAX;
            match self.going_on.last_mut() {
                Some((at, last)) if is_full && *at == cell => {
                    last.said = last.said.then(open.said);
                }
                Some(_) | None => self.going_on.push((cell, open)),
            }
        }
    }

    /// What nobody closed opens again.
    fn go_on(&mut self) {
        if self.going_on.is_empty() || !self.beyond.is_empty() {
            return;
        }
        let cell = self.cell();
        let (here, elsewhere) = std::mem::take(&mut self.going_on)
            .into_iter()
            .partition(|(at, _)| *at == cell);
        self.going_on = elsewhere;
        let here: Vec<(Option<usize>, Open)> = here;
        for (_, mut open) in here {
            open.seen = self.around(&open.name).under(&open.said, open.number);
            let is_full = self.open.len() >= DEPTH_MAX;
            match self.open.last_mut() {
                Some(last) if is_full => {
                    (last.said, last.seen) = (last.said.then(open.said), open.seen);
                }
                Some(_) | None => self.open.push(open),
            }
        }
    }

    /// How words are seen in what is around an element that is about to open, or around words.
    fn around(&self, name: &str) -> Seen {
        let place = self.place_of(name);
        let around = place.and_then(|place| self.open.get(place));
        around.map(|open| open.seen).unwrap_or_default()
    }

    /// Where the element is that this one, or words, will stand in.
    fn place_of(&self, name: &str) -> Option<usize> {
        let last = self.open.len().checked_sub(1)?;
        let is_frame = FRAMES.contains(&self.open.get(last)?.name.as_str());
        if !is_frame || is_of_table(name) {
            return Some(last);
        }
        let table = self.open.iter().rposition(|open| open.name == "table")?;
        table.checked_sub(1)
    }

    /// The place of the cell around.
    fn cell(&self) -> Option<usize> {
        self.open.iter().rposition(|open| open.kind.is_cell)
    }

    /// Elements from this place on have others around them than they had.
    fn look_again(&mut self, place: usize) {
        let mut seen = place
            .checked_sub(1)
            .and_then(|around| self.open.get(around))
            .map(|around| around.seen)
            .unwrap_or_default();
        for open in self.open.iter_mut().skip(place) {
            seen = seen.under(&open.said, open.number);
            open.seen = seen;
        }
    }
}

fn is_of_table(name: &str) -> bool {
    OF_TABLES.iter().any(|(part, _)| *part == name)
}

fn is_heading(name: &str) -> bool {
    HEADINGS.contains(&name)
}

/// True for blocks and whatever else formatting does not reach over.
fn is_special(name: &str) -> bool {
    is_of_table(name)
        || is_heading(name)
        || ENDS_PARAGRAPH.contains(&name)
        || SCOPES.contains(&name)
        || matches!(
            name,
            "body" | "button" | "iframe" | "select" | "textarea" | "noscript"
        )
}
