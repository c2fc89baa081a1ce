// Where the focus is left when what had it went away or was disabled under it.

/** True if it is nowhere: then it may be put somewhere, and is taken from nobody. */
export function isFocusLost(): boolean {
  const at = document.activeElement;
  return at === null || at === document.body || at.matches(":disabled");
}
