// jsdom draws nothing: it has no <dialog> methods, no layout and no observers. These stand-ins do
// the least that lets a component mount.

import { configure } from "@testing-library/svelte";
import { afterEach } from "vitest";
import { forgetStands } from "./shared/stand";

if ("document" in globalThis) {
  // What one test left behind is no start for the next.
  afterEach(() => {
    localStorage.clear();
    forgetStands();
  });
  HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) {
    this.open = false;
    this.dispatchEvent(new Event("close"));
  };
  Element.prototype.scrollTo ??= () => {};
  Element.prototype.scrollIntoView ??= () => {};
  globalThis.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
  globalThis.matchMedia ??= ((query: string) => ({
    matches: false,
    media: query,
    addEventListener() {},
    removeEventListener() {},
  })) as unknown as typeof globalThis.matchMedia;
}

// A busy machine draws late; what never comes is told all the same.
configure({ asyncUtilTimeout: 5_000 });
