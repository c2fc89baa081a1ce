// What of an attachment can be shown without opening it anywhere: text and pictures.

const SHOWN = /^(text\/(plain|csv|markdown|calendar)|image\/(png|jpeg|gif|webp))\b/;

/** Characters of a text that are shown. */
export const PREVIEW_CHARS_MAX = 100_000;

/**
 * The type an attachment is shown as, by what it is called and what it is; null if it is not. One
 * that is something else than it says is not shown at all.
 */
export function shownAs(contentType: string, sniffed: string | null): string | null {
  const type = SHOWN.exec(contentType.toLowerCase())?.[0] ?? null;
  if (sniffed === null || type === null) return type;
  const really = SHOWN.exec(sniffed.toLowerCase())?.[0] ?? null;
  const texts = type.startsWith("text/") && really === "text/plain";
  return really === type || texts ? type : null;
}

/** The text of an attachment, as far as it is shown; true if there is more. */
export function textOf(base64: string): { text: string; cut: boolean } {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const text = new TextDecoder().decode(bytes);
  return { text: text.slice(0, PREVIEW_CHARS_MAX), cut: text.length > PREVIEW_CHARS_MAX };
}
