//! Conversations and received messages as the window has them, and in which words.

use domain::Intent;
use domain::received::Shelf;
use engine::InboundRow;

use crate::view::{
    AgentRef, ConversationView, EvidenceView, FoundMail, InboundFile, InboundView, IntentWord,
    MailLink, NextView,
};
use crate::words;

/// Characters of a preview.
const PREVIEW_CHARS_MAX: usize = 160;
/// Characters shown of a message that a search found.
const FOUND_CHARS_MAX: usize = 1_000;
/// What stands for the agent's canary where a person looks.
const SHOWN_CANARY: &str = "(this agent's secret word)";

/// A conversation in a list.
pub(super) fn row_view(row: &engine::ConversationRow) -> ConversationView {
    let last = row.last.as_ref();
    let is_person = last.is_some_and(|last| last.read.kind == domain::ReceivedKind::Person);
    ConversationView {
        id: row.id.to_string(),
        mailbox: row.mailbox_address.to_string(),
        contact: row.contact.clone(),
        agent: row.agent.as_ref().map(|(id, name)| AgentRef {
            id: id.to_string(),
            name: name.clone(),
        }),
        subject: row.subject.clone(),
        received: row.received,
        unread: row.unread,
        last_at: last.map(|last| last.arrived_at.to_string()),
        from: last.and_then(|last| last.read.from.as_ref().map(ToString::to_string)),
        preview: last.map(preview).unwrap_or_default(),
        kind: last.map(|last| last.read.kind.as_str().to_owned()),
        kind_text: last.map_or_else(String::new, |last| kind_text(last).to_owned()),
        intent: last.filter(|_| is_person).map(|last| last.intent().into()),
        confidence: last
            .filter(|last| is_person && last.corrected.is_none())
            .map(|last| percent(last.read.confidence)),
        quarantined: row.quarantined,
        opt_out_open: row.opt_out_open,
        tainted: row.tainted_at.is_some(),
        taken_over_at: row.taken_over_at.map(|at| at.to_string()),
        next: last.map(|last| next_view(&last.next)),
        work: last.and_then(work),
    }
}

/// A received message among what a search found.
pub(crate) fn found(row: &InboundRow) -> FoundMail {
    let read = &row.read;
    FoundMail {
        conversation: row.conversation.to_string(),
        at: row.arrived_at.to_string(),
        from: read
            .from
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        mailbox: row.mailbox_address.to_string(),
        subject: read.subject.clone(),
        intent: row.intent().into(),
        kind_text: kind_text(row).to_owned(),
        quarantined: row.shelf == Shelf::Quarantined,
        preview: read.new_text.chars().take(FOUND_CHARS_MAX).collect(),
    }
}

/// A message as the record has it.
pub(super) fn view(row: &InboundRow) -> InboundView {
    let read = &row.read;
    InboundView {
        id: row.id.to_string(),
        conversation: row.conversation.to_string(),
        arrived_at: row.arrived_at.to_string(),
        written_at: read.date.map(|at| at.to_string()),
        from: read.from.as_ref().map(ToString::to_string),
        from_address: read
            .from
            .as_ref()
            .map(|from| format!("{}@{}", from.address.local(), from.address.domain_unicode())),
        to: read.to.iter().map(ToString::to_string).collect(),
        subject: read.subject.clone(),
        folder: row.folder.clone(),
        kind: read.kind.as_str().to_owned(),
        kind_text: kind_text(row).to_owned(),
        intent: row.intent().into(),
        corrected: row.corrected.is_some(),
        confidence: percent(read.confidence),
        sender: read.sender.as_str().to_owned(),
        sender_text: sender_text(read.sender).to_owned(),
        shelf: row.shelf.as_str().to_owned(),
        injection: percent(read.injection),
        spam: percent(read.spam),
        seen_at: row.seen_at.map(|at| at.to_string()),
        opt_out_open: row.opt_out_open,
        link: row.link.map(|kind| MailLink {
            kind: kind.as_str().to_owned(),
            strength: percent(kind.strength()),
            text: link_text(kind).to_owned(),
            submission: row.submission.map(|id| id.to_string()),
        }),
        next: next_view(&row.next),
        done: row.done.clone(),
        work: work(row),
        with_you: with_you(row),
        new_text: read.new_text.clone(),
        quoted_text: read.quoted_text.clone(),
        forwarded_text: read.forwarded_text.clone(),
        signature: read.signature.clone(),
        as_model: engine::fence(row, SHOWN_CANARY),
        attachments: read.files.iter().map(file).collect(),
        evidence: read
            .evidence
            .iter()
            .map(|one| EvidenceView {
                about: one.about.clone(),
                place: one.place.clone(),
                said: one.said.clone(),
            })
            .collect(),
        warnings: read
            .defects
            .iter()
            .map(|defect| words::sentence(defect))
            .collect(),
        octets: u32::try_from(read.octets).unwrap_or(u32::MAX),
    }
}

fn file(file: &domain::received::ReceivedFile) -> InboundFile {
    InboundFile {
        index: file.index,
        filename: file
            .filename
            .clone()
            .unwrap_or_else(|| "without a name".to_owned()),
        content_type: file.content_type.clone(),
        sniffed: file.sniffed.clone(),
        octets: u32::try_from(file.octets).unwrap_or(u32::MAX),
        quarantined: file.quarantined,
    }
}

