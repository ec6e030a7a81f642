// Nothing typed is lost: a draft outlives the page, an expired sign-in is renewed where one stands,
// and of two people who write one paper each sees both versions.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Bureau, People, fill, press } from "../hand.mjs";
import { launch } from "../lib.mjs";
import { opensCase } from "../script.mjs";

const DAY = "2026-08-17";
let bureau, browser, people, file;

before(async () => {
  bureau = await Bureau.open(DAY);
  browser = await launch();
  people = new People(browser, bureau);
  await bureau.step(`${DAY}T09:00:00`);
  file = await opensCase(people, "zhaojianguo", ["赵建国", "钱晓梅"], `${DAY}T08:50`);
});

after(async () => {
  await browser?.close();
  await bureau?.close();
});

const summary = (page) => page.locator('textarea[name="case_summary"]');
const kept = (page) => page.locator("[data-draft-state]", { hasText: "草稿已保存" });

test("草稿自动保存，刷新后还在；登录过期就地续上", { timeout: 120_000 }, async () => {
  const page = await people.at("zhaojianguo", `${file}/papers/new/filing-approval`);
  await summary(page).fill("夜间多人上网，未核对身份证件。");
  await kept(page).waitFor();
  await page.reload();
  assert.equal(await summary(page).inputValue(), "夜间多人上网，未核对身份证件。");

  // A night later the sign-in is over; the page still stands open.
  await bureau.step("2026-08-18T09:00:00");
  await summary(page).fill("夜间多人上网，未核对身份证件。补充：其中一人未满十八周岁。");
  const dialog = page.locator("dialog#renew");
  await dialog.waitFor();
  await dialog.locator('[name="password"]').fill("不对的口令");
  await dialog.getByRole("button", { name: "继续" }).click();
  await dialog.locator("[data-error]", { hasText: /.+/ }).waitFor();
  await dialog.locator('[name="password"]').fill(bureau.passwords.get("zhaojianguo"));
  await dialog.getByRole("button", { name: "继续" }).click();
  await dialog.waitFor({ state: "hidden" });
  await kept(page).waitFor();
  assert.match(await summary(page).inputValue(), /其中一人未满十八周岁/);
  await page.reload();
  assert.match(await summary(page).inputValue(), /其中一人未满十八周岁/);
  assert.deepEqual(people.faults(), []);
});

test("两人同改一份文书，两个版本都看得到", { timeout: 120_000 }, async () => {
  const page = await people.at("zhaojianguo", `${file}/papers/new/filing-approval`);
  const grounds = ["有明确的违法嫌疑人", "有违法事实需要调查", "属于本机关管辖", "未超过追责期限"];
  const form = page.locator("form[data-preview]");
  await fill(page, form, { case_summary: "共同的原文。", grounds, articles_violated: ["《互联网上网服务营业场所管理条例》第二十三条"], _opinion: "建议立案。" });
  await press(page, form.locator(".actions button:not(.plain)"));
  const paper = new URL(page.url()).pathname;

  const zhao = await people.at("zhaojianguo", `${paper}/revise`);
  const qian = await people.at("qianxiaomei", `${paper}/revise`);
  await summary(zhao).fill("赵建国的改法。");
  await summary(qian).fill("钱晓梅的改法。");
  const act = 'form[data-preview] .actions button:not(.plain)';
  await press(zhao, zhao.locator(act));
  await press(qian, qian.locator(act), 409);
  const differences = await qian.locator("#differences").innerText();
  assert.match(differences, /赵建国的改法。/);
  assert.match(differences, /钱晓梅的改法。/);
  assert.equal(await summary(qian).inputValue(), "钱晓梅的改法。", "what was typed stands in the form");
  await press(qian, qian.locator(act));
  const versions = await qian.locator("main").innerText();
  assert.match(versions, /第3版 钱晓梅/);
  assert.match(versions, /第2版 赵建国/);
});
