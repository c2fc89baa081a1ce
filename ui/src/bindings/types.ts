// Written by `UPDATE=1 cargo test -p sendoff-console`; do not edit by hand.

/** What a refused command answers; branch on the code. */
export type Problem = { code: string; detail: string; pointer?: string | null; retry_after?: number | null };

/**
 * Which rows of the activity list.
 */
export type ActivityArgs = { after?: string, limit?: number, 
/**
 * Only those in one of these states.
 */
states?: Array<StateName>, 
/**
 * Only this agent's.
 */
agent?: string, 
/**
 * Only those as this mailbox.
 */
mailbox?: string, 
/**
 * Only those to this address.
 */
contact?: string, 
/**
 * Only those whose latest decision came to this.
 */
verdict?: Verdict, 
/**
 * Only those whose latest decision this rule made.
 */
rule?: string, };

/**
 * A row of the activity list.
 */
export type ActivityRow = { id: string, 
/**
 * When it last changed.
 */
at: string, agent: AgentRef, mailbox: string, to: string, subject: string, state: StateName, verdict: Verdict, rule: string | null, sentence: string, };

/**
 * A new agent.
 */
export type AgentAddArgs = { name: string, 
/**
 * The address of a mailbox it may send as.
 */
mailbox: string, 
/**
 * The policy's `autonomy.default_level` if absent.
 */
level?: number, };

/**
 * What an agent has used of what it may: the figures it is told itself.
 */
export type AgentBudget = { 
/**
 * Risk points of the last 24 hours; absent where nothing bounds them.
 */
risk: RiskBudget | null, 
/**
 * Its mails that wait for a person.
 */
held: number, 
/**
 * At most so many may; absent where nothing bounds them.
 */
held_max: number | null, 
/**
 * Every limited window, its own first, then those it shares.
 */
windows: Array<BudgetWindow>, };

/**
 * Another mailbox for an agent.
 */
export type AgentGrantArgs = { id: string, 
/**
 * The mailbox's address.
 */
mailbox: string, 
/**
 * A lower level for this mailbox.
 */
level?: number, };

/**
 * A mailbox an agent may send as.
 */
export type AgentGranted = { id: string, address: string, 
/**
 * The level for this mailbox, where one is set.
 */
level: number | null, };

/**
 * How much an agent decides itself.
 */
export type AgentLevelArgs = { id: string, level: number, 
/**
 * Only as this mailbox, which it is granted already; the lower of the two counts.
 */
mailbox?: string, };

/**
 * An agent by name.
 */
export type AgentRef = { id: string, name: string, };

/**
 * The agent that asks, and how much it may decide.
 */
export type AgentStanding = { id: string, name: string, level: number, };

/**
 * An agent and what it may do.
 */
export type AgentView = { id: string, name: string, level: number, level_name: string, mailboxes: Array<AgentGranted>, paused_at: string | null, 
/**
 * Why Sendoff paused it by itself, where it did.
 */
stopped: string | null, revoked_at: string | null, expires_at: string | null, created_at: string, 
/**
 * Submissions that wait for a person.
 */
held: number, 
/**
 * Submissions that left.
 */
sent: number, 
/**
 * How it fared since its level was last set.
 */
receipts: Receipts, 
/**
 * Why it might be raised, if anything speaks for it.
 */
suggestion: string | null, 
/**
 * Whom it may write to, in words: `anyone`, `no one`, or how many rows say so.
 */
writes_to: string, };

/**
 * Which alarm.
 */
export type AlarmSeenArgs = { n: number, };

/**
 * Mail that left around the gate.
 */
export type AlarmView = { n: number, at: string, mailbox: string, subject: string, recipients: Array<string>, written_at: string | null, 
/**
 * One sentence.
 */
text: string, seen_at: string | null, };

/**
 * An approval of exactly what was on screen.
 */
export type ApproveArgs = { id: string, hash: string, 
/**
 * The decision that was on screen; approving refuses if it is no longer the latest.
 */
decision?: string, };

/**
 * Approvals of named messages only.
 */
export type ApproveManyArgs = { items: Array<ApproveArgs>, };

/**
 * A question to the agent about what was on screen.
 */
export type AskAgentArgs = { id: string, hash?: string, question: string, };

/**
 * Which file of which version.
 */
export type AttachmentArgs = { id: string, version?: number, index: number, };

/**
 * A file in the message.
 */
export type AttachmentView = { index: number, filename: string, content_type: string, octets: number, };

/**
 * One try at delivering it.
 */
export type AttemptView = { number: number, started_at: string, final_dot_at: string | null, ended_at: string | null, 
/**
 * How it went, in one sentence.
 */
text: string, 
/**
 * What was said on the wire, as far as it was kept.
 */
dialogue: Array<DialogueLine>, };

/**
 * Held mails by one agent that say the same, but for a few words.
 */
export type Batch = { agent: string, mailbox: string, 
/**
 * Subject, an empty line, and text: what all share, and where they differ.
 */
parts: Array<BatchPart>, rows: Array<BatchRow>, };

/**
 * A run all share, or the place of a column.
 */
export type BatchPart = { text: string, 
/**
 * Which of each row's `differs` stands here; null for a run all share.
 */
column: number | null, };

/**
 * One mail of a batch.
 */
export type BatchRow = { id: string, hash: string, decision: string, 
/**
 * `to dana@acme.com`, `bcc …`.
 */
recipients: Array<string>, why: string, 
/**
 * Its own words, one entry per column.
 */
differs: Array<string>, };

/**
 * One limited window.
 */
export type BudgetWindow = { 
/**
 * `agent`, `mailbox` or `workspace`: who shares it.
 */
scope: string, 
/**
 * The mailbox's address, where it is a mailbox's.
 */
mailbox: string | null, 
/**
 * `minute`, `hour`, `day` or `month`.
 */
window: string, used: number, limit: number, 
/**
 * When the next mail would leave, where there is no room now.
 */
next_at: string | null, };

/**
 * Somebody by their address.
 */
export type ByAddress = { address: string, };

/**
 * One thing by its id.
 */
export type ById = { id: string, };

/**
 * One fault of the rehearsal relay.
 */
export type ChaosSwitch = { fault: RehearsalFault, title: string, 
/**
 * What it does, and what to look for.
 */
does: string, on: boolean, };

/**
 * That somebody agreed to marketing.
 */
export type Consent = { id: number, 
/**
 * Who, as a folded address.
 */
address: string, 
/**
 * Where and how they agreed.
 */
source: string, at: string, expires_at: string | null, };

/**
 * Which consents.
 */
export type ConsentListArgs = { search?: string, 
/**
 * The `next` of the page before.
 */
after?: string, limit?: number, };

/**
 * Who agreed, and how we know.
 */
export type ConsentRecordArgs = { address: string, source: string, 
/**
 * Until when, if not for good.
 */
until?: string, };

/**
 * What is known of one recipient.
 */
