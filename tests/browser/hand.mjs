// The hand of the stories: a bureau of their own on a clock they step, its people each signed in at
// a place of their own, and forms filled in and sent as by hand, through the pages alone.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { launch, openPage } from "./lib.mjs";

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const BUREAU = process.env.LIUHEN_BUREAU ?? join(root, "target", "debug", "bureau");

/** What `bureau script` tells of a story, one act a line. */
export async function script(story) {
  const { stdout } = await run(BUREAU, ["script", story], { maxBuffer: 64 << 20 });
  return stdout.trim().split("\n").map((line) => JSON.parse(line));
}

/** A furnished bureau without cases, on a clock that only `step` moves. */
export class Bureau {
  static async open(day) {
    const bureau = new Bureau();
    bureau.place = await mkdtemp(join(tmpdir(), "liuhen-story-"));
    const port = await freePort();
    const given = ["serve", bureau.place, String(port), day];
    if (process.env.LIUHEN_DATABASE) given.push(await bureau.#createDatabase(process.env.LIUHEN_DATABASE));
    bureau.baseURL = `http://127.0.0.1:${port}`;
    bureau.process = spawn(BUREAU, given, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, LIUHEN_LOG: "warn" } });
    bureau.passwords = new Map();
    bureau.waiting = [];
    bureau.now = "";
    await new Promise((resolve, reject) => {
      bureau.process.on("exit", (code) => {
        reject(new Error(`bureau ended with ${code}`));
        bureau.waiting.forEach((step) => step.reject(new Error(`bureau ended with ${code}`)));
      });
      createInterface({ input: bureau.process.stdout }).on("line", (line) => {
        const [word, , account, password] = line.split("\t");
        if (word === "account") bureau.passwords.set(account, password);
        else if (line === "ready") resolve();
        else if (line === "ok") bureau.waiting.shift()?.resolve();
      });
    });
    return bureau;
  }

  async #createDatabase(base) {
    const name = `story_${process.pid}_${Date.now()}`;
    await run("psql", [`${base}postgres`, "-qc", `CREATE DATABASE ${name}`]);
    this.dropDatabase = () => run("psql", [`${base}postgres`, "-qc", `DROP DATABASE ${name} WITH (FORCE)`]);
    return `${base}${name}`;
  }

  /** Lets the clock reach a moment and the office's jobs run; the clock never goes back. */
  async step(moment = this.now) {
    if (moment > this.now) this.now = moment;
    const stepped = new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
    this.process.stdin.write(`${this.now}\n`);
    await stepped;
  }

  async close() {
    const ended = new Promise((resolve) => (this.process.exitCode === null ? this.process.once("exit", resolve) : resolve()));
    this.process.stdin.end();
    await ended;
    await this.dropDatabase?.();
    await rm(this.place, { recursive: true, force: true });
  }
}

/** The people of a bureau, each in a browser session of their own that is kept. */
export class People {
  constructor(browser, bureau, options = {}) {
    Object.assign(this, { browser, bureau, options, pages: new Map() });
  }

  /** The page of a person at an address; signs in where the sign-in is asked for. */
  async at(account, path) {
    let page = this.pages.get(account);
    if (!page) {
      page = await openPage(this.browser, { baseURL: this.bureau.baseURL, ...this.options });
      page.setDefaultTimeout(20_000);
      page.scripted = this.options.scripts !== false;
      this.pages.set(account, page);
    }
    let answer = await page.goto(path, { waitUntil: "domcontentloaded" });
    if (new URL(page.url()).pathname === "/sign-in") {
      await page.getByLabel("账号").fill(account);
      await page.getByLabel("口令").fill(this.bureau.passwords.get(account));
      await page.getByRole("button", { name: "登录" }).click();
      await page.locator("details.person").waitFor();
      const wanted = new URL(path, this.bureau.baseURL);
      if (new URL(page.url()).pathname !== wanted.pathname) answer = await page.goto(path, { waitUntil: "domcontentloaded" });
      else return page;
    }
    if (!answer.ok()) throw new Error(`${account} ${path}: ${answer.status()} ${await words(page)}`);
    return page;
  }

  /** What went wrong on any page: script errors and broken policies. */
  faults() {
    return [...this.pages.entries()].flatMap(([account, page]) => page.faults.map((fault) => `${account}: ${fault}`));
  }
}

/** Plays a story in a bureau of its own, and leaves nothing running however it ends. */
export async function stage(day, play, options = {}) {
  const bureau = await Bureau.open(day);
  let browser;
  try {
    browser = await launch();
    await play(new People(browser, bureau, options));
  } finally {
    await browser?.close();
    await bureau.close();
  }
}

/** What a page says of itself where it refuses. */
async function words(page) {
  const said = await page.locator("main .error, main .note.late, main .stop, main h1").allTextContents();
  return said.map((text) => text.trim().replace(/\s+/g, " ")).join(" | ");
}

