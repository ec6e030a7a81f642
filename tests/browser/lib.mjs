// The browser of the tests: Debian's Chromium through playwright-core, with everything that calls
// out switched off, and the few things every story needs.
import { readFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const axeSource = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** The two widths at which every page is looked at. */
export const WIDE = 1280;
export const PHONE = 375;

/** Starts Chromium; LIUHEN_CHROMIUM names another binary. */
export async function launch() {
  const args = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
  ];
  // Chromium refuses its sandbox to root, as in containers.
  if (process.getuid?.() === 0) args.push("--no-sandbox");
  return chromium.launch({ executablePath: process.env.LIUHEN_CHROMIUM ?? "/usr/bin/chromium", args });
}

/** A fresh page of its own session. What goes wrong on it is collected in `page.faults`. */
export async function openPage(browser, { width = WIDE, baseURL, scripts = true } = {}) {
  const context = await browser.newContext({
    baseURL,
    viewport: { width, height: width === PHONE ? 720 : 900 },
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    javaScriptEnabled: scripts,
    // The page's policy forbids inline scripts, and the tests must not live under another one.
    bypassCSP: false,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && /Content Security Policy|Trusted/i.test(message.text())) page.faults.push(`policy: ${message.text()}`);
  });
  return page;
}

/** Signs in and waits until the page after it stands. */
export async function signIn(page, account, password) {
  await page.goto("/sign-in");
  await page.getByLabel("账号").fill(account);
  await page.getByLabel("口令").fill(password);
  await page.getByRole("button", { name: "登录" }).click();
  await page.locator("details.person").waitFor();
}

export async function signOut(page) {
  await page.locator("details.person > summary").click();
  await page.getByRole("button", { name: "退出登录" }).click();
  await page.waitForURL(/sign-in/);
}

/** The violations axe finds on the page, each as one line. Wants a page whose scripts run. */
export async function axe(page) {
  await page.evaluate(await readFile(axeSource, "utf8"));
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target.join(" ")} — ${node.failureSummary?.replace(/\s+/g, " ")}`));
}

/** By how many pixels the page is wider than its window; 0 when nothing scrolls sideways. */
export async function sidewaysOverflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Buttons lower than 44 px, as they must not be on a telephone. */
export async function lowButtons(page) {
  return page.evaluate(() =>
    Array.from(document.querySelectorAll("button, .btn, input:not([type=hidden]):not([type=checkbox]):not([type=radio]), select"))
      // What is moved off the screen is there for keyboards and the implicit submit, not for fingers.
      .filter((element) => element.offsetParent !== null && !element.classList.contains("offscreen") && element.getBoundingClientRect().height < 43.5)
      .map((element) => `${element.tagName.toLowerCase()}.${element.className} ${element.textContent.trim().slice(0, 20)} ${element.getBoundingClientRect().height}`),
  );
}

/** Everything that must hold on any page at its present width. */
export async function faultsOf(page) {
  const found = [...page.faults, ...(await axe(page))];
  const overflow = await sidewaysOverflow(page);
  if (overflow > 0) found.push(`scrolls sideways by ${overflow} px`);
  if (page.viewportSize().width <= PHONE) found.push(...(await lowButtons(page)).map((button) => `lower than 44 px: ${button}`));
  return found;
}

/** A picture of the whole page under LIUHEN_SHOTS (default target/shots); returns its path. */
export async function shot(page, name, width = page.viewportSize().width) {
  await page.setViewportSize({ width, height: page.viewportSize().height });
  const folder = process.env.LIUHEN_SHOTS ?? join(here, "..", "..", "target", "shots");
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name}-${width}.png`);
  await page.screenshot({ path, fullPage: true });
  return path;
}