fn next_view(next: &domain::received::Next) -> NextView {
    NextView {
        action: next.action.word().to_owned(),
        reason: words::sentence(&next.reason),
        sla_minutes: next.sla_minutes,
        until: next.until.map(|at| at.to_string()),
    }
}

fn preview(row: &InboundRow) -> String {
    let text = row.read.new_text.split_whitespace();
    let line = text.collect::<Vec<_>>().join(" ");
    line.chars().take(PREVIEW_CHARS_MAX).collect()
}

/// Basis points as percent, rounded down: 100 is certainty.
fn percent(basis_points: u16) -> u8 {
    u8::try_from((basis_points / 100).min(100)).unwrap_or(100)
}

fn kind_text(row: &InboundRow) -> &'static str {
    use domain::ReceivedKind as Kind;
    match row.read.kind {
        Kind::Person => "Message",
        Kind::Bounce => "Delivery failed",
        Kind::Delay => "Delivery is late",
        Kind::Delivered => "Delivered",
        Kind::Complaint => "Spam complaint",
        Kind::OptOut => "Opt-out from their provider",
        Kind::AuthReport => "Authentication report",
        Kind::Receipt => "Receipt",
        Kind::OutOfOffice => "Out of office",
        Kind::AddressGone => "Address no longer read",
        Kind::AutoReply => "Automatic reply",
        Kind::Challenge => "Wants proof of a human",
        Kind::Calendar => "Answer to an invitation",
        Kind::Notification => "Notification",
        Kind::List => "Mailing list",
        Kind::TooLarge => "Too large to be read",
    }
}

fn sender_text(sender: domain::received::SenderCheck) -> &'static str {
    use domain::received::SenderCheck;
    match sender {
        SenderCheck::Aligned => "The sender is authenticated.",
        SenderCheck::Unaligned => "Authenticated, but by another domain than it shows.",
        SenderCheck::Failed => "Authentication failed: it may not be who it says.",
        SenderCheck::Unknown => "Nobody we trust has checked the sender.",
    }
}

fn link_text(kind: domain::received::LinkKind) -> &'static str {
    use domain::received::LinkKind;
    match kind {
        LinkKind::MessageId => "It answers a message of ours by its Message-ID.",
        LinkKind::Token => "It was sent to the reply address of one message of ours.",
        LinkKind::Report => "It reports on a message of ours by its Message-ID.",
        LinkKind::Guess => "A guess: same contact and subject. Nothing is done because of it.",
        LinkKind::Domain => "We have written to this domain before. Nothing more is known.",
    }
}

fn work(row: &InboundRow) -> Option<String> {
    use engine::ReplyState;
    let reply = row.reply.as_ref()?;
    let stands = match reply.state {
        ReplyState::Waiting => "Waits for an agent.",
        ReplyState::Leased => "An agent works on it.",
        ReplyState::Done => "Done.",
        ReplyState::Person => "With you.",
    };
    Some(match &reply.note {
        Some(note) => format!("{} ({note}).", stands.trim_end_matches('.')),
        None => stands.to_owned(),
    })
}

/// True if a person is to work on it, and nothing else about it waits for their word first.
fn with_you(row: &InboundRow) -> bool {
    use domain::received::Shelf;
    let is_theirs = row
        .reply
        .as_ref()
        .is_some_and(|reply| reply.state == engine::ReplyState::Person);
    is_theirs && matches!(row.shelf, Shelf::Clear | Shelf::Released)
}

impl From<IntentWord> for Intent {
    fn from(word: IntentWord) -> Self {
        match word {
            IntentWord::Interested => Intent::Interested,
            IntentWord::Meeting => Intent::Meeting,
            IntentWord::Question => Intent::Question,
            IntentWord::NotNow => Intent::NotNow,
            IntentWord::NotInterested => Intent::NotInterested,
            IntentWord::Unsubscribe => Intent::Unsubscribe,
            IntentWord::WrongPerson => Intent::WrongPerson,
            IntentWord::Referral => Intent::Referral,
            IntentWord::Objection => Intent::Objection,
            IntentWord::Support => Intent::Support,
            IntentWord::Billing => Intent::Billing,
            IntentWord::Legal => Intent::Legal,
            IntentWord::Security => Intent::Security,
            IntentWord::OutOfOffice => Intent::OutOfOffice,
            IntentWord::Thanks => Intent::Thanks,
            IntentWord::Unclear => Intent::Unclear,
        }
    }
}

impl From<Intent> for IntentWord {
    fn from(intent: Intent) -> Self {
        match intent {
            Intent::Interested => IntentWord::Interested,
            Intent::Meeting => IntentWord::Meeting,
            Intent::Question => IntentWord::Question,
            Intent::NotNow => IntentWord::NotNow,
            Intent::NotInterested => IntentWord::NotInterested,
            Intent::Unsubscribe => IntentWord::Unsubscribe,
            Intent::WrongPerson => IntentWord::WrongPerson,
            Intent::Referral => IntentWord::Referral,
            Intent::Objection => IntentWord::Objection,
            Intent::Support => IntentWord::Support,
            Intent::Billing => IntentWord::Billing,
            Intent::Legal => IntentWord::Legal,
            Intent::Security => IntentWord::Security,
            Intent::OutOfOffice => IntentWord::OutOfOffice,
            Intent::Thanks => IntentWord::Thanks,
            Intent::Unclear => IntentWord::Unclear,
        }
    }
}
