// The document around a stranger's HTML: no scripts, nothing from outside, links that go nowhere
// by themselves. Sanitised before it came here, sandboxed by the frame, and this on top.

const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "img-src data:",
  "font-src data:",
  "form-action 'none'",
].join("; ");

// What the sender hid, lit up and named: the engine marks it with `--hidden`, leaves `hidden` on it, or
// writes that where an attribute said its colour or its ground.
const LIT = `[hidden],[style*="--hidden"],[color="hidden"],[bgcolor="hidden"]`;
const HIDDEN_STYLE = `${LIT}{background:#fff1c2!important;color:#5a3d00!important;outline:1px dashed #a87400;font-size:13px!important}
[hidden]{display:block!important}
:is(${LIT}) :not(mark){background:none!important;color:inherit!important}
:is(${LIT}) *{font-size:inherit!important}
:is(${LIT}):not(:empty)::before{content:"hidden: ";font-weight:600}`;

// Black on white, links like the words around them, and nothing that shrinks within itself: the engine
// says what is hidden as it is seen in these.
const BASE_STYLE = `:root{color-scheme:only light}html{background:#fff}body{margin:20px;font:14px/1.6 system-ui,sans-serif;color:#000;overflow-wrap:anywhere}
img{max-width:100%;height:auto}table{max-width:100%}a{color:inherit;text-decoration:underline #2d4fc4 2px}
small,sub,sup,rt,h5,h6{font-size:max(.83em,9px)}`;

// What a rule looked at. All marks are the engine's: it takes out those a sender wrote. What is there
// is said on hover and, unseen, to a screen reader.
const MARK_STYLE = `mark{padding:.05em .1em;border-radius:2px;background:#ffedb8!important;color:#3a2a00!important;box-shadow:inset 0 -2px #9a6200}
mark::after{content:" (" attr(title) ")";position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}`;

/** `html` as the `srcdoc` of a frame with an empty `sandbox`. */
export function sealedDocument(html: string): string {
  return `<!doctype html><html lang="und"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="referrer" content="no-referrer"><base target="_blank">
<style>${BASE_STYLE}
${HIDDEN_STYLE}
${MARK_STYLE}</style>
</head><body>${html}</body></html>`;
}
