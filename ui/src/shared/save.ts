// Hands bytes to the browser to be kept as a file, and says where they went.

import { toast } from "./toast.svelte";

/** How long the bytes stay reachable for the download. */
const KEPT_MS = 60_000;

/** Saves `bytes` under `name` in the downloads folder; never opened, whatever it claims to be. */
export function saveFile(bytes: BlobPart, name: string, type = "application/octet-stream"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type }));
  link.download = name.replace(/[/\\]/g, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
  toast.say(`${link.download} goes to your downloads folder.`);
}
