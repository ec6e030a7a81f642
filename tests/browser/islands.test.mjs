// What pages do by themselves, on the drawn form of the gallery with the server's answers acted:
// rows, drafts, the network gone, an expired sign-in, files, confirmation, and scripts off.
import { strict as assert } from "node:assert";
import { after, before, test } from "node:test";
import { launch, openPage } from "./lib.mjs";
import { galleryUrl, serveGallery } from "./gallery.mjs";

const folder = process.env.LIUHEN_GALLERY ?? new URL("../../target/gallery", import.meta.url).pathname;
let browser;

before(async () => {
  browser = await launch();
});
after(async () => browser.close());

/** The form page, with `answers` to its requests and a list of what was posted. */
async function formPage(answers = {}, options = {}) {
  const posted = [];
  const page = await openPage(browser, options);
  const record = (name, answer) => (request) => {
    posted.push({ name, body: request.postData() ?? "", fields: new URLSearchParams(request.postData() ?? "") });
    return answer(request, posted.length);
  };
  const defaults = { "POST /drafts/17": () => ({ status: 204 }), "POST /cases/8/inquiry": () => ({ body: "<p>记录</p>", contentType: "text/html; charset=utf-8" }) };
  const all = Object.fromEntries(Object.entries({ ...defaults, ...answers }).map(([name, answer]) => [name, record(name, answer)]));
  await serveGallery(page, folder, all);
  if (options.steppedClock) await page.clock.install();
  await page.goto(galleryUrl("form"));
  return { page, posted };
}

const last = (posted, name) => posted.filter((one) => one.name === name).at(-1);

test("rows are added and removed in place and a draft keeps them", async () => {
  const { page, posted } = await formPage();
  await page.getByRole("button", { name: "增加一问一答" }).click();
  await page.locator("[name='qa.2.question']").fill("谁在当班？");
  await page.getByRole("button", { name: "删除这一问一答" }).first().click();
  await page.getByText("草稿已保存").waitFor();
  const { fields } = last(posted, "POST /drafts/17");
  assert.equal(fields.get("qa.2.question"), "谁在当班？");
  assert.equal(fields.get("qa.0.question"), null);
  assert.equal(fields.get("qa.1.question"), "几点到店？");
  assert.deepEqual(page.faults, []);
});

test("nothing is saved while an input method composes", async () => {
  const { page, posted } = await formPage({}, { steppedClock: true });
  const place = page.getByLabel("地点");
  await place.dispatchEvent("compositionstart");
  await place.fill("dong");
  await page.clock.runFor(10_000);
  assert.equal(posted.length, 0);
  await place.dispatchEvent("compositionend");
  await page.clock.runFor(3_000);
  await page.getByText("草稿已保存").waitFor();
  assert.equal(posted.length, 1);
});

test("without a network the draft waits on the device, protected fields do not", async () => {
  const answers = { "POST /drafts/17": () => ({ status: 503 }) };
  const { page } = await formPage(answers);
  await page.getByLabel("地点").fill("某某路 200 号");
  await page.getByLabel("举报人姓名").fill("某丁");
  await page.getByText("草稿尚未保存").waitFor();
  const kept = await page.evaluate(() => JSON.stringify(sessionStorage));
  assert.match(kept, /某某路 200 号/);
  assert.doesNotMatch(kept, /某丁/);
  await page.reload();
  await page.getByRole("button", { name: "恢复到表中" }).click();
  assert.equal(await page.getByLabel("地点").inputValue(), "某某路 200 号");
  assert.equal(await page.getByLabel("举报人姓名").inputValue(), "");
  await page.evaluate(() => document.querySelector("[data-sign-out]").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
});

test("an expired sign-in is renewed in place and the request repeated", async () => {
  let renewed = false;
  const answers = {
    "POST /drafts/17": () => ({ status: renewed ? 204 : 401 }),
    "POST /session/renew": (request) => {
      const right = new URLSearchParams(request.postData()).get("password") === "对的口令";
      renewed ||= right;
      return right ? { status: 204 } : { status: 401, contentType: "text/plain; charset=utf-8", body: "口令不正确。" };
    },
  };
  const { page, posted } = await formPage(answers);
  await page.getByLabel("地点").fill("某某路 300 号");
  const password = page.getByLabel("甲 的口令");
  await password.fill("错的口令");
  await page.getByRole("button", { name: "继续", exact: true }).click();
  await page.getByText("口令不正确。").waitFor();
  await password.fill("对的口令");
  await page.getByRole("button", { name: "继续", exact: true }).click();
  await page.getByText("草稿已保存").waitFor();
  assert.equal(last(posted, "POST /drafts/17").fields.get("place"), "某某路 300 号");
  assert.equal(await page.getByLabel("地点").inputValue(), "某某路 300 号");
  assert.deepEqual(page.faults, []);
});

test("files travel first and the form leaves with their handles", async () => {
  const answers = { "POST /intake": () => ({ status: 201, contentType: "application/json", body: '{"handle":"h-1"}' }) };
  const { page, posted } = await formPage(answers);
  await page.getByLabel("签字件扫描").setInputFiles({ name: "扫描 1.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7 内容") });
  await page.getByRole("button", { name: "记录询问" }).click();
  await page.getByText("记录", { exact: true }).waitFor();
  assert.equal(last(posted, "POST /intake").body, "%PDF-1.7 内容");
  const { fields } = last(posted, "POST /cases/8/inquiry");
  assert.equal(fields.get("scan"), "h-1");
  assert.equal(fields.get("place"), "某某路 128 号");
});

