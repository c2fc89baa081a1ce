// Written by `UPDATE=1 cargo test -p sendoff-console`; do not edit by hand.

import type {
  ActivityArgs,
  ActivityRow,
  AgentAddArgs,
  AgentBudget,
  AgentGrantArgs,
  AgentLevelArgs,
  AgentView,
  AlarmSeenArgs,
  AlarmView,
  ApproveArgs,
  ApproveManyArgs,
  AskAgentArgs,
  AttachmentArgs,
  Batch,
  ByAddress,
  ById,
  Consent,
  ConsentListArgs,
  ConsentRecordArgs,
  ContactZone,
  ConversationDetail,
  ConversationRow,
  CopiedView,
  CopiesView,
  CopyArgs,
  Copying,
  CsvFile,
  Decided,
  Delivered,
  EditArgs,
  Ended,
  ErasureView,
  FactsView,
  FoundRow,
  Frame,
  Imported,
  InHand,
  InboundParts,
  InboundPictures,
  InboundView,
  InboxAttachmentArgs,
  InboxCorrectArgs,
  InboxCounts,
  InboxListArgs,
  InboxOptOutArgs,
  InboxReplyArgs,
  InboxShowArgs,
  InboxTakeOverArgs,
  Lifted,
  ListRecipientArgs,
  ListedOnlyArgs,
  MailboxAddArgs,
  MailboxSetImapArgs,
  MailboxSignInArgs,
  MailboxSignOutArgs,
  MailboxSignedInArgs,
  MailboxTestArgs,
  MailboxTestImapArgs,
  MailboxView,
  NewToken,
  NoArgs,
  Page,
  PageArgs,
  PassphraseArgs,
  PeopleCounts,
  PolicyChangeLineArgs,
  PolicyChecked,
  PolicyDraft,
  PolicyForm,
  PolicyLineArgs,
  PolicyLineDraft,
  PolicyPublishArgs,
  PolicySetArgs,
  PolicyTakeOutArgs,
  PolicyText,
  PolicyTextArgs,
  PolicyVersion,
  PolicyVersionArgs,
  PolicyView,
  Progress,
  QueueListArgs,
  QueueRow,
  RawAttachment,
  RecipientsView,
  RecordKeyView,
  RehearsalStart,
  RehearsalSwitch,
  RehearsalWorld,
  RejectArgs,
  ReleaseArgs,
  Replay,
  ReplayArgs,
  RetentionArgs,
  RetentionView,
  RunArgs,
  SearchArgs,
  SetZoneArgs,
  SettingArgs,
  Settings,
  SettleArgs,
  SignIn,
  SnoozeArgs,
  Source,
  SourceArgs,
  SubmissionDetail,
  SuppressionAddArgs,
  SuppressionImportArgs,
  SuppressionLiftArgs,
  SuppressionListArgs,
  SuppressionView,
  TakeOverArgs,
  TestReport,
  TestStepsArgs,
  TestStopArgs,
  Traffic,
  TrafficArgs,
  UnlistRecipientArgs,
  UnlockArgs,
  VerifyReport,
  ZoneListArgs,
} from "./types";

