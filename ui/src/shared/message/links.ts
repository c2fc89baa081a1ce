// Where a link goes, and whether its text says so.

/** The host a link goes to, with its port, or that of whom it writes to; empty if there is none. */
export function host(target: string): string {
  try {
    const { protocol, host, pathname } = new URL(target);
    return protocol === "mailto:" ? (pathname.split("@").at(-1) ?? "") : host;
  } catch {
    return "";
  }
}

/** The text names an address of its own, and the link goes neither there nor below it. */
export function differs(text: string, target: string): boolean {
  const said = /([a-z0-9-]+\.)+[a-z]{2,}/i.exec(text)?.[0]?.toLowerCase();
  if (said === undefined) return false;
  const goes = host(target).toLowerCase().replace(/:\d+$/, "");
  // By whole labels: `evilbank.example` only ends like `bank.example`.
  return goes !== said && !goes.endsWith(`.${said}`);
}
