// A told case, lived again through the pages: each act of the script by its person, at its moment,
// on the page where a person would do it. What the act-level telling calls a photograph is a film
// here.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { film, sheets } from "./footage.mjs";
import { fill, press } from "./hand.mjs";

const run = promisify(execFile);
const minute = (moment) => moment.slice(0, 16);
const later = (moment, minutes) => new Date(Date.parse(`${moment}Z`) + minutes * 60_000).toISOString().slice(0, 16);

/** What the office works out or puts in by itself, with no page of its own. */
const FOLLOWS = new Set(["clue-accepted", "paper-numbered", "paper-issued", "paper-approved", "case-filed", "statement-made", "statement-waived"]);

export class Telling {
  constructor(people, script) {
    Object.assign(this, { people, bureau: people.bureau, script });
    /** Ids of the telling and those they have here. */
    this.papers = new Map();
    /** Evidence by its number. */
    this.evidence = new Map();
    /** Of each paper its kind and the fields that were typed. */
    this.typed = [];
    this.party = script.find((r) => r.event.kind === "party-recorded").event.party;
    this.officers = script.find((r) => r.event.kind === "case-opened").officers;
    this.scansCount = 0;
  }

  /** Tells everything; `before` is called with each act before its moment. */
  async tell(before = async () => {}) {
    for (const record of this.script) {
      const kind = record.event.kind;
      if (FOLLOWS.has(kind)) continue;
      await before(record);
      await this.bureau.step(record.recorded_at);
      try {
        await this[kind](record, record.event);
      } catch (error) {
        throw new Error(`${record.sequence} ${kind} ${record.event.paper_kind ?? ""} of ${record.by} at ${record.recorded_at}: ${error.message}`, { cause: error });
      }
    }
    await this.bureau.step();
  }

  at(record, path) {
    return this.people.at(record.by, path);
  }

  get file() {
    return `/cases/${this.case}`;
  }

  paperPath(paper) {
    return `${this.file}/papers/${this.papers.get(paper)}`;
  }

  async "clue-registered"(record, e) {
    const page = await this.at(record, "/clues/new");
    const form = page.locator('form[action="/clues/new"]');
    const { source, channel, category, target, content, transferring_body } = e;
    await fill(page, form, { source, channel, category, target, content, transferring_body, received_at: minute(e.received_at), reply_wanted: e.reply_wanted ? ["yes"] : [] });
    await press(page, form.getByRole("button", { name: "登记线索" }));
    this.clue = new URL(page.url()).pathname.split("/").pop();
  }

  async "case-opened"(record, e) {
    const page = await this.at(record, `/clues/${this.clue}`);
    const form = page.locator(`form[action="/clues/${this.clue}/accept"]`);
    const opinion = this.script.find((r) => r.event.kind === "clue-accepted").event.opinion;
    await fill(page, form, { opinion });
    for (const { name } of e.handlers) {
      const box = form.getByRole("checkbox", { name: new RegExp(name) });
      if (!(await box.isChecked())) await box.check();
    }
    await press(page, form.getByRole("button", { name: "受案" }));
    this.case = new URL(page.url()).pathname.split("/").pop();
  }

  async "party-recorded"(record, e) {
    const page = await this.at(record, `${this.file}/record-party`);
    const form = page.locator(`form[action="${this.file}/record-party"]`);
    const { kind, name, id_number, legal_representative, address, phone } = e.party;
    await fill(page, form, { party: { kind, name, id_number, legal_representative, address, phone } });
    await press(page, form.locator(".actions button").first());
  }

  async "cause-chosen"(record, e) {
    const page = await this.at(record, `${this.file}/choose-cause`);
    await page.getByLabel("案由、条文里的词").fill(e.title);
    await press(page, page.getByRole("button", { name: "查找" }));
    const form = page.locator(`form[method="post"][action="${this.file}/choose-cause"]`);
    await form.locator(`input[value="${e.cause}"]`).check();
    await press(page, form.locator(".actions button").first());
  }

