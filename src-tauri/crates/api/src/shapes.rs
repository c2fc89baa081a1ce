//! The JSON of requests and answers: what a visitor writes and reads, and its OpenAPI schema.
//!
//! Shapes mirror the domain's nouns and hold no judgement. They are apart from them because they are
//! a promise to programs we never see: a field here is added, never renamed.

mod answer;
mod ask;
mod decision;
mod limits;
mod mail;
mod me;
mod story;
mod suppression;
mod words;

pub use answer::{BatchAnswer, BatchRow, CheckAnswer, SubmissionAnswer};
pub use ask::{AskShape, address};
pub use decision::{DecisionTrace, NextShape};
pub use limits::LimitsAnswer;
pub use mail::{
    ClaimAnswer, ConversationAnswer, ConversationsAnswer, FileShape, MessageShape, ReturnAsk,
    WorkAnswer,
};
pub use me::{LevelChange, MeAnswer};
pub use story::{AnswerAsk, ListAnswer, StoryAnswer, sentence};
pub use suppression::{SuppressionAnswer, SuppressionAsk};
pub use words::StateWord;
