// Looks at the pages that `cargo run -p server --example gallery -- DIR` drew, without a server:
// `node gallery.mjs DIR [name…]` takes a picture of each at both widths and reports what is wrong.
import { readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { PHONE, WIDE, faultsOf, launch, openPage, shot } from "./lib.mjs";

const built = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "crates", "server", "assets", "built");
const types = { css: "text/css", js: "text/javascript", svg: "image/svg+xml", html: "text/html; charset=utf-8" };
const headers = {
  "Content-Security-Policy":
    "default-src 'self'; script-src 'self'; style-src 'self'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types liuhen",
};
const ORIGIN = "http://gallery.localhost";

/** Answers the page's requests from the drawn files and the built assets; `answers` come first. */
export async function serveGallery(page, folder, answers = {}) {
  await page.route(`${ORIGIN}/**`, async (route) => {
    const url = new URL(route.request().url());
    const special = answers[`${route.request().method()} ${url.pathname}`];
    if (special) return route.fulfill(await special(route.request()));
    const path = url.pathname.startsWith("/assets/") ? join(built, url.pathname.slice(8)) : join(folder, url.pathname.slice(1));
    try {
      return await route.fulfill({ body: await readFile(path), contentType: types[path.split(".").pop()], headers });
    } catch {
      return route.fulfill({ status: 404, body: "" });
    }
  });
}

export function galleryUrl(name) {
  return `${ORIGIN}/${name}.html`;
}

async function main([folder, ...only]) {
  const names = (await readdir(folder)).filter((file) => file.endsWith(".html")).map((file) => file.slice(0, -5));
  const browser = await launch();
  let wrong = 0;
  for (const name of names.filter((name) => only.length === 0 || only.includes(name))) {
    for (const width of [WIDE, PHONE]) {
      const page = await openPage(browser, { width });
      await serveGallery(page, folder);
      await page.goto(galleryUrl(name));
      const faults = await faultsOf(page);
      wrong += faults.length;
      console.log(`${faults.length === 0 ? "good " : "WRONG"} ${await shot(page, name, width)}`);
      for (const fault of faults) console.log(`      ${fault}`);
      await page.context().close();
    }
  }
  await browser.close();
  process.exitCode = wrong === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));
