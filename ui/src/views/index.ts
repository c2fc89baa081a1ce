// The table of views: the rail, the palette, the `g` shortcuts and the `?` sheet walk it.

import type { Component } from "svelte";
import type { Frame, InboxCounts, PeopleCounts } from "../bindings";
import type { IconName } from "../shared/icons/set";
import Activity from "./activity/Activity.svelte";
import Search from "./activity/Search.svelte";
import Agents from "./agents/Agents.svelte";
import Inbox from "./inbox/Inbox.svelte";
import Mailboxes from "./mailboxes/Mailboxes.svelte";
import Policy from "./policy/Policy.svelte";
import Queue from "./queue/Queue.svelte";
import Settings from "./settings/Settings.svelte";
import Lists from "./suppressions/Lists.svelte";

/** What counts are taken from; what has not come yet counts nothing. */
export type Counted = {
  frame: Frame;
  inbox: InboxCounts | undefined;
  people: PeopleCounts | undefined;
};

export type View = {
  id: string;
  title: string;
  icon: IconName;
  /** Typed after `g`. */
  go: string;
  component: Component;
  /** What the rail shows beside it, nothing at zero; and of what it is the count. */
  count?: (of: Counted) => number | string;
  counts?: string;
  /** Reached from the top bar, not from the rail. */
  unlisted?: boolean;
  /** Begins a new part of the rail. */
  apart?: boolean;
};

// One line each.
// biome-ignore format: a table
export const VIEWS: readonly View[] = [
  { id: "queue", title: "Queue", icon: "queue", go: "q", component: Queue, count: ({ frame }) => frame.counts.queue + frame.counts.attention, counts: "for you to decide or settle" },
  { id: "inbox", title: "Inbox", icon: "inbox", go: "i", component: Inbox, count: ({ inbox }) => inbox?.unread ?? 0, counts: "unread" },
  { id: "activity", title: "Activity", icon: "activity", go: "a", component: Activity, count: ({ frame }) => frame.counts.leaving, counts: "leaving" },
  { id: "search", title: "Search", icon: "search", go: "/", component: Search, unlisted: true },
  { id: "agents", title: "Agents", icon: "agents", go: "g", component: Agents, count: ({ frame }) => frame.counts.agents, counts: "not revoked", apart: true },
  { id: "mailboxes", title: "Mailboxes", icon: "mailboxes", go: "m", component: Mailboxes, count: ({ frame }) => frame.counts.mailboxes, counts: "in all" },
  { id: "suppressions", title: "Suppressions", icon: "suppressions", go: "s", component: Lists, count: ({ people }) => people?.suppressed ?? 0, counts: "not written to" },
  { id: "policy", title: "Policy", icon: "policy", go: "p", component: Policy, count: ({ frame }) => `v${frame.policy_version}`, counts: "in force" },
  { id: "settings", title: "Settings", icon: "settings", go: ",", component: Settings, apart: true },
];
