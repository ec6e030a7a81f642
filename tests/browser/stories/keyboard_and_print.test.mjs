// Without a mouse and on paper: from signing in to the page of a case every control is reached with
// Tab and seen where it has the focus; what is printed is the record, whole and without buttons.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { accounts } from "../accounts.mjs";
import { launch, openPage, signIn } from "../lib.mjs";

const run = promisify(execFile);
const baseURL = process.env.LIUHEN_URL;
const account = (name) => accounts().find((a) => a.account === name);
/** The printable width of an A4 sheet between margins of 10 mm, at 96 dots an inch. */
const SHEET = 718;
const TABS_MAX = 600;

async function open(browser, who, options = {}) {
  const page = await openPage(browser, { baseURL, ...options });
  await signIn(page, who.account, who.password);
  return page;
}

/** Numbers every control that a hand with a mouse could press; gives how many there are. */
async function number(page) {
  return page.evaluate(() => {
    const all = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary");
    const seen = Array.from(all).filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && !e.classList.contains("offscreen"));
    seen.forEach((element, index) => (element.dataset.number = String(index)));
    return seen.length;
  });
}

/** What has the focus now: its number, its words, and whether one sees that it has it. */
async function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const outlined = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2;
    return {
      number: element.dataset.number,
      words: `${element.tagName} ${(element.textContent || element.getAttribute("aria-label") || element.name || "").trim().slice(0, 30)}`,
      marked: outlined,
      inside: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
    };
  });
}

/** Walks the whole page with Tab, from its beginning; gives what is wrong with the walk. */
async function walk(page, name) {
  await page.reload();
  const count = await number(page);
  const reached = new Set();
  const wrong = [];
  let first;
  for (let i = 0; i < TABS_MAX; i += 1) {
    await page.keyboard.press("Tab");
    const at = await focused(page);
    // Past the last control the focus leaves the page, and comes round again.
    if (at === null) break;
    first ??= at.words;
    if (at.number !== undefined && reached.has(at.number)) break;
    if (at.number !== undefined) reached.add(at.number);
    if (!at.marked) wrong.push(`${name}: nobody sees that ${at.words} has the focus`);
    if (!at.inside) wrong.push(`${name}: ${at.words} has the focus out of sight`);
  }
  assert.match(first ?? "", /跳到正文/, `${name}: the first Tab leads past the menu`);
  for (let i = 0; i < count; i += 1) {
    if (reached.has(String(i))) continue;
    wrong.push(`${name}: Tab never reaches ${await page.evaluate((n) => document.querySelector(`[data-number="${n}"]`)?.outerHTML.slice(0, 120), i)}`);
  }
  return { wrong, count };
}

/** Presses Tab until a link with this address has the focus, then Enter. */
async function follows(page, matches) {
  for (let i = 0; i < TABS_MAX; i += 1) {
    await page.keyboard.press("Tab");
    const href = await page.evaluate(() => document.activeElement?.getAttribute?.("href") ?? "");
    if (!matches.test(href)) continue;
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    return;
  }
  throw new Error(`Tab reaches no link like ${matches} on ${page.url()}`);
}

test("不用鼠标：从登录到案件，每一处都能用键盘到达", { timeout: 180_000 }, async () => {
  const browser = await launch();
  try {
    const who = account("zhaojianguo");
    const page = await openPage(browser, { baseURL });
    await page.goto("/sign-in");
    const wrong = (await walk(page, "登录")).wrong;
    await page.reload();
    for (let i = 0; i < 20 && (await page.evaluate(() => document.activeElement?.getAttribute("name"))) !== "account"; i += 1) await page.keyboard.press("Tab");
    await page.keyboard.type(who.account);
    await page.keyboard.press("Tab");
    await page.keyboard.type(who.password);
    await Promise.all([page.waitForURL((url) => url.pathname === "/"), page.keyboard.press("Enter")]);

    // The skip link shows itself with the focus and leads to the text.
    await page.keyboard.press("Tab");
    const skip = page.locator("a.skip");
    assert.ok((await skip.boundingBox()).y >= 0, "the skip link is in sight");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    await page.keyboard.press("Tab");
    assert.ok(await page.evaluate(() => document.activeElement.closest("main") !== null), "Tab goes on inside the text");

    wrong.push(...(await walk(page, "工作台")).wrong);
    await page.reload();
    await follows(page, /^\/cases$/);
    wrong.push(...(await walk(page, "案件")).wrong);
    await page.reload();
    await follows(page, /^\/cases\/[0-9a-f-]{36}$/);
    const walked = await walk(page, "案件页");
    wrong.push(...walked.wrong);
    assert.ok(walked.count > 20, `the page of a case has ${walked.count} controls`);
    // What is folded unfolds with a key.
    const fold = page.locator("main details:not([open]) > summary").first();
    if ((await fold.count()) > 0) {
      await fold.focus();
      await page.keyboard.press("Enter");
      assert.ok(await page.evaluate(() => document.activeElement.parentElement.open));
    }
    assert.deepEqual([...new Set(wrong)], []);
    assert.deepEqual(page.faults, []);
  } finally {
    await browser.close();
  }
});

