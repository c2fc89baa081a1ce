// Hands bytes to the browser to be kept as a file, and says where they went.

import { visible } from "./format";
import { toast } from "./toast.svelte";

/** What a host tells of a file; without a path where the platform gives none. */
export type Saved = { name: string; path: string | null; ok: boolean };

/** How long the bytes stay reachable for the download. */
const KEPT_MS = 60_000;

/** True where the host says what became of a file; a browser says so by itself. */
let isTold = false;

/** Has what the host tells of saved files said. Returns how to let go of it. */
export function tellSaved(listen: (hear: (saved: Saved) => void) => () => void): () => void {
  isTold = true;
  const stop = listen(({ name, path, ok }) => {
    // A sender may have chosen it.
    const shown = visible(name);
    if (!ok) {
      toast.say(`${shown} could not be saved. Is there room, and may you write to that folder?`);
    } else if (path === null) {
      toast.say(`${shown} is in your downloads folder.`);
    } else {
      toast.say(`Saved as ${visible(path)}.`);
    }
  });
  return () => {
    isTold = false;
    stop();
  };
}

/** Saves `bytes` under `name` in the downloads folder; never opened, whatever it claims to be. */
export function saveFile(bytes: BlobPart, name: string, type = "application/octet-stream"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type }));
  link.download = name.replace(/[/\\]/g, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
  const shown = visible(link.download);
  toast.say(isTold ? `Saving ${shown}…` : `${shown} goes to your downloads folder.`);
}
