//! Lines of a document that a person writes with one key, and every override in words.
//!
//! A line is an ordinary override at the end of the document: it can be read, changed and taken out
//! like one that was typed.

use domain::{Address, Timestamp};

use crate::document::parse;
use crate::rule::{Rule as _, by_code};
use crate::rules::autonomy::{AT_MOST, Autonomy};
use crate::settings::{Override, Settings};

/// Services where everyone has a mailbox, by the name they have under every country's domain: it
/// says nothing about who somebody is. A name too many only means a line for an address where it
/// could have been one for a domain.
const PUBLIC: &str = "
    126 139 163 189 1und1 21cn abv alice aliyun aol appleid arcor atlas att bbox bellsouth
    biglobe bigpond bk bluewin blueyonder bol bredband btinternet centrum charter chello
    comcast cox daum docomo duck earthlink eclipso email excite ezweb fastmail foxmail free
    freemail freenet frontier gazeta globo gmail gmx googlemail hanmail hetnet hey hispeed
    hotmail hushmail i icloud ig iinet inbox interia juno keemail kpnmail laposte
    libero list live lycos mac mail mailbox mailfence mailo me meta msn nate naver netzero neuf
    nifty ntlworld o2 ocn onet online op optonline optusnet orange outlook passport pm
    poczta posteo proton protonmail proximus qq rambler rediffmail riseup rocketmail rogers
    runbox sapo sbcglobal seznam sfr shaw simnet sina sky skynet softbank sohu sympatico
    t-online talktalk tele2 telenet telia telus terra tin tiscali tom tuta tutamail tutanota
    ukr uol upcmail usa verizon virgilio virginmedia volny wanadoo web windowslive windstream
    wp xs4all xtra ya yahoo yandex yeah ymail ziggo zoho zohomail
";

/// What a line says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineKind {
    /// A person is always asked.
    AlwaysAsk,
    /// The agent's level holds nothing, until then.
    Let {
        /// When it ends.
        until: Timestamp,
    },
}

/// One line about mail to some recipients.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The agent's name; any agent if absent.
    pub agent: Option<String>,
    /// Addresses and domains; never empty.
    pub to: Vec<String>,
    /// What it says.
    pub kind: LineKind,
    /// Where it came from.
    pub reason: String,
}

/// An override in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// What it says, in a sentence.
    pub words: String,
    /// The agent's name; any agent if absent.
    pub agent: Option<String>,
    /// Addresses and domains it is about; everyone if empty.
    pub to: Vec<String>,
    /// When it ends, if it is an exception.
    pub until: Option<Timestamp>,
    /// Why, if the document says.
    pub reason: Option<String>,
}

impl Line {
    /// How a line names these recipients: their addresses, or with `domains` everyone where they
    /// are. Somebody at a service for everyone stays an address.
    pub fn recipients<'a>(
        addresses: impl IntoIterator<Item = &'a Address>,
        domains: bool,
    ) -> Vec<String> {
        let named =
            addresses
                .into_iter()
                .map(|address| match domains && !is_public(address.domain()) {
                    true => address.domain().to_owned(),
                    false => address.as_str().to_owned(),
                });
        let mut all: Vec<String> = named.collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The line as a document says it.
    pub fn toml(&self) -> String {
        let quoted = |words: &str| toml::Value::String(words.to_owned()).to_string();
        let to: Vec<String> = self.to.iter().map(|entry| quoted(entry)).collect();
        let mut text = "[[overrides]]\n".to_owned();
        if let Some(agent) = &self.agent {
            text.push_str(&format!("agent = {}\n", quoted(agent)));
        }
        text.push_str(&format!("to = [{}]\n", to.join(", ")));
        if let LineKind::Let { until } = self.kind {
            text.push_str(&format!("exception_until = {}\n", until.to_the_second()));
        }
        text.push_str(&format!("reason = {}\n", quoted(&self.reason)));
        text.push_str(&format!("[overrides.rules.{}]\n", Autonomy.code()));
        text.push_str(match self.kind {
            // Said in full: it holds also where the rule is off for everyone.
            LineKind::AlwaysAsk => "enabled = true\nat_most = 1\n",
            LineKind::Let { .. } => "enabled = false\n",
        });
        text
    }

    /// A document with the line at its end, and before it everything as it was.
    pub fn appended_to(&self, document: &str) -> String {
        let end = match document.is_empty() || document.ends_with('\n') {
            true => "",
            false => "\n",
        };
        let between = if document.is_empty() { "" } else { "\n" };
        format!("{document}{end}{between}{}", self.toml())
    }
}

fn is_public(domain: &str) -> bool {
    let registered = psl::domain_str(domain).unwrap_or(domain);
    let name = registered.split('.').next().unwrap_or_default();
    PUBLIC.split_whitespace().any(|public| public == name)
}

/// Every override of a document in words, in its order; none of one that does not read.
pub fn lines(document: &str) -> Vec<Said> {
    let policy = parse(document).ok();
    let overrides = policy.iter().flat_map(|policy| &policy.overrides);
    overrides.map(said).collect()
}

/// The overrides of a document that a line takes back, by place: exceptions for recipients it always
/// asks about.
pub fn undone_by(document: &str, line: &Line) -> Vec<usize> {
    let (Ok(policy), Ok(new)) = (parse(document), parse(&line.toml())) else {
        return Vec::new();
    };
    let undone = |one: &Override| {
        let mut all = new.overrides.iter();
        all.any(|new| !one.taken_back_by(new).is_empty())
    };
    let each = policy.overrides.iter().enumerate();
    each.filter_map(|(place, one)| undone(one).then_some(place))
        .collect()
}

fn said(one: &Override) -> Said {
    let mut who = one.agent.clone().unwrap_or_else(|| "Any agent".to_owned());
    if let Some(mailbox) = &one.mailbox {
        who.push_str(&format!(" as {mailbox}"));
    }
    if let Some(to) = &one.to {
        who.push_str(&format!(
            " to {}",
            listed(&to.entries().collect::<Vec<_>>())
        ));
    }
    let mut says: Vec<String> = Vec::new();
    let mut others: Vec<&str> = Vec::new();
    for (code, settings) in &one.rules {
        match by_code(code) {
            Some(rule) if rule.code() == Autonomy.code() => says.push(autonomy(settings)),
            Some(rule) if !settings.enabled() => says.push(format!("{} is off", rule.title())),
            Some(rule) => others.push(rule.title()),
            None => {}
        }
    }
    if !others.is_empty() {
        says.push(format!("own terms for {}", listed(&others)));
    }
    Said {
        words: format!("{who}: {}.", says.join("; ")),
        agent: one.agent.clone(),
        to: one
            .to
            .iter()
            .flat_map(|to| to.entries().map(str::to_owned))
            .collect(),
        until: one.exception_until,
        reason: one.reason.clone(),
    }
}

fn autonomy(settings: &Settings) -> String {
    match (settings.enabled(), AT_MOST.of(settings)) {
        (false, _) => "may write without asking".to_owned(),
        (true, 1) => "always asks".to_owned(),
        (true, 2) => "asks for strangers".to_owned(),
        (true, _) => "asks as its level says".to_owned(),
    }
}

/// `a, b and c`.
fn listed(words: &[&str]) -> String {
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