/** The page as a printer gets it: faults of its layout, and its text from the PDF. */
async function printed(page, address) {
  await page.goto(address);
  const said = await page.evaluate(() => {
    document.querySelectorAll("main details").forEach((details) => (details.open = true));
    const hidden = ".actions, .btn, button, .tabs, nav, .filters, .on-screen, .offscreen, summary";
    const leaves = Array.from(document.querySelectorAll("main *")).filter((e) => e.children.length === 0 && e.checkVisibility() && !e.closest(hidden));
    const words = leaves.map((e) => e.textContent.replace(/\s+/g, "")).filter((text) => text.length > 1);
    document.querySelectorAll("main details").forEach((details) => (details.open = false));
    return [...new Set(words)];
  });
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: SHEET, height: 1000 });
  const faults = await page.evaluate((width) => {
    const wrong = [];
    const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().width > 1;
    for (const element of document.querySelectorAll("header.top, nav, button, .btn, .tabs, .filters, a.skip, input:not([type=hidden]), .banner"))
      if (shown(element) && getComputedStyle(element).display !== "none") wrong.push(`on paper stands ${element.outerHTML.slice(0, 80)}`);
    for (const element of document.querySelectorAll("main *")) {
      if (!shown(element) || element.closest(".offscreen")) continue;
      const box = element.getBoundingClientRect();
      if (box.right > width + 1 || box.left < -1) wrong.push(`cut at the edge: ${element.outerHTML.slice(0, 80)}`);
      const overflow = getComputedStyle(element).overflowX;
      if (overflow !== "visible" && element.scrollWidth > element.clientWidth + 1) wrong.push(`cut inside: ${element.outerHTML.slice(0, 80)}`);
    }
    if (document.documentElement.scrollWidth > width) wrong.push(`${document.documentElement.scrollWidth} px wide`);
    return wrong;
  }, SHEET);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  const pdf = await page.pdf({ format: "A4", margin: { top: "10mm", bottom: "10mm", left: "10mm", right: "10mm" } });
  const place = await mkdtemp(join(tmpdir(), "liuhen-print-"));
  try {
    const file = join(place, "page.pdf");
    await writeFile(file, pdf);
    const { stdout: about } = await run("pdfinfo", [file]);
    const { stdout: text } = await run("pdftotext", ["-raw", file, "-"], { maxBuffer: 64 << 20 });
    const pages = Number(about.match(/Pages:\s+(\d+)/)[1]);
    return { faults, said, text: text.replace(/\s+/g, ""), pages, height };
  } finally {
    await rm(place, { recursive: true, force: true });
    await page.emulateMedia({ media: "screen" });
    await page.setViewportSize({ width: 1280, height: 900 });
  }
}

test("打印：案件、应办事项、调阅登记完整，不带菜单和按钮", { timeout: 180_000 }, async () => {
  const browser = await launch();
  try {
    const handler = await open(browser, account("zhaojianguo"));
    await handler.goto("/cases");
    const cases = await handler.$$eval("main table a[href^='/cases/']", (links) => links.map((a) => a.getAttribute("href")));
    assert.ok(cases.length > 0);
    const archivist = await open(browser, account("heping"));
    const sheets = [
      [handler, cases.at(-1)],
      [handler, cases[0]],
      [handler, "/"],
      [archivist, "/viewings"],
    ];
    for (const [page, address] of sheets) {
      const { faults, said, text, pages, height } = await printed(page, address);
      assert.deepEqual([...new Set(faults)], [], address);
      const lost = said.filter((words) => !text.includes(words));
      // Characters that a sheet's end or a font's ligature parts are few; a list left out is not.
      assert.ok(lost.length <= said.length * 0.02, `${address} loses ${lost.length} of ${said.length}: ${lost.slice(0, 8).join(" | ")}`);
      assert.ok(pages >= 1 && pages <= Math.ceil(height / 700) + 2, `${address}: ${pages} sheets for ${height} px`);
    }
  } finally {
    await browser.close();
  }
});
