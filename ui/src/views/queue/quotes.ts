// What a sent mail says itself, and what it quotes below or above that.

const QUOTED = /^\s*>/;
/** A line that only introduces a quotation: `On Tuesday Dana wrote:`. */
const INTRODUCES = /(:|\bwrote:|schrieb:|écrit\s?:)\s*$/;

/** The lines of a plain text apart: the writer's own and the quoted ones, each in their order. */
export function parted(text: string): { own: string; quoted: string } {
  const lines = text.split("\n");
  const own: string[] = [];
  const quoted: string[] = [];
  lines.forEach((line, at) => {
    const next = lines.slice(at + 1).find((each) => each.trim() !== "");
    const introduces =
      INTRODUCES.test(line) && next !== undefined && QUOTED.test(next) && !QUOTED.test(line);
    (QUOTED.test(line) || introduces ? quoted : own).push(line);
  });
  return { own: own.join("\n"), quoted: quoted.join("\n") };
}
