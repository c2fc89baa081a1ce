//! HTML a message carries, made safe to show, and what a person cannot see in it.
//!
//! Three looks at the same text: the sanitised rendering ([`clean`]), its links as text against
//! target, and warnings: text that is there and not seen, images that would call home, an HTML
//! part that says something else than the plain text. The rendering goes into a sandboxed frame
//! with its own policy all the same.

mod marking;
mod reading;
mod styles;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::sight;
use url::{Host, Url};

use crate::view::LinkView;

pub(crate) use marking::{Words, marked};
pub(crate) use reading::Reading;
use styles::{Dress, HIDDEN, HIDDEN_OF_OLD, STYLES, in_place};

/// Characters of hidden text quoted in a warning.
const QUOTED_CHARS_MAX: usize = 80;
/// Links listed; how many more there are is said.
pub(crate) const LINKS_MAX: usize = 200;
/// Links quoted that say one place and go to another.
const MISLEADING_MAX: usize = 20;
/// Distinct words that may be missing on one side before text and HTML count as different.
const WORDS_APART_MAX: usize = 3;
/// Octets of fetched pictures put into one rendering, counted at every mention: a picture that is
/// mentioned ten thousand times must not become ten thousand copies of itself.
const PICTURED_OCTETS_MAX: usize = 48 * 1024 * 1024;
/// The HTML without anything that runs, loads or leads elsewhere.
///
/// Links keep their text and lose their target (the list of links has it): a click inside the
/// frame must not fetch a stranger's page. Images stay only where their bytes are in the message.
/// What a style hides is shown all the same, with [`HIDDEN`] on it; so is what `hidden` hides, and
/// text that `reading` found too small or too pale to be seen. The frame lights both up. Where
/// anything has the colour of what is behind it, the whole is shown without its colours: a colour
/// that stays while the ground it was read on goes is hidden by us.
pub(crate) fn clean(html: &str, reading: &Reading) -> String {
    clean_with(html, reading, HashMap::new())
}

/// As [`clean`], with the pictures that were fetched: the address in the HTML to a `data:` URL.
pub(crate) fn clean_with(
    html: &str,
    reading: &Reading,
    pictures: HashMap<String, String>,
) -> String {
    let pictures = Arc::new(pictures);
    if !reading.pale {
        let shown = dressed(html, reading, &pictures, Dress::Own);
        // An element that was left out can be the ground of one that was not.
        let again = Reading::of(&shown);
        if !again.pale && !again.tiny {
            return shown;
        }
    }
    dressed(html, reading, &pictures, Dress::Plain)
}

fn dressed(
    html: &str,
    reading: &Reading,
    pictures: &Arc<HashMap<String, String>>,
    dress: Dress,
) -> String {
    let (hiding, pictures) = (reading.hiding.clone(), Arc::clone(pictures));
    let left = AtomicUsize::new(PICTURED_OCTETS_MAX);
    // Without `https` the addresses would be gone before the filter sees them.
    let schemes: &[&str] = if pictures.is_empty() {
        &["data"]
    } else {
        &["data", "https"]
    };
    let tag_attributes: HashMap<&str, HashSet<&str>> = HashMap::from([
        ("img", HashSet::from(["src", "alt", "width", "height"])),
        (
            "td",
            HashSet::from(["align", "valign", "colspan", "width", "height"]),
        ),
        (
            "th",
            HashSet::from(["align", "valign", "colspan", "width", "height"]),
        ),
        (
            "table",
            HashSet::from(["align", "width", "cellpadding", "cellspacing", "border"]),
        ),
        ("ol", HashSet::from(["start", "type"])),
        ("font", HashSet::from(["color"])),
    ]);
    let shown = ammonia::Builder::default()
        .add_tags(["font"])
        // Marks are ours: see `marking`. The others are not seen, or only by who opens them.
        .rm_tags(&["mark", "rp", "details", "summary"])
        .tag_attributes(tag_attributes)
        .generic_attributes(HashSet::from([
            "style", "dir", "lang", "title", "hidden", "bgcolor",
        ]))
        .filter_style_properties(STYLES.into())
        .url_schemes(schemes.iter().copied().collect())
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(None)
        .attribute_filter(
            move |element, attribute, value| match (element, attribute) {
                ("img", "src") if !is_inline_image(value) => {
                    let data = pictures.get(value.trim())?;
                    let spend = |left: usize| left.checked_sub(data.len());
                    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend)
                        .ok()?;
                    Some(Cow::Owned(data.clone()))
                }
                (_, "style") if sight::hides(value) || hiding.contains(value) => {
                    Some(Cow::Borrowed(HIDDEN))
                }
                (_, "style") => in_place(element, value, dress).map(Cow::Owned),
                (_, "bgcolor" | "color") if !sight::means_something(element, attribute) => None,
                (_, "bgcolor" | "color") if hiding.contains(value) => {
                    Some(Cow::Borrowed(HIDDEN_OF_OLD))
                }
                (_, "bgcolor" | "color") => (dress == Dress::Own
                    && value != HIDDEN_OF_OLD
                    && sight::is_legacy_colour(value))
                .then_some(Cow::Borrowed(value)),
                _ => Some(Cow::Borrowed(value)),
            },
        )
        .clean(html)
        .to_string();
    match dress {
        Dress::Own => on_page(shown, reading),
        Dress::Plain => shown,
    }
}