export type ContactCard = { address: string, domain: string, 
/**
 * Why we know them, in one sentence.
 */
established: string | null, 
/**
 * When we last wrote to them.
 */
last_send: string | null, 
/**
 * Why we must not write to them.
 */
suppressed: string | null, 
/**
 * In which time zone their day runs (IANA), if a person set it.
 */
zone: string | null, 
/**
 * Everything that passed, both ways, newest first.
 */
history: Array<ContactEvent>, 
/**
 * Where they asked to be left out, in their own words, newest first.
 */
opt_outs: Array<ContactEvent>, 
/**
 * What a person last decided about mail to them.
 */
last_decision: ContactEvent | null, };

/**
 * One thing that happened with a contact.
 */
export type ContactEvent = { at: string, text: string, 
/**
 * True if it came from them.
 */
received: boolean, 
/**
 * The submission it is about.
 */
id: string | null, 
/**
 * The conversation it is part of.
 */
conversation: string | null, };

/**
 * In which time zone somebody's day runs.
 */
export type ContactZone = { id: number, 
/**
 * Who, as a folded address.
 */
address: string, 
/**
 * An IANA name.
 */
zone: string, at: string, };

/**
 * A conversation with the newest of its messages, oldest first.
 */
export type ConversationDetail = { row: ConversationRow, messages: Array<ThreadItem>, 
/**
 * There are messages before these.
 */
has_earlier: boolean, };

/**
 * One conversation in the list.
 */
export type ConversationRow = { id: string, 
/**
 * Our address in it.
 */
mailbox: string, 
/**
 * Who is on the other side.
 */
contact: string | null, 
/**
 * Whose it is.
 */
agent: AgentRef | null, subject: string, received: number, unread: number, 
/**
 * When the newest message arrived.
 */
last_at: string | null, 
/**
 * Who wrote it, as shown in its `From`.
 */
from: string | null, 
/**
 * Its first words.
 */
preview: string, 
/**
 * `person`, `bounce`, `out_of_office`, …
 */
kind: string | null, 
/**
 * What it is, in words.
 */
kind_text: string, 
/**
 * What it wants: a person's word before the model's. For mail of persons only.
 */
intent: Intent | null, 
/**
 * In percent; none where a person said it.
 */
confidence: number | null, 
/**
 * Messages kept from agents.
 */
quarantined: number, 
/**
 * A person should confirm a request to be left out.
 */
opt_out_open: boolean, 
/**
 * An earlier message looked like an attack: what agents answer here is looked at.
 */
tainted: boolean, 
/**
 * A person has it in hand since.
 */
taken_over_at: string | null, 
/**
 * What to do next.
 */
next: InboxNext | null, 
/**
 * Who works on the newest message.
 */
work: string | null, };

/**
 * A copy that was just taken.
 */
export type CopiedView = { 
/**
 * Where it is, and what it holds.
 */
text: string, 
/**
 * The command that checks it, on any machine.
 */
check: string, };

/**
 * The copies of this record.
 */
export type CopiesView = { 
/**
 * Where a backup might go.
 */
backup_to: string, 
/**
 * Where an export might go.
 */
export_to: string, 
/**
 * Those that were taken, newest first.
 */
copies: Array<CopyView>, };

/**
 * A copy to be taken here and now.
 */
export type CopyArgs = { form: CopyForm, 
/**
 * The folder to make, from the root on.
 */
to: string, 
/**
 * A name of your own, to ask `record.copy_progress` by meanwhile, and to end it by.
 */
run: string | null, };

/**
 * Which copy is taken.
 */
export type CopyForm = "backup" | "export";

/**
 * A backup or an export that was taken of the record.
 */
export type CopyView = { 
/**
 * `backup` or `export`.
 */
form: string, at: string, 
/**
 * The folder it was put into.
 */
to: string, 
/**
 * False if nothing is there any more.
 */
is_there: boolean, };

/**
 * A copy that is about to be taken by whoever can read the folder.
 */
export type Copying = { form: CopyForm, 
/**
 * The folder.
 */
to: string, };

/**
 * What the rail counts.
 */
export type Counts = { 
/**
 * Held, snoozed ones left out.
 */
queue: number, 
/**
 * Uncertain and failed.
 */
attention: number, 
/**
 * Held and about to lapse.
 */
expiring: number, snoozed: number, 
/**
 * On their way out, or waiting for their time to go.
 */
leaving: number, agents: number, mailboxes: number, };

/**
 * A list as a file.
 */
export type CsvFile = { text: string, rows: number, 
/**
 * True if there are more than one file holds.
 */
truncated: boolean, };

/**
 * What an act came to.
 */
export type Decided = { id: string, 
/**
 * Where it stands now; unknown if the act failed before it could be read.
 */
state: StateName | null, state_text: string, 
/**
 * It leaves then.
 */
due: string | null, 
/**
 * The act can be taken back until then.
 */
undo_until: string | null, 
/**
 * The judgement the act led to.
 */
decision: DecisionView | null, 
/**
 * Why nothing was done; only in answers to many.
 */
error: DecidedError | null, };

/**
 * Why one of many was not done.
 */
export type DecidedError = { code: string, detail: string, };

/**
 * One judgement.
 */
export type DecisionView = { id: string, at: string, moment: Moment, verdict: Verdict, 
/**
 * The finding that decided, in one sentence.
 */
sentence: string, policy_version: number, 
/**
 * What every rule said, in the table's order.
 */
findings: Array<FindingView>, next: NextView, };

/**
 * A message the rehearsal relay was given.
 */
export type Delivered = { at: string, mail_from: string, rcpt_to: Array<string>, subject: string, text: string, };

/**
 * One line of a conversation with a relay.
 */
export type DialogueLine = { 
/**
 * What was said to the relay, or what happened.
 */
step: string, 
/**
 * What the relay said, where it was kept.
 */
reply: string | null, ok: boolean, };

export type DiffKind = "same" | "added" | "removed";

/**
 * A run of words that stayed, came or went.
 */
export type DiffPart = { kind: DiffKind, text: string, };

/**
 * A message as a person edits it. Addresses as typed: `Dana <dana@acme.com>`.
 */
export type DraftEdit = { to: Array<string>, cc: Array<string>, bcc: Array<string>, reply_to: Array<string>, subject: string, text: string | null, html: string | null, 
/**
 * Attachments of the version before that stay, by index.
 */
keep_attachments: Array<number>, };

/**
 * A key that signed the record once.
 */
export type EarlierKeyView = { key: string, 
/**
 * Since when it signed.
 */
since: string, };

/**
 * A new version of what was on screen.
 */
export type EditArgs = { id: string, hash: string, draft: DraftEdit, };

/**
 * Pictures a message keeps on other people's servers.
 */
export type Elsewhere = { 
/**
 * How many can be loaded.
 */
count: number, 
/**
 * How many there are, where not all can be.
 */
all: number, 
/**
 * The servers that would be asked, and no others.
 */
hosts: Array<string>, };

/**
 * How many rows an act ended.
 */
export type Ended = { ended: number, };

/**
 * Who the relay is told about.
 */
export type EnvelopeView = { mail_from: string, rcpt_to: Array<string>, };

/**
 * What names a contact: what an erasure takes, or took.
 */
