//! The door as its visitors meet it: a real engine in memory behind the real router, most of it
//! without a socket, some of it over real ones.

mod asks;
mod events;
mod guard;
mod openapi;
mod ratchet;
mod refusals;
mod support;
mod wire;
