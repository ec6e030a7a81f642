// What a page does by itself. Every page works as plain HTML without this file, except player,
// preview and keeping drafts; each island finds its places by a data attribute.
import htmx from "htmx.org/dist/htmx.esm.js";
import { trustHtmx } from "./islands/trusted";
import { fetchRenewed } from "./islands/renew";
import { installSubmit } from "./islands/submit";
import { installDrafts } from "./islands/draft";
import { installPreview } from "./islands/preview";
import { installRows } from "./islands/rows";
import { installPlayers } from "./islands/player";
import { installViewing } from "./islands/viewing";
import { installSmall } from "./islands/small";

trustHtmx(htmx);
// A request of htmx that meets an expired sign-in asks for the password and is then repeated.
document.addEventListener("htmx:before:request", (event) => {
  const ctx = (event as CustomEvent).detail.ctx;
  ctx.fetch = (url: string, init: RequestInit) => {
    // The time-out must not end a request that waits for a password to be typed.
    clearTimeout(ctx.requestTimeout);
    return fetchRenewed(url, init);
  };
});

function start(): void {
  installSubmit();
  installDrafts();
  installPreview();
  installRows();
  installPlayers();
  installViewing();
  installSmall();
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