export type ErasureView = { address: string, is_nothing: boolean, 
/**
 * The counts in words.
 */
text: string, sent: number, received: number, conversations: number, attachments: number, 
/**
 * Of the sent, those that wait and are cancelled first.
 */
waiting: number, 
/**
 * Of the sent, those on the wire or uncertain: to be settled before.
 */
under_way: number, 
/**
 * Of the sent, those that went to others too.
 */
shared: number, 
/**
 * True if they are suppressed: that goes on, without the address.
 */
suppressed: boolean, 
/**
 * Published policies that name them; the record keeps these word for word.
 */
policies: number, 
/**
 * Octets of the database file, which is written anew.
 */
octets: number, 
/**
 * Backups and exports that were taken before: nothing is taken out of these.
 */
copies: Array<CopyView>, 
/**
 * What to do about them, in one sentence; empty where there are none.
 */
copies_text: string, 
/**
 * Received messages nobody could look into, in one sentence; empty where there are none.
 */
damaged_text: string, 
/**
 * Once erased: why bytes of it are still on the disk, in one sentence, if any are.
 */
late: string | null, };

/**
 * One reason for how a message was read.
 */
export type EvidenceView = { about: string, place: string, said: string, };

/**
 * Facts of one kind.
 */
export type FactGroup = { title: string, facts: Array<FactLine>, };

/**
 * One fact, as recorded.
 */
export type FactLine = { name: string, value: string, };

/**
 * What the rules saw on one occasion.
 */
export type FactsView = { decision: string, groups: Array<FactGroup>, };

/**
 * What one rule concludes.
 */
export type FindingOutcome = "off" | "not_applicable" | "pass" | "defer" | "hold" | "block";

/**
 * What one rule said.
 */
export type FindingView = { rule: string, title: string, outcome: FindingOutcome, recipient: string | null, scope: string | null, window: string | null, observed: number | null, limit: number | null, matched: string | null, not_before: string | null, 
/**
 * True if a person has already answered this hold.
 */
answered: boolean, sentence: string, };

/**
 * One decision that would be another.
 */
export type Flip = { decision: string, submission: string, subject: string, at: string, moment: Moment, was: Verdict, was_rule: string | null, would: Verdict, would_rule: string | null, sentence: string | null, };

/**
 * Flips of one kind.
 */
export type FlipCount = { rule: string, title: string, was: Verdict, would: Verdict, times: number, };

/**
 * A received message that was found.
 */
export type FoundMail = { conversation: string, at: string, from: string, mailbox: string, subject: string, intent: Intent, kind_text: string, quarantined: boolean, 
/**
 * How it begins.
 */
preview: string, };

/**
 * Something that was found: an ask or a received message.
 */
export type FoundRow = { id: string, at: string, asked: ActivityRow | null, received: FoundMail | null, };

/**
 * The frame around every view.
 */
export type Frame = { version: string, counts: Counts, 
/**
 * The workspace is paused since then.
 */
paused_at: string | null, 
/**
 * True if some mailbox is the rehearsal's.
 */
rehearsal: boolean, 
/**
 * True until there is a mailbox.
 */
first_run: boolean, 
/**
 * The engine's clock, to count ages and expiries from.
 */
now: string, oldest_held_at: string | null, next_expiry_at: string | null, 
/**
 * True while the credentials wait for the passphrase: everything is admitted, nothing leaves.
 */
locked: boolean, health: HealthSummary, policy_version: number, 
/**
 * The level a new agent starts at.
 */
default_level: number, 
/**
 * How long an approval can be taken back.
 */
undo_window_seconds: number, };

/**
 * One header.
 */
export type HeaderView = { name: string, value: string, };

/**
 * How one thing does.
 */
export type Health = { state: HealthState, text: string, };

/**
 * Never told by colour alone: `text` says it too.
 */
export type HealthState = "ok" | "warn" | "bad" | "off";

/**
 * How the connections to the world do.
 */
export type HealthSummary = { smtp: Health, 
/**
 * `off` where no mailbox is read.
 */
imap: Health, api: Health, record: Health, };

/**
 * An IMAP server as a person fills it in. Goes in, never out.
 */
export type ImapForm = { host: string, port: number, tls: Tls, ca_file: string | null, 
/**
 * `password` or `xoauth2`.
 */
mechanism: Mechanism, user: string, 
/**
 * Without one, the relay's is used.
 */
secret: string | null, 
/**
 * Folders to read; none for the inbox, Junk and Sent.
 */
folders: Array<string>, sent_copy: SentCopy, 
/**
 * False on mailboxes that agents alone write with: then unexplained mail in Sent is an alarm.
 */
people_write: boolean, 
/**
 * Whether what comes back is known by a token in its address.
 */
reply_tokens: ReplyTokens, 
/**
 * Whose `Authentication-Results` are believed; none for nobody's.
 */
authserv_id: string | null, 
/**
 * Whether signatures are checked here, by keys from DNS, where nobody believed said anything.
 */
verify_dkim: boolean, };

/**
 * A row that could not be added.
 */
export type ImportProblem = { line: number, text: string, };

/**
 * How far an import is.
 */
export type Imported = { 
/**
 * Rows done in all; the next call begins there. Done when it is `total`.
 */
done: number, total: number, 
/**
 * Added by this call.
 */
added: number, 
/**
 * What this call could not add.
 */
problems: Array<ImportProblem>, };

/**
 * A contact a person holds in their own hands.
 */
export type InHand = { id: number, 
/**
 * The mailbox they hold it for.
 */
mailbox: string, address: string, at: string, note: string | null, };

/**
 * A file in a received message.
 */
export type InboundFile = { index: number, filename: string, 
/**
 * As claimed.
 */
content_type: string, 
/**
 * What its first bytes are, where that differs or tells.
 */
sniffed: string | null, octets: number, 
/**
 * It could run: kept from agents.
 */
quarantined: boolean, };

/**
 * What a received message looks like: taken from its bytes when somebody looks at it.
 */
export type InboundParts = { 
/**
 * Sanitised, without anything remote; for a sandboxed frame all the same.
 */
html: string | null, 
/**
 * Places in its new text that read like orders to an assistant.
 */
marks: Array<Mark>, links: Array<LinkView>, headers: Array<HeaderView>, 
/**
 * To whom an answer goes unless a person says otherwise.
 */
answer_to: Array<string>, 
/**
 * What a person should know before they trust what they see; one sentence each.
 */
warnings: Array<string>, 
/**
 * Pictures on other people's servers, not asked for; none where there are none.
 */
elsewhere: Elsewhere | null, };

/**
 * A message with the pictures that were fetched for it.
 */
export type InboundPictures = { 
/**
 * Sanitised, the pictures in it as data; for a sandboxed frame all the same.
 */
html: string, loaded: number, 
/**
 * Why others did not come; one sentence each.
 */
missing: Array<string>, };

/**
 * A received message.
 */
