// Without scripts: sign in, register a clue, accept it, fill in a paper with its rows, approve it;
// all of it as plain HTML.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fill, press, stage } from "../hand.mjs";
import { opensCase } from "../script.mjs";

const DAY = "2026-08-17";

test("关闭脚本也能登记、受案、制作文书、审批", { timeout: 120_000 }, async () => {
  const play = async (people) => {
    const { bureau } = people;
    await bureau.step(`${DAY}T09:00:00`);
    const file = await opensCase(people, "zhaojianguo", ["赵建国", "钱晓梅"], `${DAY}T08:50`);

    const page = await people.at("zhaojianguo", `${file}/papers/new/filing-approval`);
    const form = page.locator("form[data-preview]");
    const values = {
      case_summary: "夜间多人上网，未核对身份证件。",
      grounds: ["有明确的违法嫌疑人", "有违法事实需要调查", "属于本机关管辖", "未超过追责期限"],
      articles_violated: ["《互联网上网服务营业场所管理条例》第二十三条", "《中华人民共和国未成年人保护法》第五十八条"],
      _opinion: "建议立案。",
    };
    await fill(page, form, values);
    await press(page, form.getByRole("button", { name: "看预览" }).last());
    assert.ok((await page.locator("#preview img").count()) > 0, "the pages are shown by posting");
    assert.equal(await page.locator('[name="articles_violated.1"]').inputValue(), values.articles_violated[1]);
    await press(page, form.locator(".actions button:not(.plain)"));
    const paper = new URL(page.url()).pathname;

    for (const [account, opinion] of [["sunlihua", "情况属实，同意，报请审批。"], ["zhoumingyuan", "同意。"]]) {
      const seen = await people.at(account, paper);
      assert.ok((await seen.locator("#whole .pages img").count()) > 0);
      const own = seen.locator("#opinion form");
      await fill(seen, own, { outcome: "approve", opinion });
      await own.locator('[name="password"]').fill(bureau.passwords.get(account));
      await press(seen, own.getByRole("button", { name: "签署意见" }));
    }
    await bureau.step();
    const issued = await people.at("zhaojianguo", paper);
    assert.match(await issued.locator("main").innerText(), /（演示）文综立字〔2026〕1号/);
    const list = await people.at("zhaojianguo", file);
    assert.match(await list.locator("main").innerText(), /（演示）文综案〔2026〕1号/);
  };
  await stage(DAY, play, { scripts: false });
});