test("a file that does not arrive keeps the form where it is", async () => {
  const answers = { "POST /intake": () => ({ status: 507, contentType: "text/plain; charset=utf-8", body: "磁盘空间不足，没有收下。" }) };
  const { page, posted } = await formPage(answers);
  await page.getByLabel("签字件扫描").setInputFiles({ name: "a.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF") });
  await page.getByRole("button", { name: "记录询问" }).click();
  await page.getByText("磁盘空间不足，没有收下。").waitFor();
  assert.equal(last(posted, "POST /cases/8/inquiry"), undefined);
});

test("what cannot be taken back is asked first, and goes out once", async () => {
  const { page, posted } = await formPage();
  await page.evaluate(() => (document.querySelector("main form").dataset.confirm = "送出后不能撤回。"));
  await page.getByRole("button", { name: "记录询问" }).click();
  await page.getByRole("button", { name: "返回", exact: true }).click();
  assert.equal(posted.length, 0);
  await page.getByRole("button", { name: "记录询问" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "记录询问" }).dblclick({ noWaitAfter: true }).catch(() => undefined);
  await page.getByText("记录", { exact: true }).waitFor();
  assert.equal(posted.filter((one) => one.name === "POST /cases/8/inquiry").length, 1);
});

test("with scripts off the form and its row buttons post as they are", async () => {
  const { page, posted } = await formPage({}, { scripts: false });
  await page.getByRole("button", { name: "增加一问一答" }).click();
  await page.getByText("记录", { exact: true }).waitFor();
  assert.match(last(posted, "POST /cases/8/inquiry").body, /name="add"\r\n\r\nqa/);
});

test("the preview follows what is typed", async () => {
  const answers = { "POST /papers/7/preview": (request) => ({ contentType: "text/html; charset=utf-8", body: `<p>第一页：${new URLSearchParams(request.postData()).get("place")}</p>` }) };
  const { page } = await formPage(answers);
  await page.evaluate(() => {
    const place = document.createElement("div");
    place.id = "preview";
    document.querySelector("main").append(place);
    Object.assign(document.querySelector("main form").dataset, { preview: "/papers/7/preview", previewInto: "#preview" });
  });
  await page.getByLabel("地点").fill("某某路 400 号");
  await page.getByText("第一页：某某路 400 号").waitFor();
  assert.deepEqual(page.faults, []);
});

test("htmx inserts a fragment of ours, and a script in it never runs", async () => {
  const answers = { "GET /fragment": () => ({ contentType: "text/html; charset=utf-8", body: "<p>片段</p><script>document.title = '坏了'</script><img src=x onerror=\"document.title = '坏了'\">" }) };
  const { page } = await formPage(answers);
  await page.evaluate(() => {
    const button = document.createElement("button");
    button.setAttribute("hx-get", "/fragment");
    button.setAttribute("hx-target", "#main");
    button.textContent = "取片段";
    document.querySelector("main").append(button);
    globalThis.htmx.process(button);
  });
  await page.getByRole("button", { name: "取片段" }).click();
  await page.getByText("片段", { exact: true }).waitFor();
  await page.waitForLoadState("networkidle");
  assert.doesNotMatch(await page.title(), /坏了/);
});

test("the player jumps to a mark, moves by keys and says what was played when it is left", async () => {
  const { page } = await formPage({ "POST /viewings/1/close": () => ({ status: 204 }) });
  await page.goto(galleryUrl("parts"));
  // No recording is needed: only the place is looked at.
  await page.evaluate(() => {
    const media = document.querySelector("video");
    let at = 0;
    Object.defineProperty(media, "currentTime", { get: () => at, set: (value) => (at = value) });
  });
  await page.getByRole("link", { name: "出示证件" }).click();
  assert.equal(await page.evaluate(() => document.querySelector("video").currentTime), 12);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("l");
  assert.equal(await page.evaluate(() => document.querySelector("video").currentTime), 22);
  // The browser reports no request of a page that is gone, so the leaving is acted.
  const left = page.waitForRequest("**/viewings/1/close");
  await page.evaluate(() => window.dispatchEvent(new Event("pagehide")));
  assert.equal(new URLSearchParams((await left).postData()).get("played"), "");
});

test("a picture's viewing ends when its page is left, though nothing was played", async () => {
  const { page } = await formPage({ "POST /viewings/1/close": () => ({ status: 204 }) });
  await page.goto(galleryUrl("parts"));
  await page.evaluate(() => document.querySelector("video").remove());
  const left = page.waitForRequest("**/viewings/1/close");
  await page.evaluate(() => window.dispatchEvent(new Event("pagehide")));
  assert.equal(new URLSearchParams((await left).postData()).get("played"), "");
});