export type InboundView = { id: string, conversation: string, arrived_at: string, 
/**
 * When it says it was written.
 */
written_at: string | null, from: string | null, 
/**
 * The address alone, with its domain in its own script.
 */
from_address: string | null, to: Array<string>, subject: string, folder: string, kind: string, kind_text: string, intent: Intent, 
/**
 * True if a person said what it wants.
 */
corrected: boolean, 
/**
 * In percent.
 */
confidence: number, 
/**
 * `aligned`, `unaligned`, `failed`, `unknown`.
 */
sender: string, sender_text: string, 
/**
 * `clear`, `quarantined`, `released`, `kept`.
 */
shelf: string, 
/**
 * How much it looks like instructions to the reader's assistant, in percent.
 */
injection: number, 
/**
 * How much it looks like spam or phishing, in percent.
 */
spam: number, seen_at: string | null, opt_out_open: boolean, link: MailLink | null, next: InboxNext, 
/**
 * What Sendoff has done by itself, one sentence each.
 */
done: Array<string>, 
/**
 * Who works on it, in words.
 */
work: string | null, 
/**
 * True if you are to work on it: answer by hand, or say that you are done.
 */
with_you: boolean, new_text: string, quoted_text: string, forwarded_text: string, signature: string, 
/**
 * What an agent is given: the new text between its fence.
 */
as_model: string, attachments: Array<InboundFile>, 
/**
 * Why it was read so.
 */
evidence: Array<EvidenceView>, 
/**
 * What was odd about reading it; one sentence each. Its parts have more.
 */
warnings: Array<string>, octets: number, };

/**
 * Which file of which message.
 */
export type InboxAttachmentArgs = { id: string, index: number, };

/**
 * The oldest messages on screen, one of each direction where there is one.
 */
export type InboxBefore = { received?: string, sent?: string, };

/**
 * What a message wants, in a person's word.
 */
export type InboxCorrectArgs = { id: string, intent: Intent, };

/**
 * What waits in the inbox.
 */
export type InboxCounts = { 
/**
 * Conversations with messages nobody has looked at.
 */
unread: number, 
/**
 * Conversations where a person should decide: quarantined, or asking to be left out.
 */
decide: number, 
/**
 * Alarms nobody has seen.
 */
alarms: number, };

/**
 * Which conversations.
 */
export type InboxListArgs = { tab: InboxTab, 
/**
 * Whose newest message wants this.
 */
intent?: Intent, 
/**
 * In this mailbox, by id.
 */
mailbox?: string, 
/**
 * With this address.
 */
contact?: string, 
/**
 * What is typed to search: words in a message, and filters one message answers to.
 */
search?: string, 
/**
 * Whose days `before:` and `after:` name, as `Europe/Lisbon`; UTC's without one.
 */
zone?: string, after?: string, limit?: number, };

/**
 * What to do next.
 */
export type InboxNext = { 
/**
 * `reply`, `schedule`, `escalate_to_person`, …
 */
action: string, reason: string, sla_minutes: number | null, until: string | null, };

/**
 * Whether a message asks to be left out.
 */
export type InboxOptOutArgs = { id: string, wants_out: boolean, };

/**
 * A person's own answer to a received message.
 */
export type InboxReplyArgs = { 
/**
 * The message answered.
 */
id: string, text: string, 
/**
 * `Re:` and its subject if left out.
 */
subject?: string, 
/**
 * To whom; `answer_to` of the message if left out.
 */
to?: Array<string>, cc?: Array<string>, };

/**
 * Which conversation, and how much of it.
 */
export type InboxShowArgs = { id: string, 
/**
 * So many messages, the newest; [`SHOWN`] if left out, and at most [`SHOWN_MAX`].
 */
last?: number, 
/**
 * Only what came before these: a page further back.
 */
before?: InboxBefore, };

/**
 * The lists of the inbox.
 */
export type InboxTab = "all" | "unread" | "quarantine" | "decide" | "taken_over";

/**
 * Which conversation, and why.
 */
export type InboxTakeOverArgs = { id: string, note?: string, };

/**
 * What a person wants.
 */
export type Intent = "interested" | "meeting" | "question" | "not_now" | "not_interested" | "unsubscribe" | "wrong_person" | "referral" | "objection" | "support" | "billing" | "legal" | "security" | "out_of_office" | "thanks" | "unclear";

/**
 * One entry of the record.
 */
export type JournalLine = { seq: number, at: string, actor: string, kind: string, hash: string, sentence: string, };

/**
 * How many rows a lift ended.
 */
export type Lifted = { lifted: number, };

/**
 * What a link says and where it goes.
 */
export type LinkView = { text: string, target: string, };

/**
 * A row for an agent's list.
 */
export type ListRecipientArgs = { id: string, 
/**
 * An address, or `@domain`.
 */
address: string, 
/**
 * True to allow, false to forbid.
 */
allowed: boolean, 
/**
 * Until when, if not for good.
 */
until?: string, };

/**
 * Anyone, or only those on the list.
 */
export type ListedOnlyArgs = { id: string, only: boolean, };

/**
 * What of ours a message is tied to.
 */
export type MailLink = { 
/**
 * `message_id`, `token`, `report`, `guess`, `domain`.
 */
kind: string, 
/**
 * In percent.
 */
strength: number, 
/**
 * One sentence.
 */
text: string, 
/**
 * The submission, if one is meant.
 */
submission: string | null, };

/**
 * A new mailbox with a relay of its own. Nothing is connected to.
 */
export type MailboxAddArgs = { address: string, display_name?: string, smtp: SmtpForm, 
/**
 * Where its mail arrives, if it is to be read.
 */
imap?: ImapForm, };

export type MailboxKind = "smtp" | "rehearsal";

/**
 * A mailbox by address.
 */
export type MailboxRef = { id: string, address: string, display_name: string | null, };

/**
 * A mailbox whose mail is to be read, or read no longer.
 */
export type MailboxSetImapArgs = { id: string, imap: ImapForm | null, };

/**
 * Begins a sign-in: with a provider that is known, or with its addresses.
 */
export type MailboxSignInArgs = { 
/**
 * The mailbox.
 */
id: string, 
/**
 * `google` or `microsoft`; absent where the addresses are given, and for signing in again.
 */
provider?: string, 
/**
 * Where a person signs in.
 */
auth_url?: string, 
/**
 * Where tokens are given out.
 */
token_url?: string, 
/**
 * Where a sign-in on another device begins.
 */
device_url?: string, 
/**
 * What is asked for, with blanks between.
 */
scopes?: string, 
/**
 * The servers that take its tokens, with blanks between: names, each with all below it.
 */
hosts?: string, 
/**
 * The operator's own, as registered with the provider; absent for signing in again with what is
 * kept of the sign-in before.
 */
client_id?: string, 
/**
 * Where the provider gave one.
 */
client_secret?: string, 
/**
 * On another device.
 */
device: boolean, };

/**
 * Back to a password.
 */
export type MailboxSignOutArgs = { 
/**
 * The mailbox.
 */
id: string, 
/**
 * The password it logs in with from now on; absent for the one that is kept.
 */
password?: string, };

/**
 * Waits for the person who signs in.
 */
export type MailboxSignedInArgs = { 
/**
 * The mailbox.
 */
id: string, 
/**
 * As `mailboxes.sign_in` gave it.
 */
handle: string, };

/**
 * A relay to try out; nothing is sent, nothing is kept.
 */
