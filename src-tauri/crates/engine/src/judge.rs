//! The bridge between the store's transactions and the policy: which edition judges, kept read.

use std::sync::{Arc, Mutex, PoisonError};

use domain::facts::Signals;
use domain::{Decision, Facts};
use policy::{Clearance, Edition};
use store::PublishedPolicy;

/// Reads each published policy once and judges with it.
#[derive(Clone, Default)]
pub(crate) struct Judge {
    last: Arc<Mutex<Option<Arc<Edition>>>>,
}

impl Judge {
    /// The edition of what is published; reading it again costs a comparison.
    pub(crate) fn edition(&self, published: &PublishedPolicy) -> Arc<Edition> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match last.as_ref() {
            Some(edition) if edition.version() == published.version => Arc::clone(edition),
            Some(_) | None => {
                let edition = Arc::new(match published.version {
                    0 => Edition::missing(),
                    version => Edition::read(version, &published.text),
                });
                *last = Some(Arc::clone(&edition));
                edition
            }
        }
    }

    /// A judge for the store's transactions.
    pub(crate) fn evaluate(
        &self,
    ) -> impl Fn(&PublishedPolicy, &Facts) -> Decision + Send + 'static + use<> {
        let judge = self.clone();
        move |published, facts| judge.edition(published).evaluate(facts)
    }

    /// Who says whether a line of bounces and complaints is crossed. A damaged policy holds
    /// everything already: it pauses and lowers nobody besides.
    pub(crate) fn crossed(
        &self,
    ) -> impl Fn(&PublishedPolicy, &Signals) -> Option<String> + Send + 'static + use<> {
        let judge = self.clone();
        move |published, signals| judge.edition(published).policy()?.crossed(signals)
    }

    /// The judge at the wire.
    pub(crate) fn release(
        &self,
    ) -> impl Fn(&PublishedPolicy, &Facts) -> (Decision, Option<Clearance>) + Send + 'static + use<>
    {
        let judge = self.clone();
        move |published, facts| judge.edition(published).release(facts)
    }
}
