// A told case, lived again through the pages: each act of the script by its person, at its moment,
// on the page where a person would do it. What the act-level telling calls a photograph is a film
// here.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { film, sheets } from "./footage.mjs";
import { fill, press } from "./hand.mjs";

const minute = (moment) => moment.slice(0, 16);
const later = (moment, minutes) => new Date(Date.parse(`${moment}Z`) + minutes * 60_000).toISOString().slice(0, 16);

/** What the office works out or puts in by itself, with no page of its own. */
const FOLLOWS = new Set(["clue-accepted", "paper-numbered", "paper-issued", "paper-approved", "case-filed", "statement-made", "statement-waived"]);

/** What the page offers for words of the telling. */
const CHOICES = { 公函: "公文交换", 歌舞娱乐: "娱乐场所", 网吧: "互联网上网服务营业场所" };

export class Telling {
  constructor(people, script) {
    Object.assign(this, { people, bureau: people.bureau, script });
    this.papers = new Map();
    this.evidence = new Map();
    this.kinds = new Map();
    /** Names of the fields typed, by kind of paper. */
    this.typed = new Map();
    this.party = script.find((r) => r.event.kind === "party-recorded").event.party.name;
    this.filmed = new Map();
    this.scansCount = 0;
  }

  /** Tells everything; `before` is called with each act before it is done. */
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
    const { source, target, content, transferring_body } = e;
    const [channel, category] = [CHOICES[e.channel], CHOICES[e.category]];
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
    this.kinds.set(e.paper, e.paper_kind);
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
    this.typed.set(e.paper_kind, typed);
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
    const path = `${this.paperPath(e.paper)}/scan`;
    const page = await this.at(record, path);
    const form = page.locator(`form[action="${path}"]`);
    await fill(page, form, { located: e.located });
    await this.chooses(form, e.file.original_name, "application/pdf", sheets(`${e.paper}${(this.scansCount += 1)}`, e.pages_count));
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
      const officers = this.script.find((r) => r.event.kind === "case-opened").officers;
      const path = await film({ at: minute(record.from), place: record.place, officers, party: this.party, step });
      await this.chooses(form, `${name}.mp4`, "video/mp4", await readFile(path));
      this.filmed.set(name, path);
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
    await fill(page, form, { compiler: "赵建国", checker: "何平" });
    await press(page, form.getByRole("button", { name: "立卷归档" }));
  }
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