export type MailboxTestArgs = { smtp: SmtpForm, 
/**
 * Whether it takes mail from this address is asked too.
 */
sender?: string, };

/**
 * A server to read from, to try out; nothing is kept.
 */
export type MailboxTestImapArgs = { imap: ImapForm, };

/**
 * A mailbox and the relay its mail leaves through.
 */
export type MailboxView = { id: string, address: string, display_name: string | null, kind: MailboxKind, host: string | null, port: number | null, tls: Tls | null, user: string | null, paused_at: string | null, health: Health, usage: Array<Usage>, 
/**
 * How far its sending domain is with its warm-up; absent once it is warm, or not counted.
 */
warmup?: WarmupView, 
/**
 * How its mail is read, if it is.
 */
reading?: ReadingView, 
/**
 * How it is signed in with its provider, if it is.
 */
signed_in?: SignedIn, 
/**
 * The known provider whose servers it uses.
 */
sign_in_offer?: SignInOffer, };

/**
 * A place in the text a rule looked at.
 */
export type Mark = { 
/**
 * Where it begins in the text, in UTF-16 units, as the window counts.
 */
start: number, end: number, 
/**
 * What is there, in words.
 */
what: string, };

/**
 * How to log in.
 */
export type Mechanism = "none" | "password" | "xoauth2";

/**
 * The message as it will leave.
 */
export type MessageView = { from: string, to: Array<Recipient>, cc: Array<Recipient>, 
/**
 * In the envelope, never in the message.
 */
bcc: Array<Recipient>, reply_to: Array<string>, subject: string, text: string | null, 
/**
 * Sanitised, without anything remote; for a sandboxed frame all the same.
 */
html: string | null, attachments: Array<AttachmentView>, message_id: string, envelope: EnvelopeView, 
/**
 * Whom its headers name as recipients and it does not go to.
 */
named_only: Array<string>, links: Array<LinkView>, 
/**
 * Places in the text that a rule looked at.
 */
marks: Array<Mark>, 
/**
 * The same in the subject.
 */
subject_marks: Array<Mark>, 
/**
 * What a person should know before they trust what they see; one sentence each.
 */
warnings: Array<string>, };

/**
 * On which occasion it was judged.
 */
export type Moment = "check" | "admission" | "revision" | "approval" | "dispatch";

/**
 * A new agent, or a new token of one; the token is shown this once.
 */
export type NewToken = { agent: AgentView, token: string, snippets: Array<Snippet>, };

/**
 * What the agent should do next.
 */
export type NextClass = "done" | "wait" | "retry_after" | "needs_person" | "fix_and_resubmit" | "never";

/**
 * What the agent was told to do.
 */
export type NextView = { class: NextClass, message: string, not_before: string | null, };

/**
 * Nothing.
 */
export type NoArgs = Record<symbol, never>;

/**
 * One thing that was said about it.
 */
export type NoteView = { 
/**
 * `question`, `answer` or `override`.
 */
kind: string, 
/**
 * Who said it.
 */
by: string, at: string, text: string, };

/**
 * A message somebody asked to send; the whole of it is in `submission.show`.
 */
export type OutboundView = { 
/**
 * The submission.
 */
id: string, agent: AgentRef, to: Array<string>, subject: string, text: string | null, state: StateName, state_text: string, };

/**
 * One page of a list.
 */
export type Page<T> = { 
/**
 * The rows, in the list's order.
 */
rows: Array<T>, 
/**
 * What to ask the next page with; null on the last.
 */
next: string | null, 
/**
 * How many there are in all, where that is cheap to know.
 */
total: number | null, };

/**
 * Which page.
 */
export type PageArgs = { 
/**
 * The `next` of the page before.
 */
after?: string, limit?: number, };

/**
 * The operator's new passphrase, and the one before if there is one.
 */
export type PassphraseArgs = { old?: string, new: string, };

/**
 * How many there are in each list of people.
 */
export type PeopleCounts = { 
/**
 * Addresses and domains nobody writes to.
 */
suppressed: number, 
/**
 * Who agreed to marketing.
 */
agreed: number, 
/**
 * In the operator's own hands.
 */
in_hand: number, 
/**
 * With a time zone of their own.
 */
zones: number, };

/**
 * How far a chart looks back.
 */
export type Period = "day" | "week" | "month";

/**
 * What a line is to say from now on, of whom it is about and until when. What it says of rules
 * stays: that is written in the text.
 */
export type PolicyChangeLineArgs = { text: string, 
/**
 * Its place among the lines, from 0.
 */
index: number, 
/**
 * The agent's name; any agent if absent.
 */
agent?: string, 
/**
 * Addresses and domains; everyone if empty.
 */
to: Array<string>, 
/**
 * When it ends, if it loosens.
 */
until?: string, 
/**
 * Why.
 */
reason?: string, };

/**
 * What is wrong with it; empty if nothing.
 */
export type PolicyChecked = { problems: Array<PolicyProblem>, };

/**
 * The draft with the change in it.
 */
export type PolicyDraft = { text: string, };

/**
 * The policy as a form.
 */
export type PolicyForm = { 
/**
 * What is said of one agent, one mailbox or some recipients, in the order of the document.
 * None while the draft has problems.
 */
lines: Array<PolicyLine>, 
/**
 * In the order of the document.
 */
tables: Array<PolicyFormTable>, };

/**
 * One field of a table.
 */
export type PolicyFormField = { key: string, 
/**
 * What it means, with its unit.
 */
help: string, kind: PolicyFormKind, value: PolicyValue, default: PolicyValue, 
/**
 * True if the draft names it.
 */
is_set: boolean, };

/**
 * What a field takes.
 */
export type PolicyFormKind = { "type": "number", min: number, max: number, } | { "type": "windows", keys: Array<string>, max: number, } | { "type": "text", takes: string, } | { "type": "rows", min: number, max: number, } | { "type": "days", days: Array<string>, };

/**
 * One table of the document.
 */
export type PolicyFormTable = { 
/**
 * `rules.rate_limit`.
 */
path: string, title: string, about: string, is_rule: boolean, 
/**
 * For rules only.
 */
enabled: boolean | null, can_switch: boolean, 
/**
 * Part of it looks even when it is off.
 */
partly: boolean, 
/**
 * What a hit becomes.
 */
action: string | null, 
/**
 * What it may become, the default first.
 */
actions: Array<string>, fields: Array<PolicyFormField>, };

/**
 * One override of the document.
 */
export type PolicyLine = { 
/**
 * What it says, in a sentence.
 */
words: string, 
/**
 * The agent it is about; any agent if absent.
 */
agent: string | null, 
/**
 * Addresses and domains it is about; everyone if empty.
 */
to: Array<string>, 
/**
 * When it ends, if it loosens.
 */
until: string | null, 
/**
 * Why, if the document says.
 */
reason: string | null, };

/**
 * Which line is wanted, about mail like this one.
 */
export type PolicyLineArgs = { 
/**
 * The mail.
 */
id: string, wish: PolicyWish, 
/**
 * Everyone at the recipients' domains, where those are not open to everyone.
 */
domains: boolean, 
/**
 * Of every agent, not only of this one; only to be asked always.
 */
any_agent?: boolean, 
/**
 * How long an agent may write; 30 if not said.
 */
days?: number, };

