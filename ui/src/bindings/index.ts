// The view models the operator's commands answer with. The console crate owns these shapes; names
// are snake_case, times RFC 3339 in UTC, ids opaque strings, hashes 64 hex digits.

export type StateName =
  | "observed"
  | "held"
  | "deferred"
  | "queued"
  | "sending"
  | "sent"
  | "uncertain"
  | "bounced"
  | "blocked"
  | "rejected"
  | "expired"
  | "cancelled"
  | "failed";

export type Verdict = "allow" | "defer" | "hold" | "block";
export type FindingOutcome = "off" | "not_applicable" | "pass" | "defer" | "hold" | "block";

export type Problem = { code: string; detail: string; pointer?: string | null; retry_after?: number | null };

export type Page<T> = { rows: T[]; next: string | null; total: number | null };

export type Health = { state: "ok" | "warn" | "bad" | "off"; text: string };

export type Frame = {
  version: string;
  counts: {
    queue: number;
    attention: number;
    expiring: number;
    snoozed: number;
    agents: number;
    mailboxes: number;
  };
  paused_at: string | null;
  rehearsal: boolean;
  first_run: boolean;
  now: string;
  oldest_held_at: string | null;
  next_expiry_at: string | null;
  locked: boolean;
  health: { smtp: Health; api: Health; record: Health };
  policy_version: number;
  undo_window_seconds: number;
};

export type QueueTab = "needs_you" | "expiring" | "snoozed" | "attention";

export type QueueRow = {
  id: string;
  agent: { id: string; name: string };
  mailbox: string;
  to: string;
  subject: string;
  why: string;
  state: StateName;
  asked_at: string;
  expires_at: string | null;
  snoozed_until: string | null;
  hash: string;
  version: number;
  risk: number | null;
  rehearsal: boolean;
  attention: string | null;
};

export type Recipient = {
  name: string | null;
  address: string;
  punycode: string | null;
  new_contact: boolean;
};

export type AttachmentView = {
  index: number;
  filename: string;
  content_type: string;
  octets: number;
};

export type MessageView = {
  from: string;
  to: Recipient[];
  cc: Recipient[];
  bcc: Recipient[];
  reply_to: string[];
  subject: string;
  text: string | null;
  html: string | null;
  attachments: AttachmentView[];
  message_id: string;
  envelope: { mail_from: string; rcpt_to: string[] };
  links: { text: string; target: string }[];
  warnings: string[];
};

export type DraftEdit = {
  to: string[];
  cc: string[];
  bcc: string[];
  reply_to: string[];
  subject: string;
  text: string | null;
  html: string | null;
  keep_attachments: number[];
};

export type FindingView = {
  rule: string;
  title: string;
  outcome: FindingOutcome;
  recipient: string | null;
  scope: string | null;
  window: string | null;
  observed: number | null;
  limit: number | null;
  matched: string | null;
  not_before: string | null;
  answered: boolean;
  sentence: string;
};

export type DecisionView = {
  id: string;
  at: string;
  moment: string;
  verdict: Verdict;
  sentence: string;
  policy_version: number;
  findings: FindingView[];
  next: { class: string; message: string; not_before: string | null };
};

export type DiffPart = { kind: "same" | "added" | "removed"; text: string };

export type VersionView = {
  number: number;
  at: string;
  by: string;
  hash: string;
  subject: string;
  changes: DiffPart[];
  recipient_changes: string[];
};

export type AttemptView = {
  number: number;
  started_at: string;
  final_dot_at: string | null;
  ended_at: string | null;
  text: string;
};

export type ContactCard = {
  address: string;
  domain: string;
  established: string | null;
  last_send: string | null;
  suppressed: string | null;
  history: { at: string; text: string; id: string | null }[];
};

export type SubmissionDetail = {
  id: string;
  state: StateName;
  state_text: string;
  agent: { id: string; name: string; level: number };
  mailbox: { id: string; address: string; display_name: string | null };
  why: string;
  hash: string;
  version: number;
  decision: DecisionView;
  message: MessageView;
  draft: DraftEdit;
  reason: string | null;
  tags: [string, string][];
  asked_at: string;
  changed_at: string;
  expires_at: string | null;
  due: string | null;
  undo_until: string | null;
  send_at: string | null;
  send_by: string;
  versions: VersionView[];
  decisions: DecisionView[];
  attempts: AttemptView[];
  recipients: { address: string; role: string; state: string; reply: string | null }[];
  review: { outcome: string; reason: string | null; at: string } | null;
  journal: { seq: number; at: string; actor: string; kind: string; hash: string; sentence: string }[];
  verbs: string[];
  contact: ContactCard[];
};

export type Decided = {
  id: string;
  state: StateName;
  state_text: string;
  due: string | null;
  undo_until: string | null;
  decision: DecisionView | null;
  error: { code: string; detail: string } | null;
};

export type ActivityRow = {
  id: string;
  at: string;
  agent: { id: string; name: string };
  mailbox: string;
  to: string;
  subject: string;
  state: StateName;
  verdict: Verdict;
  rule: string | null;
  sentence: string;
};

export type AgentView = {
  id: string;
  name: string;
  level: number;
  level_name: string;
  mailboxes: { id: string; address: string; level: number | null }[];
  paused_at: string | null;
  revoked_at: string | null;
  expires_at: string | null;
  created_at: string;
  held: number;
  sent: number;
};

export type Snippet = { title: string; language: "sh" | "python" | "node"; code: string };
export type NewToken = { agent: AgentView; token: string; snippets: Snippet[] };

export type MailboxView = {
  id: string;
  address: string;
  display_name: string | null;
  kind: "smtp" | "rehearsal";
  host: string | null;
  port: number | null;
  tls: "implicit" | "starttls" | "none" | null;
  user: string | null;
  paused_at: string | null;
  health: Health;
  usage: { window: "minute" | "hour" | "day" | "30 days"; used: number; limit: number | null }[];
};

export type SmtpForm = {
  host: string;
  port: number;
  tls: "implicit" | "starttls" | "none";
  ca_file: string | null;
  mechanism: "none" | "password" | "xoauth2";
  user: string | null;
  secret: string | null;
};

export type TestReport = { ok: boolean; steps: { name: string; ok: boolean; text: string }[] };

export type RehearsalStart = { mailbox: MailboxView; agent: AgentView; token: string; curl: string };
export type Delivered = {
  at: string;
  mail_from: string;
  rcpt_to: string[];
  subject: string;
  text: string;
};

export type SuppressionView = {
  id: number;
  pattern: string;
  scope: string;
  reason: string;
  note: string | null;
  added_by: string;
  added_at: string;
  expires_at: string | null;
};

export type PolicyProblem = { line: number; column: number; key: string; message: string };
export type PolicyView = {
  version: number;
  text: string;
  published_at: string;
  problems: PolicyProblem[];
  history: { version: number; published_at: string }[];
};

export type VerifyReport = {
  ok: boolean;
  entries: number;
  decisions: number;
  problems: { seq: number | null; text: string }[];
  text: string;
};

export type Settings = {
  data_dir: string;
  api: string;
  vault: string;
  operator_passphrase_set: boolean;
  notifications: boolean;
};
