//! What several commands take, and how texts become domain values, with the field named when not.

use std::str::FromStr;

use domain::{Address, ApprovalHash, Code, Level, NamedAddress, Problem, Timestamp, limits};
use serde::Deserialize;
use ts_rs::TS;

use crate::frame::count;
use crate::view::Page;

/// Nothing.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoArgs {}

/// One thing by its id.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct ById {
    pub id: String,
}

/// Rows of one page if not asked otherwise.
const PAGE_DEFAULT: u32 = 100;

/// How many rows a page may have, from what was asked.
pub(crate) fn page(limit: Option<u32>) -> usize {
    let limit = limit.unwrap_or(PAGE_DEFAULT).max(1);
    usize::try_from(limit)
        .unwrap_or(limits::PAGE_MAX)
        .min(limits::PAGE_MAX)
}

/// Which rows of a list that goes on behind a row's number.
pub(crate) struct Stretch<N> {
    /// What to look for, if anything is typed.
    pub search: Option<String>,
    /// The number of the last row before.
    pub after: Option<N>,
    /// Rows at most.
    pub limit: usize,
}

impl<N> Stretch<N> {
    /// The list to count for the total: told with the first page of a whole list, since what is
    /// searched for is counted only by a look at each row.
    pub(crate) fn counts<L>(&self, list: L) -> Option<L> {
        (self.search.is_none() && self.after.is_none()).then_some(list)
    }
}

impl<N> Stretch<N>
where
    N: FromStr,
    N::Err: std::fmt::Display,
{
    /// From what was asked.
    pub(crate) fn asked(
        search: Option<String>,
        after: Option<String>,
        limit: Option<u32>,
    ) -> Result<Stretch<N>, Problem> {
        Ok(Stretch {
            search: search.filter(|text| !text.trim().is_empty()),
            after: after.map(|text| parse(&text, "/after")).transpose()?,
            limit: page(limit),
        })
    }
}

/// What was found of such a list: a full page is followed by another.
pub(crate) fn page_of<R, V>(
    found: Vec<R>,
    limit: usize,
    total: Option<u64>,
    number: impl Fn(&R) -> String,
    view: impl FnMut(R) -> V,
) -> Page<V> {
    let last = found.last().map(number);
    Page {
        next: last.filter(|_| found.len() >= limit),
        rows: found.into_iter().map(view).collect(),
        total: total.map(count),
    }
}

/// Reads an id, time or other word of a closed form from the field `pointer`.
pub(crate) fn parse<T>(text: &str, pointer: &str) -> Result<T, Problem>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    text.parse::<T>()
        .map_err(|error| Problem::new(Code::InvalidField, error.to_string()).at(pointer))
}

/// Reads an address.
pub(crate) fn address(text: &str, pointer: &str) -> Result<Address, Problem> {
    text.trim().parse().map_err(|error: domain::AddressError| {
        Problem::new(Code::InvalidAddress, error.to_string()).at(pointer)
    })
}

/// Reads a line of addresses with or without names.
pub(crate) fn named(list: &[String], pointer: &str) -> Result<Vec<NamedAddress>, Problem> {
    list.iter()
        .enumerate()
        .map(|(place, text)| {
            text.parse().map_err(|error: domain::AddressError| {
                Problem::new(Code::InvalidAddress, error.to_string())
                    .at(format!("{pointer}/{place}"))
            })
        })
        .collect()
}

/// Reads the hash of what was on screen.
pub(crate) fn hash(text: &str) -> Result<ApprovalHash, Problem> {
    let digest = text.trim().parse().map_err(|_| {
        let detail = "a hash is 64 hexadecimal digits; take it from the message that is on screen";
        Problem::new(Code::InvalidField, detail).at("/hash")
    })?;
    Ok(ApprovalHash(digest))
}

/// Reads a level.
pub(crate) fn level(number: u8) -> Result<Level, Problem> {
    Level::try_from(number)
        .map_err(|error| Problem::new(Code::InvalidField, error.to_string()).at("/level"))
}

/// Reads an instant.
pub(crate) fn instant(text: &str, pointer: &str) -> Result<Timestamp, Problem> {
    parse(text, pointer)
}