/**
 * A draft of the policy with one line more.
 */
export type PolicyLineDraft = { 
/**
 * The version it was written from; publish it over that one.
 */
over: number, 
/**
 * The whole document.
 */
text: string, 
/**
 * The document in force: publishing it again is how to go back.
 */
before: string, 
/**
 * The line in words.
 */
words: string, 
/**
 * The line as the document has it.
 */
line: string, 
/**
 * Whom it names.
 */
to: Array<string>, until: string | null, 
/**
 * What else to know before.
 */
note: string | null, 
/**
 * Exceptions it takes the place of, in words.
 */
takes_out: Array<string>, };

/**
 * What is wrong with a policy document, and where. Lines and columns count from 1.
 */
export type PolicyProblem = { line: number, column: number, key: string, message: string, };

/**
 * A document to put in force.
 */
export type PolicyPublishArgs = { text: string, 
/**
 * The version it was written from; refused if another is in force by now.
 */
over?: number, };

/**
 * That a version was published.
 */
export type PolicyPublished = { version: number, published_at: string, };

/**
 * One change to a draft.
 */
export type PolicySetArgs = { text: string, 
/**
 * `rules.rate_limit`.
 */
table: string, key: string, 
/**
 * Null takes the key out: it is then at its default.
 */
value: PolicyValue | null, };

/**
 * Which line is to go.
 */
export type PolicyTakeOutArgs = { text: string, 
/**
 * Its place among the lines, from 0.
 */
index: number, };

/**
 * One published version in full.
 */
export type PolicyText = { version: number, text: string, published_at: string, };

/**
 * A policy document.
 */
export type PolicyTextArgs = { text: string, };

/**
 * A value of the document, as a form holds it.
 */
export type PolicyValue = boolean | number | string | Array<string> | { [key in string]: number };

/**
 * The version it became.
 */
export type PolicyVersion = { version: number, };

/**
 * One published version.
 */
export type PolicyVersionArgs = { version: number, };

/**
 * The policy in force and those before it.
 */
export type PolicyView = { version: number, text: string, published_at: string, problems: Array<PolicyProblem>, history: Array<PolicyPublished>, };

/**
 * What a person wants of mail like one they see.
 */
export type PolicyWish = "always_ask" | "let_write";

/**
 * How far something has come.
 */
export type Progress = { done: number, 
/**
 * 0 until it is known.
 */
total: number, };

/**
 * Which rows of the queue.
 */
export type QueueListArgs = { tab: QueueTab, after?: string, limit?: number, };

/**
 * A row of the queue.
 */
export type QueueRow = { id: string, agent: AgentRef, 
/**
 * The address it would leave as.
 */
mailbox: string, 
/**
 * The first recipient, and how many more: `dana@acme.com +5`.
 */
to: string, subject: string, 
/**
 * Why it is here, in one phrase.
 */
why: string, state: StateName, asked_at: string, expires_at: string | null, snoozed_until: string | null, 
/**
 * What an approval of this row binds to.
 */
hash: string, version: number, 
/**
 * Risk points, if it has any.
 */
risk: number | null, rehearsal: boolean, 
/**
 * What is wrong, for one that is uncertain or failed.
 */
attention: string | null, };

/**
 * The lists of the queue.
 */
export type QueueTab = "needs_you" | "expiring" | "snoozed" | "attention";

/**
 * One file of the message.
 */
export type RawAttachment = { filename: string, content_type: string, content_base64: string, };

/**
 * How a mailbox's mail is read.
 */
export type ReadingView = { host: string, port: number, tls: Tls, ca_file: string | null, mechanism: Mechanism, user: string, 
/**
 * None for the inbox, Junk and Sent.
 */
folders: Array<string>, authserv_id: string | null, 
/**
 * Signatures are checked here, by keys from DNS.
 */
verify_dkim: boolean, sent_copy: SentCopy, 
/**
 * People write with this account too.
 */
people_write: boolean, reply_tokens: ReplyTokens, health: Health, };

/**
 * What became of an agent's asks.
 */
export type Receipts = { 
/**
 * Approved as written.
 */
approved: number, 
/**
 * Approved after an edit.
 */
edited: number, rejected: number, 
/**
 * Came back for good.
 */
bounced: number, 
/**
 * Came back for now.
 */
bounced_soft: number, complained: number, 
/**
 * Said no, or asked for no more mail.
 */
declined: number, };

/**
 * One recipient as shown.
 */
export type Recipient = { name: string | null, 
/**
 * With its domain in its own script.
 */
address: string, 
/**
 * The address as it goes over the wire, where that reads differently.
 */
punycode: string | null, 
/**
 * Nobody here has ever reached them.
 */
new_contact: boolean, };

/**
 * An address or `@domain` an agent may write to, or must not.
 */
export type RecipientRule = { id: number, pattern: string, allowed: boolean, added_at: string, expires_at: string | null, };

/**
 * Where one recipient stands.
 */
export type RecipientStanding = { address: string, 
/**
 * `to`, `cc` or `bcc`.
 */
role: string, state: string, 
/**
 * What the server said.
 */
reply: string | null, };

/**
 * Whom an agent may write to.
 */
export type RecipientsView = { 
/**
 * In words: `anyone`, `no one`, or how many rows say so.
 */
writes_to: string, 
/**
 * True if it may write to nobody but those the rows allow.
 */
listed_only: boolean, rows: Array<RecipientRule>, };

/**
 * The key that signs the record.
 */
export type RecordKeyView = { 
/**
 * Its public half, 64 hexadecimal digits; none until one is made.
 */
key: string | null, 
/**
 * Since when it signs.
 */
since: string | null, 
/**
 * The last entry it signed.
 */
signed_seq: number | null, 
/**
 * When that was.
 */
signed_at: string | null, 
/**
 * Those before it, newest first.
 */
earlier: Array<EarlierKeyView>, 
/**
 * The file outside the database that has the signatures, too.
 */
file: string | null, 
/**
 * The command that checks the record here and says which key signed it.
 */
check: string, };

/**
 * What the rehearsal relay can do wrong on purpose.
 */
export type RehearsalFault = "refuse_for_now" | "drop_after_data" | "slow_accept" | "bounce_later";

/**
 * The rehearsal world is ready; the token is shown this once.
 */
export type RehearsalStart = { mailbox: MailboxView, agent: AgentView, token: string, 
/**
 * A first ask, to paste in a terminal.
 */
curl: string, 
/**
 * Who else can be written to.
 */
repliers: Array<Replier>, };

/**
 * Which fault, and whether it is on.
 */
export type RehearsalSwitch = { fault: RehearsalFault, on: boolean, };

/**
 * The rehearsal world: who answers, and what goes wrong on purpose.
 */
export type RehearsalWorld = { repliers: Array<Replier>, faults: Array<ChaosSwitch>, };

/**
 * A refusal, with what the agent is told.
 */
export type RejectArgs = { id: string, hash?: string, reason: string, };

/**
 * A release of exactly what was on screen from what blocks it.
 */
