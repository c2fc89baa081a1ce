//! One submission in full: the message as it leaves, why it is where it is, and its whole story.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::{Actor, Address, Draft, Found, NamedAddress, Problem, SubmissionId};
use engine::{ContactFacts, DecisionRow, MessageView, NoteRow, Story, SubmissionRow, VersionRow};
use serde::Deserialize;
use ts_rs::TS;

use crate::args::{self, ById};
use crate::frame::count;
use crate::html::{self, Reading};
use crate::rows::{self, Rehearsals};
use crate::table::Desk;
use crate::view::{
    AgentStanding, AttachmentView, AttemptView, DecisionView, DraftEdit, EnvelopeView, JournalLine,
    MailboxRef, Mark, MessageShown, NoteView, RawAttachment, RecipientStanding, RecipientView,
    ReviewView, Source, SubmissionDetail, VersionView,
};
use crate::{dialogue, diff, dossier, erasure, marks, words};

/// Octets of source shown; the rest of a large message is attachments.
const SOURCE_OCTETS_MAX: usize = 512 * 1024;

pub(crate) async fn show(desk: &Desk<'_>, args: ById) -> Result<SubmissionDetail, Problem> {
    let engine = desk.engine;
    let id: SubmissionId = args::parse(&args.id, "/id")?;
    let story = engine.story(Actor::Operator, id).await?;
    let (sealed, seen) = engine.message(id, None).await?;
    let contacts = engine.contacts(&story.row).await?;
    let conversation = engine.thread_of(id).await?;
    let journal = engine.journal_of(&args.id).await?;
    let agent = engine.agent(story.row.agent).await?;
    let mailboxes = engine.mailboxes().await?;
    let rehearsals = Rehearsals::of(engine).await?;
    let Story {
        row,
        decision,
        decisions,
        versions,
        attempts,
        notes,
        ..
    } = &story;
    let draft = versions.last().map(|version| &version.draft);
    let display_name = mailboxes
        .into_iter()
        .find(|(mailbox, _)| mailbox.id == row.mailbox)
        .and_then(|(mailbox, _)| mailbox.display_name);
    let (expires_at, snoozed_until) = rows::hold_times(&row.state);
    let gone = desk.engine.gone_from(row.id).await?;
    Ok(SubmissionDetail {
        id: row.id.to_string(),
        gone: gone.map(|(what, at)| erasure::gone_words(what, at)),
        state: row.state.name().into(),
        state_text: words::state(row),
        agent: AgentStanding {
            id: row.agent.to_string(),
            name: row.agent_name.clone(),
            level: u8::from(agent.level),
        },
        mailbox: MailboxRef {
            id: row.mailbox.to_string(),
            address: row.mailbox_address.to_string(),
            display_name: display_name.clone(),
        },
        why: words::why(row),
        hash: row.hash.to_string(),
        version: row.version,
        rehearsal: rehearsals.hold(row.account),
        decision: DecisionView::of(decision),
        message: MessageShown {
            marks: shown_marks(&seen, draft, decision),
            subject_marks: subject_marks(row, draft, decision),
            ..message(
                row,
                draft,
                &seen,
                &sealed.envelope,
                &contacts,
                display_name,
                &decision.facts.scan.found,
            )
        },
        draft: draft.map(editable).unwrap_or_else(empty),
        reason: row.reason.clone(),
        tags: row
            .tags
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        asked_at: row.asked_at.to_string(),
        changed_at: row.changed_at.to_string(),
        expires_at,
        snoozed_until,
        due: rows::due(row).map(|at| at.to_string()),
        undo_until: rows::undo_until(row).map(|at| at.to_string()),
        send_at: row.send_at.map(|at| at.to_string()),
        send_by: row.send_by.to_string(),
        versions: version_views(versions, row),
        decisions: decisions.iter().map(DecisionView::of).collect(),
        attempts: attempts.iter().map(attempt_view).collect(),
        recipients: row
            .recipients
            .iter()
            .map(|recipient| RecipientStanding {
                address: recipient.address.to_string(),
                role: recipient.role.as_str().to_owned(),
                state: recipient.state.as_str().to_owned(),
                reply: recipient.reply.as_ref().map(words::reply),
            })
            .collect(),
        review: row.review.as_ref().map(|review| ReviewView {
            outcome: review.outcome.as_str().to_owned(),
            reason: review.reason.clone(),
            question: review.question.clone(),
            at: review.at.to_string(),
        }),
        notes: notes.iter().map(|note| note_view(note, row)).collect(),
        journal: journal
            .iter()
            .map(|entry| JournalLine {
                seq: entry.seq,
                at: entry.at.to_string(),
                actor: entry.actor.clone(),
                kind: entry.kind.clone(),
                hash: entry.hash.to_string(),
                sentence: words::entry(entry),
            })
            .collect(),
        verbs: rows::verbs(row),
        conversation: conversation.map(|id| id.to_string()),
        contact: contacts
            .iter()
            .map(|contact| dossier::card(contact, row.id))
            .collect(),
    })
}