  async "paper-submitted"(record, e) {
    // The office makes the proof with the service itself.
    if (e.paper_kind === "proof-of-service") return this.#findsProof(record, e);
    const page = await this.at(record, `${this.file}/papers/new/${e.paper_kind}`);
    const form = page.locator("form[data-preview]");
    const attached = (name) => this.evidence.get(Number(name.split(".")[1]) + 1);
    const keep = (name, stands) => {
      if (name.startsWith("evidence.")) {
        if (name.endsWith(".name")) assert.equal(stands, attached(name).name, name);
        // Films have seconds of their own, and every file its own digest.
        return name.endsWith(".name") || name.endsWith(".digest") || (name.endsWith("pages_or_seconds") && stands !== "");
      }
      return false;
    };
    const typed = await fill(page, form, e.fields, keep);
    // A stroke says that there is nothing to say, which the file cannot know.
    this.typed.push({ kind: e.paper_kind, names: typed.filter((name) => e.fields[name] !== "/") });
    const first = this.script.find((r) => r.event.kind === "opinion-given" && r.event.paper === e.paper && r.recorded_at === record.recorded_at);
    if (first) await fill(page, form, { _opinion: first.event.opinion });
    await press(page, form.locator(".actions button:not(.plain)"));
    const [, id] = new URL(page.url()).pathname.match(/\/papers\/([0-9a-f-]{36})$/) ?? [];
    assert.ok(id, `${e.paper_kind} became a paper: ${page.url()}`);
    this.papers.set(e.paper, id);
  }