export type ReleaseArgs = { id: string, hash: string, 
/**
 * The decision that was on screen.
 */
decision?: string, 
/**
 * Why, for the record.
 */
reason: string, };

/**
 * What a draft would have changed.
 */
export type Replay = { 
/**
 * Decisions judged again.
 */
judged: number, 
/**
 * Decisions whose facts do not read back.
 */
unreadable: number, 
/**
 * How many flipped.
 */
flipped: number, 
/**
 * By rule, most first.
 */
counts: Array<FlipCount>, 
/**
 * The newest flips.
 */
flips: Array<Flip>, 
/**
 * In one sentence.
 */
text: string, };

/**
 * A draft to hold against what was recorded.
 */
export type ReplayArgs = { text: string, 
/**
 * So many of the newest decisions; 100,000 if not said.
 */
last?: number, 
/**
 * Made at or after.
 */
since?: string, 
/**
 * A name of your own, to ask `policy.replay_progress` by meanwhile.
 */
run?: string, };

/**
 * Somebody of the rehearsal who answers.
 */
export type Replier = { address: string, name: string, 
/**
 * What they do, in a few words.
 */
does: string, 
/**
 * What to look for afterwards.
 */
shows: string, 
/**
 * How long they take, in seconds.
 */
seconds: number, };

/**
 * Whether the return address of what leaves carries a token.
 */
export type ReplyTokens = "off" | "plus";

/**
 * A kind, and how many days it would be kept.
 */
export type RetentionArgs = { 
/**
 * `bodies`, `raw` or `attachments`.
 */
kind: string, days: number, };

/**
 * How long a kind of content is kept, and what of it is older.
 */
export type RetentionView = { 
/**
 * `bodies`, `raw` or `attachments`.
 */
kind: string, 
/**
 * The setting that holds the days.
 */
key: string, title: string, 
/**
 * For good, if absent.
 */
days: number | null, 
/**
 * Sent messages that are older and would lose theirs.
 */
sent: number, received: number, };

/**
 * What a person decided.
 */
export type ReviewView = { outcome: string, reason: string | null, 
/**
 * What its agent was asked.
 */
question: string | null, at: string, };

/**
 * Risk points.
 */
export type RiskBudget = { spent: number, limit: number, };

/**
 * A replay under way.
 */
export type RunArgs = { 
/**
 * The name it was begun with.
 */
run: string, };

/**
 * What to look for: words, and filters in front of a colon.
 */
export type SearchArgs = { 
/**
 * `from:` `to:` `agent:` `intent:` `rule:` `state:` `before:` `after:` (dates as `2026-11-22`) and words.
 */
query: string, 
/**
 * Whose days `before:` and `after:` name, as `Europe/Lisbon`; UTC's without one.
 */
zone?: string, after?: string, limit?: number, };

/**
 * Who files a copy of what is sent.
 */
export type SentCopy = "provider" | "append" | "none";

/**
 * In which time zone somebody's day runs.
 */
export type SetZoneArgs = { address: string, 
/**
 * An IANA name such as `Europe/Berlin`; none takes back what was set.
 */
zone?: string, };

/**
 * One setting: `notifications` is on or off, `quiet_hours` two times of day or off,
 * `muted_agents` ids with spaces between, `smtp_port` a port or off, `asks_per_second` and `asks_burst`
 * numbers, `theme` the desktop's or one of two, each retention a number of days or off.
 */
export type SettingArgs = { key: string, value: SettingValue, };

/**
 * What a setting is set to.
 */
export type SettingValue = boolean | string;

/**
 * The settings.
 */
export type Settings = { data_dir: string, 
/**
 * Where agents reach us.
 */
api: string, 
/**
 * The port where this window takes mail over SMTP, if it is to.
 */
smtp_port: number | null, 
/**
 * Where agents that speak SMTP reach us now: `127.0.0.1:2525`.
 */
smtp: string | null, 
/**
 * Why they do not, though they should, in one sentence.
 */
smtp_trouble: string | null, 
/**
 * Asks one agent may make a second over time, at all doors together.
 */
asks_per_second: number, 
/**
 * Asks it may make at once after a rest.
 */
asks_burst: number, 
/**
 * Where credentials live, in words.
 */
vault: string, operator_passphrase_set: boolean, notifications: boolean, 
/**
 * No toasts from the first to the second time of day, local: `22:00-07:00`.
 */
quiet_hours: string | null, 
/**
 * Ids of agents nobody is told of by a toast.
 */
muted_agents: Array<string>, 
/**
 * `system`, `light` or `dark`.
 */
theme: string, 
/**
 * Whether the window starts with the session; only the window knows.
 */
autostart?: boolean, };

export type SettleArgs = { id: string, hash?: string, how: Settlement, };

/**
 * What became of an uncertain delivery, or what to do about a failed one.
 */
export type Settlement = "sent" | "resend" | "give_up";

/**
 * What a person does to sign a mailbox in.
 */
export type SignIn = { 
/**
 * For `mailboxes.signed_in`, which waits until they have.
 */
handle: string, 
/**
 * Where to go with a browser.
 */
url: string, 
/**
 * What to type there, on another device.
 */
user_code: string | null, 
/**
 * The window had a browser of this machine open it already.
 */
opened: boolean, };

/**
 * A known provider to sign in with.
 */
export type SignInOffer = { 
/**
 * `google` or `microsoft`.
 */
provider: string, 
/**
 * It lets a person sign in on another device.
 */
has_device_door: boolean, };

/**
 * How a mailbox is signed in with its provider.
 */
export type SignedIn = { 
/**
 * `google` or `microsoft`, or the address its tokens come from.
 */
provider: string, 
/**
 * The operator's own, as registered there.
 */
client_id: string, 
/**
 * It lets a person sign in on another device.
 */
has_device_door: boolean, 
/**
 * Why a person has to sign in again, if they have to: until then nothing logs in.
 */
refused: string | null, 
/**
 * It sends with it.
 */
sends: boolean, 
/**
 * It is read with it.
 */
reads: boolean, };

/**
 * A relay as a person fills it in. Goes in, never out: nothing here prints the secret.
 */
export type SmtpForm = { host: string, port: number, tls: Tls, ca_file: string | null, mechanism: Mechanism, user: string | null, secret: string | null, };

/**
 * A first call to copy.
 */
export type Snippet = { title: string, language: SnippetLanguage, code: string, };

export type SnippetLanguage = "sh" | "python" | "node";

/**
 * Out of sight until then.
 */
export type SnoozeArgs = { id: string, hash?: string, until: string, };

/**
 * The sealed bytes, as text.
 */
export type Source = { text: string, truncated: boolean, };

/**
 * Which version's bytes.
 */
export type SourceArgs = { id: string, version?: number, };

/**
 * Where a submission stands.
 */
export type StateName = "observed" | "held" | "deferred" | "queued" | "sending" | "sent" | "uncertain" | "bounced" | "blocked" | "rejected" | "expired" | "cancelled" | "failed";

/**
 * Everything about one submission.
 */
