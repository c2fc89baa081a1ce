//! The pictures of a received message that stand on other people's servers: fetched when a person
//! asks for them, never before.

use std::collections::BTreeSet;

use domain::{Code, Problem};
use mail::pictures::{NoPicture, Picture, Pictures};

use crate::open::Engine;

impl Engine {
    /// Fetches each of `addresses` from one of `hosts`, in their order, with the reason where it
    /// did not come. Whoever wrote the message learns that it was opened, when, and from where.
    ///
    /// # Errors
    /// `internal` if this machine trusts no certificate authority.
    pub async fn fetch_pictures(
        &self,
        addresses: &[String],
        hosts: &BTreeSet<String>,
    ) -> Result<Vec<Result<Picture, NoPicture>>, Problem> {
        let pictures = self
            .blocking(|| {
                Pictures::new().map_err(|why| Problem::new(Code::Internal, why.to_string()))
            })
            .await?;
        Ok(pictures.fetch_all(addresses, hosts).await)
    }
}
