import { describe, expect, test } from "vitest";
import { type Key, Keymap, keyLabel, SEQUENCE_MS, type Verb } from "./keys";

function keyboard(...verbs: (Partial<Verb> & { keys: string[] })[]) {
  let now = 0;
  const ran: string[] = [];
  const keymap = new Keymap(() => now);
  const full = verbs.map(
    (verb): Verb => ({
      id: verb.keys.join(),
      title: "",
      group: "",
      run: () => ran.push(verb.keys[0] ?? ""),
      ...verb,
    }),
  );
  keymap.push({ name: "test", verbs: () => full });
  const press = (key: string, more: Partial<Key> = {}) =>
    keymap.handle({
      key,
      ctrlKey: false,
      metaKey: false,
      altKey: false,
      repeat: false,
      isComposing: false,
      defaultPrevented: false,
      target: document.body,
      ...more,
    });
  return { keymap, press, ran, wait: (ms: number) => (now += ms) };
}

const element = (html: string) => {
  const box = document.createElement("div");
  box.innerHTML = html;
  return box.firstElementChild as HTMLElement;
};

describe("a key", () => {
  test("runs the verb of the character typed", () => {
    const { press, ran } = keyboard({ keys: ["a"] }, { keys: ["?"] }, { keys: ["J"] });
    expect(press("a")).toBe(true);
    press("?");
    press("J");
    expect(ran).toEqual(["a", "?", "J"]);
  });

  test("held down runs nothing that acts, and is not passed on either", () => {
    const { press, ran } = keyboard({ keys: ["a"] });
    expect(press("a", { repeat: true })).toBe(true);
    expect(ran).toEqual([]);
  });

  test("held down moves through a list", () => {
    const { press, ran } = keyboard({ keys: ["j"], repeats: true });
    press("j", { repeat: true });
    press("j", { repeat: true });
    expect(ran).toEqual(["j", "j"]);
  });

  test.each(["<input>", '<input type="search">', "<textarea></textarea>", "<select></select>"])(
    "does nothing in %s",
    (html) => {
      const { press, ran } = keyboard({ keys: ["a"] });
      expect(press("a", { target: element(html) })).toBe(false);
      expect(ran).toEqual([]);
    },
  );

  test("works on a checkbox and a button, which take no letters", () => {
    const { press, ran } = keyboard({ keys: ["a"] });
    press("a", { target: element('<input type="checkbox">') });
    press("a", { target: element("<button>x</button>") });
    expect(ran).toEqual(["a", "a"]);
  });

  test("leaves Enter to the button it is on", () => {
    const { press, ran } = keyboard({ keys: ["Enter"] });
    expect(press("Enter", { target: element("<button>x</button>") })).toBe(false);
    expect(press("Enter")).toBe(true);
    expect(ran).toEqual(["Enter"]);
  });

  test("with Ctrl, Alt or ⌘ is another key", () => {
    const { press, ran } = keyboard({ keys: ["a"] }, { keys: ["Mod+k"], inFields: true });
    expect(press("a", { ctrlKey: true })).toBe(false);
    expect(press("a", { altKey: true })).toBe(false);
    expect(press("a", { metaKey: true })).toBe(false);
    expect(press("k", { ctrlKey: true, target: element("<input>") })).toBe(true);
    expect(ran).toEqual(["Mod+k"]);
  });

  test("while a word is being composed does nothing", () => {
    const { press, ran } = keyboard({ keys: ["a"] });
    press("a", { isComposing: true });
    // As WebKit tells of the key that ends it.
    press("a", { keyCode: 229 });
    expect(ran).toEqual([]);
    press("a", { keyCode: 65 });
    expect(ran).toEqual(["a"]);
  });

  test("whose verb makes no sense now falls through to the one below", () => {
    const { press, ran } = keyboard({ keys: ["z"], when: () => false, id: "no" });
    expect(press("z")).toBe(false);
    expect(ran).toEqual([]);
  });
});

describe("a sequence", () => {
  test("runs when its keys follow one another", () => {
    const { press, ran } = keyboard({ keys: ["g q"] }, { keys: ["q"] });
    press("g");
    press("q");
    expect(ran).toEqual(["g q"]);
  });

  test("is forgotten after a while, and by any other key", () => {
    const { press, ran, wait } = keyboard({ keys: ["g q"] }, { keys: ["q"] }, { keys: ["j"] });
    press("g");
    wait(SEQUENCE_MS + 1);
    press("q");
    press("g");
    press("x");
    press("q");
    expect(ran).toEqual(["q", "q"]);
  });
});

test("an open question shuts everything below it, and opens it again", () => {
  const { keymap, press, ran } = keyboard({ keys: ["a"] });
  const close = keymap.push({ name: "dialog", verbs: () => [], exclusive: true });
  expect(press("a")).toBe(false);
  close();
  press("a");
  expect(ran).toEqual(["a"]);
});

test("keys are written as they are printed on the keyboard", () => {
  expect(keyLabel("a", false)).toBe("A");
  expect(keyLabel("J", false)).toBe("⇧J");
  expect(keyLabel("Mod+k", true)).toBe("⌘K");
  expect(keyLabel("Mod+k", false)).toBe("Ctrl K");
  expect(keyLabel("g q", false)).toBe("G Q");
  expect(keyLabel("Escape", false)).toBe("Esc");
});