export type SubmissionDetail = { id: string, 
/**
 * What was taken out of it on purpose, in one sentence.
 */
gone: string | null, state: StateName, 
/**
 * Where it stands, in one sentence.
 */
state_text: string, agent: AgentStanding, mailbox: MailboxRef, 
/**
 * The first line: why it is where it is.
 */
why: string, hash: string, version: number, rehearsal: boolean, 
/**
 * The latest decision.
 */
decision: DecisionView, message: MessageView, draft: DraftEdit, 
/**
 * The agent's own reason.
 */
reason: string | null, tags: Array<[string, string]>, asked_at: string, changed_at: string, expires_at: string | null, snoozed_until: string | null, due: string | null, undo_until: string | null, send_at: string | null, send_by: string, versions: Array<VersionView>, decisions: Array<DecisionView>, attempts: Array<AttemptView>, recipients: Array<RecipientStanding>, review: ReviewView | null, 
/**
 * What was asked, answered and overridden, oldest first.
 */
notes: Array<NoteView>, journal: Array<JournalLine>, 
/**
 * What may be done now.
 */
verbs: Array<Verb>, contact: Array<ContactCard>, 
/**
 * The conversation it is part of.
 */
conversation: string | null, };

/**
 * Whom not to write to, and why.
 */
export type SuppressionAddArgs = { 
/**
 * An address, or `@domain`.
 */
address: string, reason?: string, note?: string, };

/**
 * A stretch of a file to add.
 */
export type SuppressionImportArgs = { 
/**
 * The whole file. The first row may name its columns: `address` (or `email`), `reason`,
 * `note`; without, they come in this order.
 */
text: string, 
/**
 * Rows already done: the `done` of the call before, 0 at first.
 */
from: number, 
/**
 * The row that names the columns, where `text` is rows alone; none of them names any then.
 */
header?: string, 
/**
 * Lines of the list before `text`.
 */
line?: number, };

/**
 * Whom to write to again.
 */
export type SuppressionLiftArgs = { address: string, note?: string, };

/**
 * Which suppressions.
 */
export type SuppressionListArgs = { search?: string, 
/**
 * The `next` of the page before.
 */
after?: string, limit?: number, };

/**
 * One suppression.
 */
export type SuppressionView = { id: number, 
/**
 * A folded address, or `@domain`.
 */
pattern: string, 
/**
 * How far it reaches, in words.
 */
scope: string, reason: string, note: string | null, added_by: string, added_at: string, expires_at: string | null, };

/**
 * A contact of a mailbox.
 */
export type TakeOverArgs = { 
/**
 * The mailbox's address.
 */
mailbox: string, address: string, 
/**
 * Why, in your words.
 */
note?: string, };

/**
 * How a live test of a server goes.
 */
export type TestReport = { 
/**
 * Names it to `mailboxes.test_steps` and `mailboxes.test_stop`.
 */
run: string, 
/**
 * Grows with everything that happens in it.
 */
seen: number, 
/**
 * Nothing more happens.
 */
ended: boolean, 
/**
 * Every step went well.
 */
ok: boolean, 
/**
 * In the order they were begun.
 */
steps: Array<TestStep>, 
/**
 * For reading: who says in recent mail that it checked the sender.
 */
authserv_id?: string, };

/**
 * How a step goes.
 */
export type TestState = "running" | "passed" | "failed" | "stopped";

/**
 * One step of it.
 */
export type TestStep = { name: string, state: TestState, 
/**
 * How it went; empty while it is under way.
 */
text: string, 
/**
 * How long it took, in milliseconds.
 */
ms: number, 
/**
 * What usually helps, where it failed.
 */
advice?: string, };

/**
 * A test under way, and how much of it was seen.
 */
export type TestStepsArgs = { run: string, 
/**
 * `seen` of the report that was read last: the answer waits until there is more.
 */
seen: number, };

/**
 * A test to stop.
 */
export type TestStopArgs = { run: string, };

/**
 * One message of a conversation: received, or asked to be sent. One of the two is there.
 */
export type ThreadItem = { at: string, inbound: InboundView | null, outbound: OutboundView | null, };

/**
 * Encryption of an SMTP connection.
 */
export type Tls = "implicit" | "starttls" | "none";

/**
 * How asks went, for charts.
 */
export type Traffic = { 
/**
 * Oldest first, empty ones included.
 */
columns: Array<TrafficColumn>, 
/**
 * How many decisions by a person took how long, shortest first.
 */
waits: Array<WaitClass>, 
/**
 * Half of the decisions by a person came within so many seconds.
 */
wait_median_seconds: number | null, 
/**
 * Nine of ten came within.
 */
wait_ninetieth_seconds: number | null, sent: number, bounced: number, failed: number, 
/**
 * Reported as spam.
 */
complained: number, 
/**
 * What is missing, if there was too much to count.
 */
note: string | null, };

/**
 * Which chart.
 */
export type TrafficArgs = { period: Period, 
/**
 * Only this agent's.
 */
agent?: string, };

/**
 * Asks of one stretch of time, by the verdict of their first judgement.
 */
export type TrafficColumn = { from: string, to: string, allowed: number, deferred: number, held: number, blocked: number, };

/**
 * A row of an agent's list.
 */
export type UnlistRecipientArgs = { id: string, row: number, };

/**
 * The passphrase that opens the credentials.
 */
export type UnlockArgs = { passphrase: string, };

/**
 * What was used of one window.
 */
export type Usage = { 
/**
 * `minute`, `hour`, `day` or `30 days`.
 */
window: string, used: number, limit: number | null, };

/**
 * What a person may do with a submission.
 */
export type Verb = "approve" | "edit" | "reject" | "ask" | "release" | "snooze" | "cancel" | "undo" | "settle";

/**
 * What a judgement comes to, weakest first.
 */
export type Verdict = "allow" | "defer" | "hold" | "block";

/**
 * One divergence.
 */
export type VerifyProblem = { 
/**
 * The journal entry it begins at, where there is one.
 */
seq: number | null, text: string, };

/**
 * What verifying the record found.
 */
export type VerifyReport = { ok: boolean, entries: number, decisions: number, problems: Array<VerifyProblem>, text: string, };

/**
 * One version of the message.
 */
export type VersionView = { number: number, at: string, 
/**
 * Who wrote it.
 */
by: string, hash: string, subject: string, 
/**
 * Subject and text, word by word against the version before; empty for the first.
 */
changes: Array<DiffPart>, 
/**
 * Who was added or taken out, one sentence each.
 */
recipient_changes: Array<string>, };

/**
 * One class of waiting times.
 */
export type WaitClass = { 
/**
 * `under 5 min`.
 */
title: string, count: number, };

/**
 * A young sending domain on its way to full volume.
 */
export type WarmupView = { 
/**
 * Recipients taken today (UTC).
 */
used: number, 
/**
 * At most so many today.
 */
limit: number, 
/**
 * The week it is in, from 1.
 */
week: number, weeks: number, 
/**
 * When anything goes; null before the first mail.
 */
full_from: string | null, };

/**
 * Whose time zones.
 */
export type ZoneListArgs = { search?: string, 
/**
 * The `next` of the page before.
 */
after?: string, limit?: number, };
