//! The operator contract: one line per command, from which the router, the TypeScript types and
//! the cache tags are made.
//!
//! `name => area::function(Args) -> Result, reads [tags], loosens When;` — a tag may name a field
//! of the arguments: `submission:{id}`.

use domain::{Code, Problem};
use engine::Engine;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::args::{ById, NoArgs};
use crate::operator::Operator;
use crate::view::{
    AgentMade, AgentView, AlarmView, Batch, ConsentView, ContactZoneView, ConversationDetail,
    ConversationView, CsvFile, Decided, Ended, ErasureView, FactsView, Frame, Imported, InHandView,
    InboundParts, InboundView, InboxCounts, Lifted, MailboxView, Page, PolicyText, PolicyView,
    ProgressView, RawAttachment, RecipientsView, RehearsalStarted, RehearsedView, ReplayView,
    ReportView, RetentionView, Settings, SignInView, Source, SubmissionDetail, SuppressionView,
    TestReport, TrafficView,
};
use crate::{
    activity, agents, batches, erasure, frame, inbox, mailboxes, oauth, pause, people, pictures,
    policy, policy_form, policy_lines, queue, record, rehearsal, review, settings, submission,
    suppression_lists, suppressions, trials,
};

/// When a command loosens, and so needs the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Loosens {
    /// It reads or tightens.
    Never,
    /// Some of its arguments do; it says so itself.
    Sometimes,
    /// Whatever its arguments.
    Always,
}

/// One command of the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// Its name on every wire.
    pub name: &'static str,
    /// Tags of changes that make its answer stale.
    pub reads: &'static [&'static str],
    /// Whether it needs the operator's proof.
    pub loosens: Loosens,
}

/// What every command has at hand.
pub(crate) struct Desk<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) operator: Operator,
}

macro_rules! commands {
    ($($name:literal => $area:ident::$verb:ident($args:ty) -> $result:ty,
       reads [$($tag:literal),*], loosens $loosens:ident;)*) => {
        /// Every command there is.
        pub const COMMANDS: &[Command] = &[$(Command {
            name: $name,
            reads: &[$($tag),*],
            loosens: Loosens::$loosens,
        }),*];

        /// Gives one command. `args` is its object of arguments, or null for none.
        ///
        /// # Errors
        /// `malformed_request` for a name that is no command, `malformed_body` for arguments that
        /// do not fit, `operator_proof_needed`, and the command's own.
        pub async fn rpc(
            engine: &Engine,
            operator: &Operator,
            name: &str,
            args: Value,
        ) -> Result<Value, Problem> {
            let desk = Desk { engine, operator: *operator };
            match name {
                $($name => {
                    desk.operator.may(Loosens::$loosens, $name)?;
                    let args: $args = read($name, args)?;
                    // Boxed: the router would otherwise be as large as its largest command.
                    let result: $result = Box::pin($area::$verb(&desk, args)).await?;
                    written(&result)
                })*
                other => Err(unknown(other)),
            }
        }

        /// Shows every command's shapes to who writes the TypeScript.
        #[cfg(test)]
        pub(crate) fn shapes(to: &mut crate::bindings::Shapes) {
            $(to.command::<$args, $result>($name);)*
        }
    };
}

