// What a sent mail says itself, and what it quotes below or above that.

const QUOTED = /^\s*>/;
/** A line that only introduces a quotation: `On Tuesday Dana wrote:`. */
const INTRODUCES = /(:|\bwrote:|schrieb:|écrit\s?:)\s*$/;

/** The lines of a plain text apart: the writer's own and the quoted ones, each in their order. */
export function parted(text: string): { own: string; quoted: string } {
  const own: string[] = [];
  const quoted: string[] = [];
  // From below: what a line introduces stands under it.
  let below = "";
  for (const line of text.split("\n").reverse()) {
    const quotes = QUOTED.test(line);
    (quotes || (INTRODUCES.test(line) && QUOTED.test(below)) ? quoted : own).push(line);
    if (line.trim() !== "") below = line;
  }
  return { own: own.reverse().join("\n"), quoted: quoted.reverse().join("\n") };
}
