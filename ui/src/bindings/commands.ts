// The operator's commands: name, what goes in, what comes out, and which tags mark an answer stale.

import type {
  ActivityRow,
  AgentView,
  Decided,
  Delivered,
  DraftEdit,
  Frame,
  MailboxView,
  NewToken,
  Page,
  PolicyProblem,
  PolicyView,
  QueueRow,
  QueueTab,
  RehearsalStart,
  Settings,
  SmtpForm,
  StateName,
  SubmissionDetail,
  SuppressionView,
  TestReport,
  VerifyReport,
} from "./index";

type Nothing = Record<string, never>;
type Approval = { id: string; hash: string; decision: string };

export type Commands = {
  frame: [Nothing, Frame];
  "queue.list": [{ tab: QueueTab; after?: string; limit?: number }, Page<QueueRow>];
  "submission.show": [{ id: string }, SubmissionDetail];
  "submission.source": [{ id: string; version?: number }, { text: string; truncated: boolean }];
  "submission.attachment": [
    { id: string; version?: number; index: number },
    { filename: string; content_type: string; content_base64: string },
  ];
  "submission.approve": [Approval, Decided];
  "submission.approve_many": [{ items: Approval[] }, Decided[]];
  "submission.edit": [{ id: string; hash: string; draft: DraftEdit }, SubmissionDetail];
  "submission.reject": [{ id: string; hash?: string; reason: string }, Decided];
  "submission.undo": [{ id: string }, Decided];
  "submission.snooze": [{ id: string; until: string }, Decided];
  "submission.cancel": [{ id: string }, Decided];
  "submission.settle": [{ id: string; how: "sent" | "resend" | "give_up" }, Decided];
  "activity.list": [
    { after?: string; limit?: number; states?: StateName[]; agent?: string; mailbox?: string },
    Page<ActivityRow>,
  ];
  "agents.list": [Nothing, AgentView[]];
  "agents.add": [{ name: string; mailbox: string; level: number }, NewToken];
  "agents.set_level": [{ id: string; level: number }, AgentView];
  "agents.grant": [{ id: string; mailbox: string; level?: number }, AgentView];
  "agents.pause": [{ id: string }, AgentView];
  "agents.resume": [{ id: string }, AgentView];
  "agents.revoke": [{ id: string }, AgentView];
  "agents.replace_token": [{ id: string }, NewToken];
  "mailboxes.list": [Nothing, MailboxView[]];
  "mailboxes.test": [{ smtp: SmtpForm }, TestReport];
  "mailboxes.add": [{ address: string; display_name?: string; smtp: SmtpForm }, MailboxView];
  "mailboxes.pause": [{ id: string }, MailboxView];
  "mailboxes.resume": [{ id: string }, MailboxView];
  "rehearsal.start": [Nothing, RehearsalStart];
  "rehearsal.delivered": [Nothing, Delivered[]];
  "suppressions.list": [{ search?: string; after?: string; limit?: number }, Page<SuppressionView>];
  "suppressions.add": [{ address: string; reason?: string; note?: string }, SuppressionView];
  "suppressions.lift": [{ address: string; note?: string }, { lifted: number }];
  "policy.show": [Nothing, PolicyView];
  "policy.check": [{ text: string }, { problems: PolicyProblem[] }];
  "policy.publish": [{ text: string }, { version: number }];
  "pause.on": [Nothing, Frame];
  "pause.off": [Nothing, Frame];
  "journal.verify": [Nothing, VerifyReport];
  "settings.show": [Nothing, Settings];
  "settings.set": [{ key: string; value: boolean | string }, Settings];
};

export type Command = keyof Commands;
export type Args<C extends Command> = Commands[C][0];
export type Result<C extends Command> = Commands[C][1];

/** The tags an answer depends on; `:id` stands for the `id` argument. */
export const READS: Partial<Record<Command, readonly string[]>> = {
  frame: ["queue", "pause", "mailboxes", "agents", "health"],
  "queue.list": ["queue"],
  "submission.show": ["submission::id", "queue"],
  "activity.list": ["queue", "activity"],
  "agents.list": ["agents"],
  "mailboxes.list": ["mailboxes"],
  "rehearsal.delivered": ["queue"],
  "suppressions.list": ["suppressions"],
  "policy.show": ["policy"],
  "settings.show": ["settings"],
};
