//! Pictures a received message keeps on other people's servers: named with the message, fetched
//! only when a person asks, and put into it as data. The window itself never asks a stranger.

use std::collections::{BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::{InboundId, Problem};

use crate::args::{self, ById};
use crate::frame::count;
use crate::html::{self, Reading};
use crate::table::Desk;
use crate::view::{Elsewhere, InboundPictures};
use crate::{marks, words};

/// What could be loaded. It is offered, so it is no longer among what is warned of.
pub(crate) fn offered(reading: &mut Reading) -> Option<Elsewhere> {
    let (found, all) = html::pictures_elsewhere(reading);
    let hosts: BTreeSet<&String> = found.iter().map(|(_, host)| host).collect();
    let addresses: BTreeSet<&String> = found.iter().map(|(at, _)| at).collect();
    let can = |at: &&String| addresses.contains(at);
    let mentions = reading.pictures_at.iter().filter(can).count();
    reading.remote = reading.remote.saturating_sub(mentions);
    let hosts: Vec<String> = hosts.into_iter().cloned().collect();
    (!found.is_empty()).then(|| Elsewhere {
        count: count(found.len()),
        all: count(all),
        hosts,
    })
}

/// Fetches the pictures of a message from the servers named with it.
///
/// Loosens: whoever wrote the message learns that somebody opened it, when, and from where.
pub(crate) async fn load(desk: &Desk<'_>, args: ById) -> Result<InboundPictures, Problem> {
    let id: InboundId = args::parse(&args.id, "/id")?;
    let html = desk.engine.inbound_view(id).await?.html.unwrap_or_default();
    let evidence = desk.engine.inbound(id).await?.read.evidence;
    let (html, reading) = desk
        .engine
        .blocking(move || {
            let reading = Reading::of(&html);
            Ok((html, reading))
        })
        .await?;
    let (found, _) = html::pictures_elsewhere(&reading);
    let hosts: BTreeSet<String> = found.iter().map(|(_, host)| host.clone()).collect();
    let addresses: Vec<String> = found.into_iter().map(|(at, _)| at).collect();
    let answers = desk.engine.fetch_pictures(&addresses, &hosts).await?;
    let mut pictures = HashMap::new();
    let mut missing = Vec::new();
    for (at, answer) in addresses.into_iter().zip(answers) {
        match answer {
            Ok(picture) => {
                let data = BASE64.encode(&picture.bytes);
                pictures.insert(at, format!("data:{};base64,{data}", picture.media_type));
            }
            Err(why) => {
                let why = words::sentence(&why.to_string());
                if !missing.contains(&why) {
                    missing.push(why);
                }
            }
        }
    }
    let loaded = count(pictures.len());
    desk.engine
        .blocking(move || {
            let clean = html::clean_with(&html, &reading, pictures);
            Ok(InboundPictures {
                html: marks::orders_in_html(clean, &evidence),
                loaded,
                missing,
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_no_longer_warned_of_and_the_rest_is() {
        let mut reading = Reading::of(
            "<img src='https://b.example/1'><img src='https://a.example/2'>
             <img src='https://b.example/1'><img src='http://c.example/3'>",
        );
        let found = offered(&mut reading).unwrap();
        assert_eq!(
            (found.count, found.hosts.join(" ")),
            (2, "a.example b.example".into())
        );
        assert_eq!(reading.remote, 1);
        assert!(offered(&mut Reading::of("<img src='http://c.example/3'>")).is_none());
    }

    #[test]
    fn pictures_beyond_the_most_stay_warned_of_and_are_counted() {
        let pictures: String = (0..60)
            .map(|n| format!("<img src='https://a.example/{n}'>"))
            .collect();
        let mut reading = Reading::of(&pictures);
        let found = offered(&mut reading).unwrap();
        assert_eq!((found.count, found.all), (40, 60));
        assert_eq!(reading.remote, 20);
    }
}
