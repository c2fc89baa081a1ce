// The one shortcut registry: it feeds the keys, the `?` sheet and the palette.
//
// Keys match the character typed, so they are where a person's own layout has them. Nothing fires
// while a field has focus or a composition is under way. Verbs that act ignore auto-repeat.

export type Verb = {
  id: string;
  /** Typed characters ("a", "?", "J"), named keys ("Enter"), sequences ("g q"), "Mod+k". */
  keys: readonly string[];
  title: string;
  group: string;
  run: () => void;
  /** False while the verb makes no sense; then the key falls through. */
  when?: () => boolean;
  /** May be held down, as moving through a list may. */
  repeats?: boolean;
  /** Works inside a field too, as Escape does. */
  inFields?: boolean;
  /** Left out of the sheet and the palette. */
  quiet?: boolean;
};

export type Scope = { name: string; verbs: () => readonly Verb[]; exclusive?: boolean };

/** What of a keyboard event matters. */
export type Key = {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  repeat: boolean;
  isComposing: boolean;
  keyCode?: number;
  defaultPrevented: boolean;
  target: EventTarget | null;
};

/** A second key of a sequence must come within this. */
export const SEQUENCE_MS = 1_200;

export class Keymap {
  #scopes: Scope[] = [];
  #prefix = "";
  #prefixAt = 0;
  #now: () => number;
  /** The key that stands for `Mod`: ⌘ on a Mac, Ctrl elsewhere. */
  readonly mac: boolean;

  constructor(now: () => number, mac = false) {
    this.#now = now;
    this.mac = mac;
  }

  /** Puts a scope on top; returns how to take it away. */
  push(scope: Scope): () => void {
    this.#scopes.push(scope);
    return () => {
      this.#scopes = this.#scopes.filter((each) => each !== scope);
    };
  }

  /** The verbs that can be reached now, topmost scope first. */
  reachable(): Verb[] {
    const verbs: Verb[] = [];
    for (const scope of this.#scopes.toReversed()) {
      verbs.push(...scope.verbs());
      if (scope.exclusive) break;
    }
    return verbs;
  }

  /** Runs the verb of a key; true if the key was taken. */
  handle(event: Key): boolean {
    if (event.defaultPrevented || isComposing(event) || event.altKey) return false;
    const mod = this.mac ? event.metaKey : event.ctrlKey;
    const otherMod = this.mac ? event.ctrlKey : event.metaKey;
    if (otherMod || isModifier(event.key)) return false;
    const typed = mod ? `Mod+${event.key.toLowerCase()}` : event.key;
    const inField = isField(event.target);

    const prefix = this.#now() - this.#prefixAt <= SEQUENCE_MS ? this.#prefix : "";
    this.#prefix = "";
    const candidates = this.reachable().filter((verb) => !inField || verb.inFields);

    const wanted = prefix ? `${prefix} ${typed}` : typed;
    const verb = candidates.find((each) => each.keys.includes(wanted) && (each.when?.() ?? true));
    if (verb) {
      // On a button or a link, Enter presses it.
      if (wanted === "Enter" && isPressable(event.target)) return false;
      if (event.repeat && !verb.repeats) return true;
      verb.run();
      return true;
    }
    const begins = candidates.some((each) => each.keys.some((key) => key.startsWith(`${wanted} `)));
    if (begins && !event.repeat) {
      this.#prefix = wanted;
      this.#prefixAt = this.#now();
      return true;
    }
    return false;
  }
}

/** Told instead of a key's own code while an input method has the key. */
const COMPOSING_CODE = 229;

/**
 * True for a key that is the input method's, not the field's. WebKit reports the Enter that takes
 * what was composed after the composition has ended; only the code still tells.
 */
export function isComposing(event: Pick<Key, "isComposing" | "keyCode">): boolean {
  return event.isComposing || event.keyCode === COMPOSING_CODE;
}

/** How a key is written on screen: `Mod+k` is `⌘K` or `Ctrl K`. */
export function keyLabel(key: string, mac: boolean): string {
  const names: Record<string, string> = {
    Escape: "Esc",
    ArrowDown: "↓",
    ArrowUp: "↑",
    Enter: "↵",
    " ": "Space",
  };
  return key
    .split(" ")
    .map((part) => {
      if (part === "") return "Space";
      if (part.startsWith("Mod+")) {
        const rest = names[part.slice(4)] ?? part.slice(4).toUpperCase();
        return mac ? `⌘${rest}` : `Ctrl ${rest}`;
      }
      if (/^[A-Z]$/.test(part)) return `⇧${part}`;
      if (/^[a-z]$/.test(part)) return part.toUpperCase();
      return names[part] ?? part;
    })
    .join(" ");
}

function isModifier(key: string): boolean {
  return key === "Shift" || key === "Control" || key === "Meta" || key === "Alt";
}

/** True where typing belongs to the element. */
export function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT") {
    return true;
  }
  if (target.tagName !== "INPUT") return false;
  const type = (target as HTMLInputElement).type;
  return !["checkbox", "radio", "button", "submit", "reset", "file"].includes(type);
}

function isPressable(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest("button, a[href], summary, [role=tab], input") !== null
  );
}

/** The window's own registry. */
export const keymap = new Keymap(
  () => performance.now(),
  typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform),
);
