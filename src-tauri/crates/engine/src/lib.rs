//! The verbs: what can be done with a message, and the only place where the rooms meet.
//!
//! [`Engine`] ties the store, the policy, the transports and the vault together. Doors call its
//! methods; nothing below calls back. A verb's file says what happens; `store` holds the
//! transaction, `policy` the judgement, `mail` the wire.
//!
//! Problems are [`domain::Problem`] with a code of the closed list; a policy verdict is never a
//! problem but part of the answer. Only `supervise.rs` spawns; only `clock.rs` asks the machine for
//! time and chance.
//!
//! To add a verb: a file here, a whole operation in `store`, and a line in the door that offers it.

mod accepting;
mod agents;
mod budget;
mod by_hand;
mod checkpoint;
mod checkpoint_file;
mod clock;
mod composed;
mod contact;
mod copies;
mod dispatch;
mod erasure;
mod event;
mod export;
mod fence;
mod growing;
mod guarded;
mod inbox;
mod ingest;
mod judge;
mod limits;
mod lines;
mod long_bodies;
mod mailboxes;
mod moved;
mod oauth;
mod open;
mod open_files;
mod outcome;
mod pause;
mod people;
mod pictures;
mod places;
mod problems;
mod publish;
mod query;
mod record;
mod record_health;
mod rehearse;
mod replay;
mod replies;
mod reported;
mod review;
mod runs;
mod submit;
mod supervise;
mod suppress;
mod thread;
mod traffic;
mod trials;
mod vault;

pub use accepting::Unaccepted;
pub use budget::{
    ASKS_BURST_SETTING, ASKS_MAX, ASKS_PER_SECOND_SETTING, AskRate, Budget, Place, SaidRate,
};
pub use by_hand::HandReply;
pub use checkpoint_file::CHECKPOINT_FILE_SETTING;
pub use clock::{Clock, ManualClock, SeededIds, SystemClock, SystemIds};
pub use composed::ComposedAsk;
pub use contact::ContactFacts;
pub use copies::{COPIES_NAMED_MAX, CopyForm, OlderCopies, OlderCopy};
pub use dispatch::AccountHealth;
pub use erasure::{Erased, RETENTION_DAYS_MAX, retention_setting};
pub use export::Manifest;
pub use fence::{FENCED_CHARS_MAX, fence, fence_quoted, plain as unfenced};
pub use inbox::Conversation;
pub use limits::{LimitRow, LimitRule, Limits, LimitsTo, RiskLeft};
pub use lines::{LINE_DAYS_MAX, LineAsk, LineWish, Proposed};
pub use long_bodies::{
    LONG_BODIES_MAX, LONG_BODIES_PER_AGENT_MAX, LongBodies, LongPlace, PLACE_TIME_MAX,
    SLOW_AGENTS_MAX,
};
pub use mail::oauth::{OAuthClient, PROVIDERS, Provider, RedirectHost, provider};
pub use mail::parse::{AttachmentView, HeaderLine, MessageView, view as read_message};
pub use mail::pictures::{NoPicture, PICTURES_MAX, Picture, host_of as picture_host};
pub use mail::steps::Step;
pub use moved::Moved;
pub use oauth::{SIGN_IN_LIMIT, SignIn, SignedIn};
pub use open::{Engine, VaultChoice, usual_data_dir};
pub use open_files::raise_open_files;
pub use outcome::next_step;
pub use people::{RECEIPTS_MIN, Standing};
pub use places::{AGENT_CONNECTIONS_MAX, DoorPlace, LEAVING_MAX, Places, STRANGERS_MAX, Shares};
pub use policy::{
    FormField, FormTakes, Line, LineKind, PolicyProblem, Said as LineSaid, form as policy_form,
    lines as policy_lines, odd_links, spots as spots_in, told_code, undone_by as line_undoes,
};
pub use publish::{PolicyRefused, rule_title};
pub use query::{EXPIRING_WITHIN, Page, QueueTab, Story};
pub use record::RecordKeys;
pub use record_health::{RECORD_VERIFIED_SETTING, RecordHealth, Verified};
pub use rehearse::{Chaos, REPLIERS, Rehearsal, RehearsedMail, Replier};
pub use replay::REPLAY_LAST;
pub use replies::{LEASE, LEASE_MAX};
pub use reported::Reported;
pub use review::Edit;
pub use runs::{RUN_NAME_CHARS_MAX, RUNS_MAX, Run};
pub use store::ExportScope;
pub use store::{
    Aged, AlarmRow, Answer, Changes, Checkpoint, ConsentRow, ContactZone, ConversationFilter,
    ConversationRow, ConversationTab, Counts, DecisionRow, Find, Flip, FlipCount, Gone, Heeded,
    HeldBy, HeldOnes, InHand, InboundRow, Kept, ListFilter, ListOrder, NamedKey, Naming, Note,
    NoteRow, PauseScope, PeopleList, PublishedPolicy, Receipts, RecipientRow, RecipientRule,
    RecipientRules, Replay, ReplayAsk, ReplyRow, ReplyState, Review, SEARCH_LOOK_MAX, Search,
    SubmissionRow, ThreadPlace, VerifyReport, VersionRow,
};
pub use submit::{Ask, Submitted};
pub use supervise::Supervisor;
pub use thread::message_id as answerable_id;
pub use traffic::{TRAFFIC_ROWS_MAX, Traffic, TrafficColumn, WAIT_EDGES};
pub use triage::threat::{OrderAt, orders_in};
pub use trials::{StepState, TRIAL_WATCH_MAX, TRIALS_MAX, Trial, TrialEnd, TrialStep};
pub use vault::VaultState;
