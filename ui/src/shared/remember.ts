// What the window finds again when it is opened the next time: where one was, and words of one's
// own that were begun; never mail.
// Kept by the browser on this machine; without it, or with nonsense in it, the window starts anew.

const PREFIX = "sendoff.";

/** What was kept under this name, if it still is what `fits` says. */
export function recall<T>(name: string, fits: (kept: unknown) => kept is T): T | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
    return fits(kept) ? kept : null;
  } catch {
    return null;
  }
}

/** Keeps it; a browser that keeps nothing is no reason to stop. */
export function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Private windows and full disks: the next start begins at the queue.
  }
}

/** Removes everything kept under the names `of` picks. */
export function forgetWhere(of: (name: string) => boolean): void {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX) && of(key.slice(PREFIX.length))) localStorage.removeItem(key);
    }
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

export const isText = (kept: unknown): kept is string => typeof kept === "string";
export const isRecord = (kept: unknown): kept is Record<string, unknown> =>
  typeof kept === "object" && kept !== null;