/** What each command takes and what it answers. */
export type Commands = {
  "frame": [NoArgs, Frame];
  "queue.list": [QueueListArgs, Page<QueueRow>];
  "activity.list": [ActivityArgs, Page<ActivityRow>];
  "activity.traffic": [TrafficArgs, Traffic];
  "search": [SearchArgs, Page<FoundRow>];
  "decision.facts": [ById, FactsView];
  "queue.batches": [NoArgs, Array<Batch>];
  "submission.show": [ById, SubmissionDetail];
  "submission.source": [SourceArgs, Source];
  "submission.attachment": [AttachmentArgs, RawAttachment];
  "submission.approve": [ApproveArgs, Decided];
  "submission.approve_many": [ApproveManyArgs, Array<Decided>];
  "submission.edit": [EditArgs, SubmissionDetail];
  "submission.reject": [RejectArgs, Decided];
  "submission.ask": [AskAgentArgs, Decided];
  "submission.release": [ReleaseArgs, Decided];
  "submission.undo": [ById, Decided];
  "submission.snooze": [SnoozeArgs, Decided];
  "submission.cancel": [ById, Decided];
  "submission.settle": [SettleArgs, Decided];
  "inbox.list": [InboxListArgs, Page<ConversationRow>];
  "inbox.counts": [NoArgs, InboxCounts];
  "inbox.show": [InboxShowArgs, ConversationDetail];
  "inbox.parts": [ById, InboundParts];
  "inbox.source": [ById, Source];
  "inbox.pictures": [ById, InboundPictures];
  "inbox.attachment": [InboxAttachmentArgs, RawAttachment];
  "inbox.seen": [ById, ConversationRow];
  "inbox.correct": [InboxCorrectArgs, InboundView];
  "inbox.release": [ById, InboundView];
  "inbox.keep": [ById, InboundView];
  "inbox.done": [ById, InboundView];
  "inbox.suppress": [ById, InboundView];
  "inbox.reply": [InboxReplyArgs, Decided];
  "inbox.opt_out": [InboxOptOutArgs, InboundView];
  "inbox.take_over": [InboxTakeOverArgs, ConversationRow];
  "inbox.hand_back": [ById, ConversationRow];
  "alarms.list": [NoArgs, Array<AlarmView>];
  "alarms.seen": [AlarmSeenArgs, Array<AlarmView>];
  "agents.list": [NoArgs, Array<AgentView>];
  "agents.budget": [ById, AgentBudget];
  "agents.add": [AgentAddArgs, NewToken];
  "agents.set_level": [AgentLevelArgs, AgentView];
  "agents.grant": [AgentGrantArgs, AgentView];
  "agents.pause": [ById, AgentView];
  "agents.resume": [ById, AgentView];
  "agents.revoke": [ById, AgentView];
  "agents.replace_token": [ById, NewToken];
  "agents.recipients": [ById, RecipientsView];
  "agents.listed_only": [ListedOnlyArgs, RecipientsView];
  "agents.list_recipient": [ListRecipientArgs, RecipientsView];
  "agents.unlist_recipient": [UnlistRecipientArgs, RecipientsView];
  "suppressions.counts": [NoArgs, PeopleCounts];
  "consents.list": [ConsentListArgs, Page<Consent>];
  "consents.record": [ConsentRecordArgs, Consent];
  "consents.end": [ByAddress, Ended];
  "contacts.zones": [ZoneListArgs, Page<ContactZone>];
  "contacts.set_zone": [SetZoneArgs, ContactZone | null];
  "contacts.in_hand": [PageArgs, Page<InHand>];
  "contacts.take_over": [TakeOverArgs, InHand];
  "contacts.hand_back": [TakeOverArgs, Ended];
  "contacts.naming": [ByAddress, ErasureView];
  "contacts.erase": [ByAddress, ErasureView];
  "mailboxes.list": [NoArgs, Array<MailboxView>];
  "mailboxes.test": [MailboxTestArgs, TestReport];
  "mailboxes.add": [MailboxAddArgs, MailboxView];
  "mailboxes.set_imap": [MailboxSetImapArgs, MailboxView];
  "mailboxes.test_imap": [MailboxTestImapArgs, TestReport];
  "mailboxes.test_steps": [TestStepsArgs, TestReport];
  "mailboxes.test_stop": [TestStopArgs, TestReport];
  "mailboxes.sign_in": [MailboxSignInArgs, SignIn];
  "mailboxes.signed_in": [MailboxSignedInArgs, MailboxView];
  "mailboxes.cancel_sign_in": [MailboxSignedInArgs, MailboxView];
  "mailboxes.sign_out": [MailboxSignOutArgs, MailboxView];
  "mailboxes.pause": [ById, MailboxView];
  "mailboxes.resume": [ById, MailboxView];
  "rehearsal.start": [NoArgs, RehearsalStart];
  "rehearsal.show": [NoArgs, RehearsalWorld];
  "rehearsal.switch": [RehearsalSwitch, RehearsalWorld];
  "rehearsal.delivered": [NoArgs, Array<Delivered>];
  "suppressions.list": [SuppressionListArgs, Page<SuppressionView>];
  "suppressions.add": [SuppressionAddArgs, SuppressionView];
  "suppressions.lift": [SuppressionLiftArgs, Lifted];
  "suppressions.export": [NoArgs, CsvFile];
  "suppressions.import": [SuppressionImportArgs, Imported];
  "policy.show": [NoArgs, PolicyView];
  "policy.version": [PolicyVersionArgs, PolicyText];
  "policy.check": [PolicyTextArgs, PolicyChecked];
  "policy.replay": [ReplayArgs, Replay];
  "policy.replay_progress": [RunArgs, Progress | null];
  "policy.form": [PolicyTextArgs, PolicyForm];
  "policy.set": [PolicySetArgs, PolicyDraft];
  "policy.line": [PolicyLineArgs, PolicyLineDraft];
  "policy.change_line": [PolicyChangeLineArgs, PolicyDraft];
  "policy.take_out": [PolicyTakeOutArgs, PolicyDraft];
  "policy.publish": [PolicyPublishArgs, PolicyVersion];
  "pause.on": [NoArgs, Frame];
  "pause.off": [NoArgs, Frame];
  "journal.verify": [NoArgs, VerifyReport];
  "record.key": [NoArgs, RecordKeyView];
  "record.copying": [Copying, number];
  "record.copies": [NoArgs, CopiesView];
  "record.copy": [CopyArgs, CopiedView];
  "record.copy_progress": [RunArgs, Progress | null];
  "record.end_copy": [RunArgs, boolean];
  "vault.unlock": [UnlockArgs, Frame];
  "settings.show": [NoArgs, Settings];
  "settings.set": [SettingArgs, Settings];
  "settings.retention": [NoArgs, Array<RetentionView>];
  "settings.aged": [RetentionArgs, RetentionView];
  "settings.passphrase": [PassphraseArgs, Settings];
};