/// The page's own colours go around what is shown: the elements that had them are left out.
fn on_page(shown: String, reading: &Reading) -> String {
    let (ground, colour) = reading.page;
    let ground = ground.map(|ground| format!("background-color:{ground};"));
    let colour = colour.map(|colour| format!("color:{colour};"));
    let style: String = [ground, colour].into_iter().flatten().collect();
    match style.as_str() {
        "" => shown,
        style => format!(r#"<div style="{style}">{shown}</div>"#),
    }
}

/// Pictures whose bytes are in the attribute. SVG is left out: it is a document, not a picture.
fn is_inline_image(source: &str) -> bool {
    let source = source.trim_start().to_ascii_lowercase();
    ["png", "jpeg", "gif", "webp"].iter().any(|kind| {
        source
            .strip_prefix("data:image/")
            .is_some_and(|rest| rest.starts_with(kind))
    })
}

/// Pictures that could be fetched if a person asked, at most [`engine::PICTURES_MAX`]: each address
/// as it is written, with the host that would be asked for it. Without those nobody would be asked
/// for. The second is how many there are in all.
pub(crate) fn pictures_elsewhere(reading: &Reading) -> (Vec<(String, String)>, usize) {
    let mut seen = HashSet::new();
    let asked = reading.pictures_at.iter().filter(|at| seen.insert(*at));
    let mut found = asked.filter_map(|at| Some((at.clone(), engine::picture_host(at)?)));
    let offered: Vec<_> = found.by_ref().take(engine::PICTURES_MAX).collect();
    let all = offered.len() + found.count();
    (offered, all)
}

/// The words a person sees.
pub(crate) fn words_of(html: &str) -> String {
    Reading::of(html)
        .visible
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Links in their order, each once, at most [`LINKS_MAX`].
pub(crate) fn links(reading: &Reading) -> Vec<LinkView> {
    each_link(reading).take(LINKS_MAX).cloned().collect()
}

fn each_link(reading: &Reading) -> impl Iterator<Item = &LinkView> {
    let mut seen = HashSet::new();
    let links = reading.links.iter();
    links.filter(move |link| seen.insert((&link.text, &link.target)))
}

/// What a person should know before trusting what they see.
pub(crate) fn warnings(reading: &Reading, text: Option<&str>) -> Vec<String> {
    let mut warnings = Vec::new();
    let hidden: String = reading
        .hidden
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if !hidden.is_empty() {
        let quoted: String = hidden.chars().take(QUOTED_CHARS_MAX).collect();
        let more = if hidden.chars().count() > QUOTED_CHARS_MAX {
            "…"
        } else {
            ""
        };
        warnings.push(format!(
            "The HTML holds text a reader does not see: `{quoted}{more}`"
        ));
    }
    match reading.remote {
        0 => {}
        1 => warnings.push("One image or file would be fetched from elsewhere".to_owned()),
        n => warnings.push(format!(
            "{n} images or files would be fetched from elsewhere"
        )),
    }
    if reading.active {
        warnings.push("The HTML holds scripts, forms or frames; none of them is shown".to_owned());
    }
    let listed = links(reading).len();
    match each_link(reading).count() - listed {
        0 => {}
        1 => warnings.push(format!("One more link than the {listed} that are listed")),
        n => warnings.push(format!("{n} more links than the {listed} that are listed")),
    }
    let mut misleading = each_link(reading).filter(|link| misleads(link));
    for LinkView { text, target } in misleading.by_ref().take(MISLEADING_MAX) {
        warnings.push(format!("A link says `{text}` and goes to `{target}`"));
    }
    match misleading.count() {
        0 => {}
        n => warnings.push(format!("{n} more links say one place and go to another")),
    }
    if text.is_some_and(|text| differ(text, &reading.visible)) {
        warnings.push("Text and HTML do not say the same; read both".to_owned());
    }
    warnings
}

/// True if the link's text names a host and its target another.
fn misleads(link: &LinkView) -> bool {
    let Some(said) = host_of(&link.text) else {
        return false;
    };
    host_of(&link.target).is_some_and(|host| {
        host != said && !host.ends_with(&format!(".{said}")) && !said.ends_with(&format!(".{host}"))
    })
}

/// The host an address names, if the text is one (`https://x.example/…`, `www.x.example`), read as
/// a browser reads it: a backslash is a slash, and slashes left out are there.
fn host_of(text: &str) -> Option<String> {
    let text = text.trim();
    let url = match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https" | "ftp") => url,
        Ok(_) | Err(_) if text.starts_with("www.") || text.starts_with("//") => {
            Url::parse(&format!("https://{}", text.trim_start_matches('/'))).ok()?
        }
        Ok(_) | Err(_) => return None,
    };
    match url.host()? {
        Host::Domain(host) => {
            let host = host.trim_end_matches('.');
            Some(host.strip_prefix("www.").unwrap_or(host).to_owned())
        }
        address @ (Host::Ipv4(_) | Host::Ipv6(_)) => Some(address.to_string()),
    }
}

/// True if one of the two says words the other does not. Addresses are left out: HTML hides them
/// behind links.
fn differ(text: &str, html: &str) -> bool {
    let (text, html) = (vocabulary(text), vocabulary(html));
    text.difference(&html).count() > WORDS_APART_MAX
        || html.difference(&text).count() > WORDS_APART_MAX
}

fn vocabulary(text: &str) -> BTreeSet<String> {
    text.split_whitespace()
        .filter(|word| !word.contains("://") && !word.contains('@'))
        .map(|word| {
            word.chars()
                .filter(|c| c.is_alphanumeric())
                .collect::<String>()
                .to_lowercase()
        })
        .filter(|word| word.chars().count() > 2)
        .collect()
}