  async #findsProof(record, e) {
    const page = await this.at(record, `${this.file}/papers`);
    const known = new Set(this.papers.values());
    const all = await page.getByRole("link", { name: e.title, exact: true }).evaluateAll((links) => links.map((a) => a.getAttribute("href")));
    const fresh = all.map((href) => href.split("/").pop()).filter((id) => /^[0-9a-f-]{36}$/.test(id) && !known.has(id));
    assert.equal(fresh.length, 1, `one new proof of service of ${all.length}`);
    this.papers.set(e.paper, fresh[0]);
  }

  async "opinion-given"(record, e) {
    const submitted = this.script.find((r) => r.event.kind === "paper-submitted" && r.event.paper === e.paper);
    // The first opinion went along with the paper.
    if (submitted.recorded_at === record.recorded_at && submitted.by === record.by) return;
    const page = await this.at(record, this.paperPath(e.paper));
    await seesAllPages(page);
    const form = page.locator("#opinion form");
    await fill(page, form, { outcome: e.outcome, opinion: e.opinion });
    await form.locator('[name="password"]').fill(this.bureau.passwords.get(record.by));
    await press(page, form.getByRole("button", { name: "签署意见" }));
  }

  async "paper-served"(record, e) {
    const path = `${this.paperPath(e.paper)}/serve`;
    const page = await this.at(record, path);
    const form = page.locator(`form[action="${path}"]`);
    const { method, recipient, relation } = e;
    await fill(page, form, { at: minute(record.from), method, place: record.place, recipient, relation });
    await this.#ticksOfficers(form, record.officers);
    await press(page, form.locator(".actions button").first());
  }

  async #ticksOfficers(form, names) {
    const boxes = form.locator('[name="officers"]');
    for (let i = 0; i < (await boxes.count()); i += 1) {
      const named = await boxes.nth(i).evaluate((box) => box.closest("label").textContent.trim().split(/\s/)[0]);
      assert.equal(await boxes.nth(i).isChecked(), names.includes(named), `${named} is ticked by the file`);
    }
  }

  async "paper-scanned"(record, e) {
    await this.scans(record.by, this.paperPath(e.paper), e.file.original_name, e.located);
  }

  /** Scans the signed sheets of a paper, as many as it has pages. */
  async scans(account, paper, name, located) {
    const path = `${paper}/scan`;
    const page = await this.people.at(account, path);
    const [, pagesCount] = (await page.locator("dl.facts").innerText()).match(/文书\s*(\d+) 页/);
    const form = page.locator(`form[action="${path}"]`);
    await fill(page, form, { located });
    await this.chooses(form, name, "application/pdf", sheets(`${this.scansCount += 1}`, Number(pagesCount)));
    await press(page, form.locator(".actions button").first());
  }

  async chooses(form, name, mimeType, buffer) {
    await form.locator('input[type="file"]').setInputFiles({ name, mimeType, buffer });
  }

  async "evidence-attached"(record, e) {
    const path = `${this.file}/evidence/new`;
    const page = await this.at(record, path);
    const form = page.locator(`form[action="${path}"]`);
    const name = e.footage && e.name === "现场照片" ? "现场录像" : e.name;
    const to = record.to ?? (e.footage ? later(record.from, 20) : null);
    const values = { kind: e.evidence_kind, name, source: e.source, proves: e.proves, place: record.place, from: minute(record.from), footage: e.footage ? "yes" : "no" };
    if (to) values.to = minute(to);
    if (e.extraction) values.extraction = e.extraction;
    await fill(page, form, values);
    if (e.footage) {
      const step = name.startsWith("询问") ? "调查询问" : "现场检查";
      const path = await film({ at: minute(record.from), place: record.place, officers: this.officers, party: this.party.name, step });
      await this.chooses(form, `${name}.mp4`, "video/mp4", await readFile(path));
    } else {
      await this.chooses(form, e.file.original_name, "application/pdf", sheets(e.name, 1));
    }
    await press(page, form.locator(".actions button").first());
    const link = page.locator(`a[href^="${this.file}/evidence/"]`, { hasText: name });
    this.evidence.set(e.number, { name, href: (await link.first().getAttribute("href")).split("?")[0], footage: e.footage });
  }

  async "case-concluded"(record) {
    const path = `${this.file}/conclude-case`;
    const page = await this.at(record, path);
    const form = page.locator(`form[action="${path}"]`);
    await fill(page, form, { outcome: "给予行政处罚，已经履行" });
    await press(page, form.locator(".actions button").first());
  }

  async "case-archived"(record) {
    const path = `${this.file}/volume`;
    const page = await this.at(record, path);
    const form = page.locator(`form[action="${path}"]`);
    // The archivist checks what the handler has put together.
    const checker = (await page.locator("details.person > summary").innerText()).trim().split(/\s/)[0];
    await fill(page, form, { compiler: this.officers[0], checker });
    await press(page, form.getByRole("button", { name: "立卷归档" }));
  }
}

/** A complaint about an internet café, registered and accepted; gives the case's address. */
export async function opensCase(people, account, handlers, receivedAt) {
  const page = await people.at(account, "/clues/new");
  const clue = page.locator('form[action="/clues/new"]');
  const content = "来电反映该场所夜间有学生上网。";
  await fill(page, clue, { source: "complaint", channel: "电话", category: "网吧", target: "武汉某某网咖有限公司", content, received_at: receivedAt });
  await press(page, clue.getByRole("button", { name: "登记线索" }));
  const accept = page.locator('form[action$="/accept"]');
  await fill(page, accept, { opinion: "受案核查。" });
  for (const name of handlers) await accept.getByRole("checkbox", { name: new RegExp(name) }).check();
  await press(page, accept.getByRole("button", { name: "受案" }));
  const file = new URL(page.url()).pathname;
  const party = await people.at(account, `${file}/record-party`);
  const form = party.locator(`form[action="${file}/record-party"]`);
  const fields = { kind: "organisation", name: "武汉某某网咖有限公司", id_number: "91420112MA4K0A1B61", legal_representative: "李某某", address: "武汉市某某路1号（虚构）", phone: "027-80010000" };
  await fill(party, form, { party: fields });
  await press(party, form.locator(".actions button").first());
  const cause = await people.at(account, `${file}/choose-cause`);
  const causes = cause.locator(`form[method="post"][action="${file}/choose-cause"]`);
  await causes.locator("details", { hasText: "互联网上网服务营业场所" }).locator("summary").first().click();
  await causes.locator('input[value="internet-cafe-minors"]').check();
  await press(cause, causes.locator(".actions button").first());
  return file;
}

