// Chooses the host, connects the data, draws the window.

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/forms.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { connect } from "./data";
import { chooseHost } from "./host/choose";
import { keymap } from "./shared/keys";
import { tellSaved } from "./shared/save";
import { wearAgain } from "./shared/theme";

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");

wearAgain();
const host = await chooseHost(new URL(location.href));
connect(host);
if (host.saved) tellSaved((hear) => host.saved?.(hear) ?? (() => {}));
addEventListener("keydown", (event) => {
  if (keymap.handle(event)) event.preventDefault();
});
mount(App, { target });