commands! {
    "frame" => frame::show(NoArgs) -> Frame,
        reads ["queue", "pause", "mailboxes", "agents", "health", "policy"], loosens Never;

    "queue.list" => queue::list(queue::ListArgs) -> Page<crate::view::QueueRow>,
        reads ["queue"], loosens Never;
    "activity.list" => queue::activity(queue::ActivityArgs) -> Page<crate::view::ActivityRow>,
        reads ["queue", "activity"], loosens Never;

    "activity.traffic" => activity::traffic(activity::TrafficArgs) -> TrafficView,
        reads ["activity"], loosens Never;
    "search" => activity::search(activity::SearchArgs) -> Page<crate::view::FoundRow>,
        reads ["activity", "inbox"], loosens Never;
    "decision.facts" => activity::facts(ById) -> FactsView, reads [], loosens Never;
    "queue.batches" => batches::list(NoArgs) -> Vec<Batch>, reads ["queue"], loosens Never;

    "submission.show" => submission::show(ById) -> SubmissionDetail,
        reads ["submission:{id}", "queue", "inbox", "suppressions", "contacts"], loosens Never;
    "submission.source" => submission::source(submission::SourceArgs) -> Source,
        reads [], loosens Never;
    "submission.attachment" => submission::attachment(submission::AttachmentArgs) -> RawAttachment,
        reads [], loosens Never;
    "submission.approve" => review::approve(review::Approve) -> Decided, reads [], loosens Always;
    "submission.approve_many" => review::approve_many(review::ApproveMany) -> Vec<Decided>,
        reads [], loosens Always;
    "submission.edit" => review::edit(review::EditArgs) -> SubmissionDetail,
        reads [], loosens Always;
    "submission.reject" => review::reject(review::Reject) -> Decided, reads [], loosens Never;
    "submission.ask" => review::ask(review::Ask) -> Decided, reads [], loosens Never;
    "submission.release" => review::release(review::Release) -> Decided,
        reads [], loosens Always;
    "submission.undo" => review::undo(ById) -> Decided, reads [], loosens Never;
    "submission.snooze" => review::snooze(review::Snooze) -> Decided, reads [], loosens Never;
    "submission.cancel" => review::cancel(ById) -> Decided, reads [], loosens Never;
    "submission.settle" => review::settle(review::Settle) -> Decided, reads [], loosens Sometimes;

    "inbox.list" => inbox::list(inbox::ListArgs) -> Page<crate::view::ConversationView>,
        reads ["inbox"], loosens Never;
    "inbox.counts" => inbox::counts(NoArgs) -> InboxCounts,
        reads ["inbox", "mailboxes"], loosens Never;
    "inbox.show" => inbox::show(inbox::Show) -> ConversationDetail,
        reads ["conversation:{id}", "queue"], loosens Never;
    "inbox.parts" => inbox::parts(ById) -> InboundParts, reads [], loosens Never;
    "inbox.source" => inbox::source(ById) -> Source, reads [], loosens Never;
    "inbox.pictures" => pictures::load(ById) -> crate::view::InboundPictures,
        reads [], loosens Always;
    "inbox.attachment" => inbox::attachment(inbox::AttachmentArgs) -> RawAttachment,
        reads [], loosens Never;
    "inbox.seen" => inbox::seen(ById) -> ConversationView, reads [], loosens Never;
    "inbox.correct" => inbox::correct(inbox::Correct) -> InboundView, reads [], loosens Always;
    "inbox.release" => inbox::release(ById) -> InboundView, reads [], loosens Always;
    "inbox.keep" => inbox::keep(ById) -> InboundView, reads [], loosens Never;
    "inbox.done" => inbox::done(ById) -> InboundView, reads [], loosens Always;
    "inbox.suppress" => inbox::suppress(ById) -> InboundView, reads [], loosens Never;
    "inbox.reply" => inbox::reply(inbox::Reply) -> Decided, reads [], loosens Always;
    "inbox.opt_out" => inbox::opt_out(inbox::OptOut) -> InboundView,
        reads [], loosens Sometimes;
    "inbox.take_over" => inbox::take_over(inbox::TakeOver) -> ConversationView,
        reads [], loosens Never;
    "inbox.hand_back" => inbox::hand_back(ById) -> ConversationView, reads [], loosens Always;
    "alarms.list" => inbox::alarms(NoArgs) -> Vec<AlarmView>, reads ["mailboxes"], loosens Never;
    "alarms.seen" => inbox::alarm_seen(inbox::AlarmSeen) -> Vec<AlarmView>,
        reads [], loosens Always;

    "agents.list" => agents::list(NoArgs) -> Vec<AgentView>,
        reads ["agents", "activity", "inbox"], loosens Never;
    "agents.budget" => agents::budget(ById) -> crate::view::BudgetView,
        reads ["agents", "activity", "policy"], loosens Never;
    "agents.add" => agents::add(agents::Add) -> AgentMade, reads [], loosens Always;
    "agents.set_level" => agents::set_level(agents::SetLevel) -> AgentView,
        reads [], loosens Sometimes;
    "agents.grant" => agents::grant(agents::Grant) -> AgentView, reads [], loosens Always;
    "agents.pause" => agents::pause(ById) -> AgentView, reads [], loosens Never;
    "agents.resume" => agents::resume(ById) -> AgentView, reads [], loosens Always;
    "agents.revoke" => agents::revoke(ById) -> AgentView, reads [], loosens Never;
    "agents.replace_token" => agents::replace_token(ById) -> AgentMade, reads [], loosens Always;

    "agents.recipients" => people::recipients(ById) -> RecipientsView,
        reads ["agents"], loosens Never;
    "agents.listed_only" => people::listed_only(people::ListedOnly) -> RecipientsView,
        reads [], loosens Sometimes;
    "agents.list_recipient" => people::list_recipient(people::ListRecipient) -> RecipientsView,
        reads [], loosens Sometimes;
    "agents.unlist_recipient" =>
        people::unlist_recipient(people::UnlistRecipient) -> RecipientsView,
        reads [], loosens Sometimes;

    "suppressions.counts" => people::counts(NoArgs) -> crate::view::PeopleCounts,
        reads ["suppressions", "mailboxes", "contacts"], loosens Never;
    "consents.list" => people::consents(people::ConsentList) -> Page<ConsentView>,
        reads ["suppressions"], loosens Never;
    "consents.record" => people::record_consent(people::ConsentRecord) -> ConsentView,
        reads [], loosens Always;
    "consents.end" => people::end_consent(people::ByAddress) -> Ended, reads [], loosens Never;

    "contacts.zones" => people::zones(people::ZoneList) -> Page<ContactZoneView>,
        reads ["contacts"], loosens Never;
    "contacts.set_zone" => people::set_zone(people::SetZone) -> Option<ContactZoneView>,
        reads [], loosens Always;
    "contacts.in_hand" => people::held_in_hand(people::PageArgs) -> Page<InHandView>,
        reads ["mailboxes"], loosens Never;
    "contacts.take_over" => people::take_over(people::TakeOver) -> InHandView,
        reads [], loosens Never;
    "contacts.hand_back" => people::hand_back(people::TakeOver) -> Ended,
        reads [], loosens Always;

    "contacts.naming" => erasure::naming(people::ByAddress) -> ErasureView,
        reads ["queue", "inbox", "suppressions"], loosens Never;
    "contacts.erase" => erasure::erase(people::ByAddress) -> ErasureView,
        reads [], loosens Always;

    "mailboxes.list" => mailboxes::list(NoArgs) -> Vec<MailboxView>,
        reads ["mailboxes", "health", "activity", "inbox", "policy"], loosens Never;
    "mailboxes.test" => trials::relay(trials::Relay) -> TestReport, reads [], loosens Always;
    "mailboxes.add" => mailboxes::add(mailboxes::Add) -> MailboxView, reads [], loosens Always;
    "mailboxes.set_imap" => mailboxes::set_imap(mailboxes::SetImap) -> MailboxView,
        reads [], loosens Always;
    "mailboxes.test_imap" => trials::incoming(trials::Reading) -> TestReport,
        reads [], loosens Always;
    "mailboxes.test_steps" => trials::steps(trials::Steps) -> TestReport,
        reads [], loosens Never;
    "mailboxes.test_stop" => trials::stop(trials::Stop) -> TestReport, reads [], loosens Never;
    "mailboxes.sign_in" => oauth::begin(oauth::Begin) -> SignInView, reads [], loosens Always;
    "mailboxes.signed_in" => oauth::finish(oauth::Finish) -> MailboxView,
        reads [], loosens Always;
    "mailboxes.cancel_sign_in" => oauth::cancel(oauth::Finish) -> MailboxView,
        reads [], loosens Never;
    "mailboxes.sign_out" => oauth::sign_out(oauth::SignOut) -> MailboxView,
        reads [], loosens Always;
    "mailboxes.pause" => mailboxes::pause(ById) -> MailboxView, reads [], loosens Never;
    "mailboxes.resume" => mailboxes::resume(ById) -> MailboxView, reads [], loosens Always;

    "rehearsal.start" => rehearsal::start(NoArgs) -> RehearsalStarted, reads [], loosens Always;
    "rehearsal.show" => rehearsal::show(NoArgs) -> crate::view::RehearsalView,
        reads ["settings"], loosens Never;
    "rehearsal.switch" => rehearsal::switch(rehearsal::Switch) -> crate::view::RehearsalView,
        reads [], loosens Never;
    "rehearsal.delivered" => rehearsal::delivered(NoArgs) -> Vec<RehearsedView>,
        reads ["queue"], loosens Never;

    "suppressions.list" => suppressions::list(suppressions::ListArgs) -> Page<SuppressionView>,
        reads ["suppressions"], loosens Never;
    "suppressions.add" => suppressions::add(suppressions::Add) -> SuppressionView,
        reads [], loosens Never;
    "suppressions.lift" => suppressions::lift(suppressions::Lift) -> Lifted,
        reads [], loosens Always;
    "suppressions.export" => suppression_lists::export(NoArgs) -> CsvFile,
        reads [], loosens Never;
    "suppressions.import" => suppression_lists::import(suppression_lists::Import) -> Imported,
        reads [], loosens Never;

    "policy.show" => policy::show(NoArgs) -> PolicyView, reads ["policy"], loosens Never;
    "policy.version" => policy::version(policy::VersionArgs) -> PolicyText, reads [], loosens Never;
    "policy.check" => policy::check(policy::TextArgs) -> policy::Checked, reads [], loosens Never;
    "policy.replay" => policy::replay(policy::ReplayArgs) -> ReplayView, reads [], loosens Never;
    "policy.replay_progress" => policy::replay_progress(policy::RunArgs) -> Option<ProgressView>,
        reads [], loosens Never;
    "policy.form" => policy_form::form(policy::TextArgs) -> crate::view::PolicyForm,
        reads [], loosens Never;
    "policy.set" => policy_form::set(policy_form::Set) -> policy_form::Draft,
        reads [], loosens Never;
    "policy.line" => policy_lines::propose(policy_lines::Propose) -> crate::view::PolicyLineDraft,
        reads [], loosens Never;
    "policy.change_line" => policy_lines::change(policy_lines::Change) -> policy_form::Draft,
        reads [], loosens Never;
    "policy.take_out" => policy_lines::take_out(policy_lines::TakeOut) -> policy_form::Draft,
        reads [], loosens Never;
    "policy.publish" => policy::publish(policy::PublishArgs) -> policy::Published,
        reads [], loosens Always;

    "pause.on" => pause::on(NoArgs) -> Frame, reads [], loosens Never;
    "pause.off" => pause::off(NoArgs) -> Frame, reads [], loosens Always;

    "journal.verify" => record::verify(NoArgs) -> ReportView, reads [], loosens Never;
    "record.key" => record::key(NoArgs) -> crate::view::RecordKeyView,
        reads ["settings"], loosens Never;
    "record.copying" => record::copying(record::Copying) -> u64, reads [], loosens Never;
    "record.copies" => record::copies(NoArgs) -> crate::view::CopiesView,
        reads ["settings"], loosens Never;
    "record.copy" => record::copy(record::CopyAsk) -> crate::view::CopiedView,
        reads [], loosens Always;
    "record.copy_progress" => policy::replay_progress(policy::RunArgs) -> Option<ProgressView>,
        reads [], loosens Never;
    "record.end_copy" => record::end_copy(policy::RunArgs) -> bool, reads [], loosens Never;
    "vault.unlock" => settings::unlock(settings::Unlock) -> Frame, reads [], loosens Never;
    "settings.show" => settings::show(NoArgs) -> Settings, reads ["settings"], loosens Never;
    "settings.set" => settings::set(settings::Set) -> Settings, reads [], loosens Always;
    "settings.retention" => erasure::retention(NoArgs) -> Vec<RetentionView>,
        reads ["settings"], loosens Never;
    "settings.aged" => erasure::preview(erasure::Preview) -> RetentionView,
        reads [], loosens Never;
    "settings.passphrase" => settings::passphrase(settings::Passphrase) -> Settings,
        reads [], loosens Always;
}

fn read<T: DeserializeOwned>(name: &str, args: Value) -> Result<T, Problem> {
    let args = if args.is_null() {
        Value::Object(serde_json::Map::new())
    } else {
        args
    };
    serde_json::from_value(args).map_err(|error| {
        Problem::new(
            Code::MalformedBody,
            format!("the arguments of `{name}` do not fit: {error}"),
        )
    })
}

fn written(result: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(result).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        Problem::new(
            Code::Internal,
            "the answer could not be written; nothing was undone",
        )
    })
}

fn unknown(name: &str) -> Problem {
    let said: String = name.chars().take(60).collect();
    Problem::new(
        Code::MalformedRequest,
        format!("there is no command `{said}`"),
    )
}
