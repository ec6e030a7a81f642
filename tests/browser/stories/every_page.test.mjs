// 可及: every page that can be reached by links, once, as the roles that see most, at two widths:
// no accessibility violation, nothing wider than the window, no script or policy fault.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accounts } from "../accounts.mjs";
import { PHONE, WIDE, faultsOf, launch, openPage, shot, signIn } from "../lib.mjs";

const baseURL = process.env.LIUHEN_URL;
const PAGES_MAX = 150;

/** An address as the pattern of its route: ids are all alike. */
function pattern(address) {
  const url = new URL(address, baseURL);
  const path = url.pathname
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "{id}")
    .replace(/\/\d+(?=\/|$)/g, "/{n}")
    .replace(/\/registers\/[a-z-]+/, "/registers/{name}");
  return path;
}

async function links(page) {
  return page.$$eval("a[href]", (all) => all.map((a) => a.href));
}

test("每一页都能让所有人使用", { timeout: 15 * 60_000 }, async () => {
  const browser = await launch();
  const wrong = [];
  const seen = new Set();
  try {
    for (const who of accounts()) {
      const wide = await openPage(browser, { baseURL, width: WIDE });
      const phone = await openPage(browser, { baseURL, width: PHONE });
      await signIn(wide, who.account, who.password);
      await signIn(phone, who.account, who.password);
      const queue = ["/", "/about", "/account/password"];
      const asked = new Set(queue.map(pattern));
      while (queue.length > 0 && seen.size < PAGES_MAX) {
        const address = queue.shift();
        if (seen.has(pattern(address))) {
          // Another role has looked at this kind of page; its links may still lead on.
          const answer = await wide.goto(address);
          if (!answer || !answer.ok()) continue;
        } else {
          for (const page of [wide, phone]) {
            const answer = await page.goto(address);
            if (!answer) continue;
            const type = answer.headers()["content-type"] ?? "";
            if (!type.includes("text/html")) continue;
            if (answer.status() >= 500) wrong.push(`${who.role} ${address}: ${answer.status()}`);
            if (!answer.ok()) continue;
            seen.add(pattern(address));
            const width = page === wide ? "wide" : "phone";
            for (const fault of await faultsOf(page)) wrong.push(`${pattern(address)} ${width}: ${fault}`);
            page.faults.length = 0;
            if (process.env.LIUHEN_SHOTS) await shot(page, pattern(address).replaceAll("/", "_"), page === wide ? WIDE : PHONE);
          }
        }
        for (const next of await links(wide)) {
          const url = new URL(next);
          const download = /\.(csv|pdf|zip|svg)$|\/(pdf|bytes|download|package|file)(\/|$)|openapi|metrics|healthz|readyz/.test(url.pathname);
          if (url.origin !== new URL(baseURL).origin || download || url.hash) continue;
          if (asked.has(pattern(next))) continue;
          asked.add(pattern(next));
          queue.push(url.pathname + url.search);
        }
      }
      await wide.context().close();
      await phone.context().close();
    }
  } finally {
    await browser.close();
  }
  console.log(`${seen.size} kinds of page`);
  assert.ok(seen.size > 25, `only ${seen.size} kinds of page were reached`);
  assert.deepEqual([...new Set(wrong)], []);
});