/// Which version's bytes.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields)]
pub(crate) struct SourceArgs {
    pub id: String,
    pub version: Option<u32>,
}

pub(crate) async fn source(desk: &Desk<'_>, args: SourceArgs) -> Result<Source, Problem> {
    let id: SubmissionId = args::parse(&args.id, "/id")?;
    let (sealed, _) = desk.engine.message(id, args.version).await?;
    let shown = sealed
        .bytes
        .get(..SOURCE_OCTETS_MAX)
        .unwrap_or(&sealed.bytes);
    Ok(Source {
        text: String::from_utf8_lossy(shown).into_owned(),
        truncated: shown.len() < sealed.bytes.len(),
    })
}

/// Which file of which version.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields)]
pub(crate) struct AttachmentArgs {
    pub id: String,
    pub version: Option<u32>,
    pub index: u32,
}

pub(crate) async fn attachment(
    desk: &Desk<'_>,
    args: AttachmentArgs,
) -> Result<RawAttachment, Problem> {
    let id: SubmissionId = args::parse(&args.id, "/id")?;
    let index = usize::try_from(args.index).unwrap_or(usize::MAX);
    let found = desk.engine.attachment(id, args.version, index).await?;
    Ok(RawAttachment {
        filename: found.filename,
        content_type: found.content_type,
        content_base64: BASE64.encode(found.content),
    })
}

/// Text and HTML come from the sealed bytes, recipients from the draft they were composed from:
/// hidden copies are in no header.
fn message(
    row: &SubmissionRow,
    draft: Option<&Draft>,
    seen: &MessageView,
    envelope: &domain::Envelope,
    contacts: &[ContactFacts],
    display_name: Option<String>,
    found: &Found,
) -> MessageShown {
    let strangers: BTreeSet<&Address> = contacts
        .iter()
        .filter(|contact| contact.facts.established.is_none())
        .map(|contact| &contact.facts.address)
        .collect();
    let line = |list: Option<&Vec<NamedAddress>>| -> Vec<RecipientView> {
        let list = list.map(Vec::as_slice).unwrap_or_default();
        list.iter()
            .map(|named| recipient(named, &strangers))
            .collect()
    };
    let reading = seen.html.as_deref().map(Reading::of);
    let mut warnings = reading
        .as_ref()
        .map(|reading| html::warnings(reading, seen.text.as_deref()))
        .unwrap_or_default();
    warnings.extend(seen.defects.iter().map(|defect| words::sentence(defect)));
    let from = NamedAddress {
        name: display_name,
        address: row.mailbox_address.clone(),
    };
    MessageShown {
        from: from.to_string(),
        to: line(draft.map(|draft| &draft.to)),
        cc: line(draft.map(|draft| &draft.cc)),
        bcc: line(draft.map(|draft| &draft.bcc)),
        reply_to: draft.map(|d| texts(&d.reply_to)).unwrap_or_default(),
        subject: row.subject.clone(),
        // Line ends are the wire's business.
        text: seen.text.as_ref().map(|text| text.replace("\r\n", "\n")),
        html: seen
            .html
            .as_deref()
            .zip(reading.as_ref())
            .map(|(html, reading)| {
                marks::in_html(html::clean(html, reading), &reading.links, found)
            }),
        attachments: seen
            .attachments
            .iter()
            .map(|file| AttachmentView {
                index: count(file.index),
                filename: file
                    .filename
                    .clone()
                    .unwrap_or_else(|| "without a name".to_owned()),
                content_type: file.content_type.clone(),
                octets: count(file.octets),
            })
            .collect(),
        message_id: row.message_id.clone(),
        envelope: EnvelopeView {
            mail_from: envelope.mail_from.to_string(),
            rcpt_to: envelope.rcpt_to.iter().map(ToString::to_string).collect(),
        },
        named_only: seen
            .named
            .iter()
            .filter(|named| !envelope.rcpt_to.contains(&named.address))
            .map(ToString::to_string)
            .collect(),
        links: reading.as_ref().map(html::links).unwrap_or_default(),
        marks: Vec::new(),
        subject_marks: Vec::new(),
        warnings,
    }
}