export type Command = keyof Commands;
export type Args<C extends Command> = Commands[C][0];
export type Result<C extends Command> = Commands[C][1];

/** The tags an answer depends on; `:id` stands for the `id` argument. */
export const READS: Partial<Record<Command, readonly string[]>> = {
  "frame": ["queue", "pause", "mailboxes", "agents", "health", "policy"],
  "queue.list": ["queue"],
  "activity.list": ["queue", "activity"],
  "activity.traffic": ["activity"],
  "search": ["activity", "inbox"],
  "queue.batches": ["queue"],
  "submission.show": ["submission::id", "queue", "inbox", "suppressions", "contacts"],
  "inbox.list": ["inbox"],
  "inbox.counts": ["inbox", "mailboxes"],
  "inbox.show": ["conversation::id", "queue"],
  "alarms.list": ["mailboxes"],
  "agents.list": ["agents", "activity", "inbox"],
  "agents.budget": ["agents", "activity", "policy"],
  "agents.recipients": ["agents"],
  "suppressions.counts": ["suppressions", "mailboxes", "contacts"],
  "consents.list": ["suppressions"],
  "contacts.zones": ["contacts"],
  "contacts.in_hand": ["mailboxes"],
  "contacts.naming": ["queue", "inbox", "suppressions"],
  "mailboxes.list": ["mailboxes", "health", "activity", "inbox", "policy"],
  "rehearsal.show": ["settings"],
  "rehearsal.delivered": ["queue"],
  "suppressions.list": ["suppressions"],
  "policy.show": ["policy"],
  "record.key": ["settings"],
  "record.copies": ["settings"],
  "settings.show": ["settings"],
  "settings.retention": ["settings"],
};

/** Commands that need the operator, always or with some arguments. */
export const LOOSENS: Partial<Record<Command, "sometimes" | "always">> = {
  "submission.approve": "always",
  "submission.approve_many": "always",
  "submission.edit": "always",
  "submission.release": "always",
  "submission.settle": "sometimes",
  "inbox.pictures": "always",
  "inbox.correct": "always",
  "inbox.release": "always",
  "inbox.done": "always",
  "inbox.reply": "always",
  "inbox.opt_out": "sometimes",
  "inbox.hand_back": "always",
  "alarms.seen": "always",
  "agents.add": "always",
  "agents.set_level": "sometimes",
  "agents.grant": "always",
  "agents.resume": "always",
  "agents.replace_token": "always",
  "agents.listed_only": "sometimes",
  "agents.list_recipient": "sometimes",
  "agents.unlist_recipient": "sometimes",
  "consents.record": "always",
  "contacts.set_zone": "always",
  "contacts.hand_back": "always",
  "contacts.erase": "always",
  "mailboxes.test": "always",
  "mailboxes.add": "always",
  "mailboxes.set_imap": "always",
  "mailboxes.test_imap": "always",
  "mailboxes.sign_in": "always",
  "mailboxes.signed_in": "always",
  "mailboxes.sign_out": "always",
  "mailboxes.resume": "always",
  "rehearsal.start": "always",
  "suppressions.lift": "always",
  "policy.publish": "always",
  "pause.off": "always",
  "record.copy": "always",
  "settings.set": "always",
  "settings.passphrase": "always",
};

/** What the event `changed` carries. */
export type Changed = { tags: string[]; seq: number };