/** What the file knows is in the form already: nobody types it a second time. */
const KNOWN = new RegExp(
  "^(agency|cause|case_number|decision_number|order_number|notice_number|statement_number|notice\\.|filed_at|received_at|source|source_detail|date$" +
    "|officers|party\\.|recorder|certificates_shown|contact|rights_told|questions\\.\\d+\\.q|review_opinion|statement_result|statement_findings|proposed" +
    "|findings\\.\\d+\\.point|evidence\\.\\d+\\.(kind|number|proves|source)|remedies|reviewer\\.(name|qualification_number)|statement_days)",
);
/** What the report has found is in every paper after it. */
const FOUND = /^(facts|measures|discretion|circumstances|hearing_right)/;
const AFTER_REPORT = new Set(["prior-notice", "decision-approval", "penalty-decision", "closing-report"]);

export function typedTwice(typed) {
  return typed.flatMap(({ kind, names }) => names.filter((name) => KNOWN.test(name) || (AFTER_REPORT.has(kind) && FOUND.test(name))).map((name) => `${kind} ${name}`));
}

/** The bound volume as text, downloaded by the archivist. */
export async function volumeText(telling) {
  const page = await telling.people.at("heping", `${telling.file}/volume`);
  const href = await page.getByRole("link", { name: "下载案卷 PDF" }).getAttribute("href");
  // The form asks what the copy is for; the bytes are its answer.
  const answer = await page.context().request.post(href, { form: { purpose: "移送复议机关" } });
  assert.equal(answer.status(), 200);
  assert.equal(answer.headers()["content-type"], "application/pdf");
  const file = join(telling.bureau.place, "volume.pdf");
  await writeFile(file, await answer.body());
  const { stdout } = await run("pdftotext", [file, "-"], { maxBuffer: 64 << 20 });
  return stdout.replace(/\s+/g, "");
}

/** The approver sees the whole paper: every page of it is a picture that was drawn. */
async function seesAllPages(page) {
  const drawn = await page.locator("#whole .pages img").evaluateAll((images) =>
    Promise.all(images.map((image) => image.decode().then(() => image.naturalWidth, () => 0))),
  );
  assert.ok(drawn.length > 0 && drawn.every((width) => width > 300), `the pages are shown: ${drawn}`);
}

/**
 * Plays a film in the viewer, seeking to its end; gives the place reached in seconds. The film is
 * looked at under the standing rule, with the reason written down first.
 */
export async function plays(people, account, evidence, reason) {
  const page = await people.at(account, evidence.href);
  const form = page.locator("#view form");
  await fill(page, form, { reason });
  await press(page, form.getByRole("button", { name: "登记并查看" }));
  const video = page.locator("[data-player] video");
  await video.evaluate((v) => (v.readyState > 0 ? null : new Promise((resolve, reject) => { v.onloadedmetadata = resolve; v.onerror = () => reject(new Error(v.error.message)); })));
  await video.evaluate(async (v) => { v.muted = true; await v.play(); });
  const reached = await video.evaluate(async (v) => {
    const wanted = v.duration - 1;
    const sought = new Promise((resolve) => v.addEventListener("seeked", resolve, { once: true }));
    v.currentTime = wanted;
    await sought;
    return v.currentTime >= wanted - 0.5 ? v.duration : 0;
  });
  await press(page, page.getByRole("button", { name: "结束查看" }));
  return reached;
}
