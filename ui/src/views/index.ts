// The table of views: the rail, the palette, the `g` shortcuts and the `?` sheet walk it.

import type { Component } from "svelte";
import type { Frame, InboxCounts } from "../bindings";
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

export type View = {
  id: string;
  title: string;
  icon: IconName;
  /** Typed after `g`. */
  go: string;
  component: Component;
  /** What the rail shows beside it; nothing at zero. */
  count?: (frame: Frame, inbox: InboxCounts | undefined) => number | string;
  /** Reached from the top bar, not from the rail. */
  unlisted?: boolean;
  /** Begins a new part of the rail. */
  apart?: boolean;
};

// One line each.
// biome-ignore format: a table
export const VIEWS: readonly View[] = [
  { id: "queue", title: "Queue", icon: "queue", go: "q", component: Queue, count: (f) => f.counts.queue + f.counts.attention },
  { id: "inbox", title: "Inbox", icon: "inbox", go: "i", component: Inbox, count: (_, inbox) => inbox?.unread ?? 0 },
  { id: "activity", title: "Activity", icon: "activity", go: "a", component: Activity },
  { id: "search", title: "Search", icon: "search", go: "/", component: Search, unlisted: true },
  { id: "agents", title: "Agents", icon: "agents", go: "g", component: Agents, count: (f) => f.counts.agents, apart: true },
  { id: "mailboxes", title: "Mailboxes", icon: "mailboxes", go: "m", component: Mailboxes, count: (f) => f.counts.mailboxes },
  { id: "suppressions", title: "Suppressions", icon: "suppressions", go: "s", component: Lists },
  { id: "policy", title: "Policy", icon: "policy", go: "p", component: Policy, count: (f) => `v${f.policy_version}` },
  { id: "settings", title: "Settings", icon: "settings", go: ",", component: Settings, apart: true },
];
