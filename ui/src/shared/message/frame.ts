// The document around a stranger's HTML: no scripts, nothing from outside, links that go nowhere
// by themselves. Sanitised before it came here, sandboxed by the frame, and this on top.

const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "img-src data:",
  "font-src data:",
  "form-action 'none'",
].join("; ");

/** `html` as the `srcdoc` of a frame with an empty `sandbox`. */
export function sealedDocument(html: string): string {
  return `<!doctype html><html lang="und"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="referrer" content="no-referrer"><base target="_blank">
<style>:root{color-scheme:only light}html{background:#fff}body{margin:20px;font:14px/1.6 system-ui,sans-serif;color:#1c1e24;overflow-wrap:anywhere}img{max-width:100%;height:auto}table{max-width:100%}a{color:#2d4fc4}</style>
</head><body>${html}</body></html>`;
}