/// Spans of the text on screen. The scan counted octets of the draft's text, so they hold only
/// where that is what the message says.
fn shown_marks(seen: &MessageView, draft: Option<&Draft>, decision: &DecisionRow) -> Vec<Mark> {
    let shown = seen.text.as_ref().map(|text| text.replace("\r\n", "\n"));
    match (shown, draft.and_then(|draft| draft.text.as_deref())) {
        (Some(shown), Some(asked)) if shown.trim_end() == asked.trim_end() => {
            marks::of(&shown, &decision.facts.scan.found)
        }
        (Some(_) | None, _) => Vec::new(),
    }
}

/// Spans of the subject on screen, where it is the one that was looked at.
fn subject_marks(row: &SubmissionRow, draft: Option<&Draft>, decision: &DecisionRow) -> Vec<Mark> {
    match draft {
        Some(draft) if draft.subject == row.subject => {
            marks::of_subject(&row.subject, &decision.facts.scan.found)
        }
        Some(_) | None => Vec::new(),
    }
}

fn recipient(named: &NamedAddress, strangers: &BTreeSet<&Address>) -> RecipientView {
    let wire = named.address.to_string();
    let read = format!(
        "{}@{}",
        named.address.local(),
        named.address.domain_unicode()
    );
    RecipientView {
        name: named.name.clone(),
        punycode: (read != wire).then_some(wire),
        address: read,
        new_contact: strangers.contains(&named.address),
    }
}

fn texts(list: &[NamedAddress]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn editable(draft: &Draft) -> DraftEdit {
    DraftEdit {
        to: texts(&draft.to),
        cc: texts(&draft.cc),
        bcc: texts(&draft.bcc),
        reply_to: texts(&draft.reply_to),
        subject: draft.subject.clone(),
        text: draft.text.clone(),
        html: draft.html.clone(),
        keep_attachments: (0..count(draft.attachments.len())).collect(),
    }
}

fn empty() -> DraftEdit {
    DraftEdit {
        to: Vec::new(),
        cc: Vec::new(),
        bcc: Vec::new(),
        reply_to: Vec::new(),
        subject: String::new(),
        text: None,
        html: None,
        keep_attachments: Vec::new(),
    }
}

fn version_views(versions: &[VersionRow], row: &SubmissionRow) -> Vec<VersionView> {
    let before = std::iter::once(None).chain(versions.iter().map(Some));
    before
        .zip(versions)
        .map(|(before, version)| VersionView {
            number: version.number,
            at: version.at.to_string(),
            by: name(version.by, row),
            hash: version.hash.to_string(),
            subject: version.subject.clone(),
            changes: before
                .map(|b| diff::words(&b.draft, &version.draft))
                .unwrap_or_default(),
            recipient_changes: before
                .map(|b| diff::recipients(&b.draft, &version.draft))
                .unwrap_or_default(),
        })
        .collect()
}

/// Who did it, as the operator calls them.
fn name(actor: Actor, row: &SubmissionRow) -> String {
    match actor {
        Actor::Agent(_) => row.agent_name.clone(),
        Actor::Operator => "you".to_owned(),
        Actor::System => "Sendoff".to_owned(),
    }
}

fn note_view(note: &NoteRow, row: &SubmissionRow) -> NoteView {
    NoteView {
        kind: note.kind.as_str().to_owned(),
        by: name(note.by, row),
        at: note.at.to_string(),
        text: note.text.clone(),
    }
}

fn attempt_view(attempt: &domain::Attempt) -> AttemptView {
    AttemptView {
        number: attempt.number,
        started_at: attempt.started_at.to_string(),
        final_dot_at: attempt.final_dot_at.map(|at| at.to_string()),
        ended_at: attempt.ended_at.map(|at| at.to_string()),
        text: words::attempt(attempt),
        dialogue: dialogue::of(attempt),
    }
}
