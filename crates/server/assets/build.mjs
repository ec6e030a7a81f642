// Builds what the browser loads: app.css, app.js (htmx and our islands) and sprite.svg, into
// assets/built, from where the server's binary embeds them. Nothing built here is committed.
import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const built = join(here, "built");
// Office machines run browsers of 2021; newer syntax is rewritten for them.
const target = "chrome90";

await mkdir(built, { recursive: true });
await build({
  entryPoints: [join(here, "app.ts")],
  outfile: join(built, "app.js"),
  bundle: true,
  minify: true,
  format: "iife",
  target,
  charset: "utf8",
  legalComments: "none",
});
await build({
  entryPoints: [join(here, "app.css")],
  outfile: join(built, "app.css"),
  bundle: true,
  minify: true,
  target,
  charset: "utf8",
});
await writeFile(join(built, "sprite.svg"), await sprite());
await copyFile(join(here, "icon.svg"), join(built, "icon.svg"));

// A file of an earlier build must not stay embedded.
const wanted = new Set(["app.css", "app.js", "sprite.svg", "icon.svg"]);
for (const name of await readdir(built)) if (!wanted.has(name)) await rm(join(built, name));

/** One SVG of symbols, each named as in assets/icons.txt. */
async function sprite() {
  const names = (await readFile(join(here, "icons.txt"), "utf8")).split("\n").map((l) => l.trim()).filter(Boolean);
  const folder = join(here, "..", "node_modules", "@tabler", "icons", "icons", "outline");
  const symbols = [];
  for (const name of names) {
    const svg = await readFile(join(folder, `${name}.svg`), "utf8");
    const inner = svg.replace(/<!--[\s\S]*?-->/g, "").replace(/<svg[\s\S]*?>/, "").replace("</svg>", "");
    const paths = inner.replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "").replace(/\s+/g, " ").trim();
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24">${paths}</symbol>`);
  }
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}
