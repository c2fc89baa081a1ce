// Light, dark, or as the desktop is. The database knows; this machine remembers it for the next
// start, so that the window opens in the right one.

import { isText, recall, remember } from "./remember";

export const THEMES = [
  { id: "system", title: "As the desktop is" },
  { id: "light", title: "Light" },
  { id: "dark", title: "Dark" },
] as const;

export type Theme = (typeof THEMES)[number]["id"];

const isTheme = (text: string): text is Theme => THEMES.some((theme) => theme.id === text);

/** Shows the window so, and remembers it. What is no theme is the desktop's. */
export function wear(theme: string): void {
  const now = isTheme(theme) ? theme : "system";
  if (now === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = now;
  remember("theme", now);
}

/** As it was the last time. */
export function wearAgain(): void {
  wear(recall("theme", isText) ?? "system");
}