/** Presses a button that leads to another page; any answer but the expected one is an error. */
export async function press(page, button, expected = 200) {
  const answered = page.waitForResponse((r) => r.request().isNavigationRequest() && r.status() !== 303);
  const drawn = page.waitForEvent("domcontentloaded");
  await button.click({ noWaitAfter: true });
  const agree = page.locator("dialog[open] .actions button.btn:not(.plain)");
  if (await agree.isVisible()) await agree.click();
  const [answer] = await Promise.all([answered, drawn]);
  if (answer.status() !== expected) throw new Error(`${page.url()}: ${answer.status()} ${await words(page)}`);
}

/** The controls of a form by name, in document order. */
async function controls(form) {
  const list = await form.evaluate((element) =>
    Array.from(element.elements)
      .filter((c) => c.name && !["hidden", "submit", "button", "password", "file"].includes(c.type))
      .map((c) => ({ name: c.name, type: c.type, value: c.value, checked: c.checked === true, options: Array.from(c.options ?? [], (o) => o.value) })),
  );
  const byName = new Map();
  for (const control of list) byName.set(control.name, [...(byName.get(control.name) ?? []), control]);
  return byName;
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** How many rows of the list `name` a form has. */
function rowsOf(byName, name) {
  const inside = `${name}.`;
  const indices = [...byName.keys()].filter((n) => n.startsWith(inside)).map((n) => Number(n.slice(inside.length).split(".")[0]));
  return indices.length === 0 ? 0 : Math.max(...indices) + 1;
}

/** Adds the rows that are missing, by the form's own buttons, and takes away filled ones too many. */
async function arrange(page, form, name, value) {
  let byName = await controls(form);
  if (Array.isArray(value)) {
    if (byName.get(name)?.[0].type === "checkbox") return;
    for (let have = rowsOf(byName, name); have < value.length; have += 1) {
      const button = form.locator(`button[value="${name}"][name^="add"]`);
      if ((await button.getAttribute("name")) === "add-in" || !page.scripted) await press(page, button);
      else await button.click();
      byName = await controls(form);
      if (rowsOf(byName, name) !== have + 1) throw new Error(`${name} has no row more`);
    }
    for (let have = rowsOf(byName, name); have > value.length; have -= 1) {
      const row = `${name}.${have - 1}`;
      const filled = [...byName].some(([n, all]) => (n === row || n.startsWith(`${row}.`)) && all.some((c) => c.type !== "checkbox" && c.type !== "radio" && c.value));
      if (!filled) continue;
      const button = form.locator(`button[value="${row}"][name^="drop"]`);
      if (page.scripted) await button.click();
      else await press(page, button);
    }
    for (const [i, row] of value.entries()) await arrange(page, form, `${name}.${i}`, row);
  } else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value)) await arrange(page, form, name ? `${name}.${key}` : key, inner);
  }
}

/** The leaves of what is to stand in a form, by dotted names; lists of ticks stay whole. */
function* leaves(name, value, byName) {
  if (Array.isArray(value) && byName.get(name)?.[0].type === "checkbox") yield [name, value.map(String)];
  else if (Array.isArray(value)) for (const [i, row] of value.entries()) yield* leaves(`${name}.${i}`, row, byName);
  else if (isObject(value)) for (const [key, inner] of Object.entries(value)) yield* leaves(name ? `${name}.${key}` : key, inner, byName);
  // The papers count in fen, the pages speak of yuan.
  else if (name.endsWith("_fen")) yield [name, String(value / 100)];
  else yield [name, String(value)];
}

const same = (name, stands, wanted) => (name.endsWith("_fen") ? stands !== "" && Number(stands.replaceAll(",", "")) === Number(wanted) : stands === wanted);

/**
 * Fills a form in so that these values stand in it. Types only what does not stand there already
 * and gives back the names of what it typed. `keep` names what is left as the page has it.
 */
export async function fill(page, form, values, keep = () => false) {
  await arrange(page, form, "", values);
  const byName = await controls(form);
  const typed = [];
  for (const [name, wanted] of leaves("", values, byName)) {
    const all = byName.get(name);
    if (!all) {
      if (keep(name, undefined)) continue;
      throw new Error(`${page.url()}: no field ${name} for ${wanted}`);
    }
    const first = all[0];
    if (keep(name, first.value)) continue;
    const control = form.locator(`[name="${name}"]`);
    if (first.type === "checkbox" || first.type === "radio") {
      const chosen = Array.isArray(wanted) ? wanted : [wanted];
      for (const value of chosen) if (!all.some((c) => c.value === value)) throw new Error(`${page.url()}: ${name} offers no ${value}`);
      for (const c of all.filter((c) => c.checked !== chosen.includes(c.value) && (c.type === "checkbox" || !c.checked))) {
        await form.locator(`[name="${name}"][value="${c.value}"]`).click();
        if (!typed.includes(name)) typed.push(name);
      }
    } else if (!same(name, first.value, wanted)) {
      if (first.type === "select-one") {
        if (!first.options.includes(wanted)) throw new Error(`${page.url()}: ${name} offers no ${wanted}, only ${first.options.join("、")}`);
        await control.selectOption(wanted);
      } else await control.fill(wanted);
      typed.push(name);
    }
  }
  return typed;
}

async function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
