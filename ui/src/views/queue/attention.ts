// What needs a person and is no mail.

import type { AlarmView, Frame } from "../../bindings";

export type Troubles = {
  /** What is wrong with the record, in one sentence. */
  record: string | null;
  /** True if publishing a policy mends it. */
  publish: boolean;
  /** Mail that left around the gate, and nobody has said they know. */
  alarms: AlarmView[];
  count: number;
};

export function troubles(
  frame: Frame | undefined,
  alarms: readonly AlarmView[] | undefined,
): Troubles {
  const record = frame?.health.record.state === "bad" ? frame.health.record.text : null;
  const open = (alarms ?? []).filter((alarm) => alarm.seen_at === null);
  return {
    record,
    publish: record?.includes("policy") ?? false,
    alarms: open,
    count: open.length + (record === null ? 0 : 1),
  };
}
