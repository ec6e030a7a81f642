// 二、网咖 (published decision A, anonymised), from the police's letter to the bound volume, through
// the pages. What was irregular in it stands in the file as it was: the operator was heard before
// the filing, and the notice was served on a Saturday.
import assert from "node:assert/strict";
import { test } from "node:test";
import { script, stage } from "../hand.mjs";
import { Telling, plays, typedTwice, volumeText } from "../script.mjs";

test("网咖接纳未成年人案，从移送到归档", { timeout: 6 * 60_000 }, async () => {
  const told = await script("internet-cafe");
  await stage("2021-12-15", async (people) => {
    const telling = new Telling(people, told);
    await telling.tell(async (record) => {
      if (record.event.kind !== "paper-submitted" || record.event.paper_kind !== "evidence-list") return;
      const heard = telling.evidence.get(3);
      assert.equal(heard.name, "询问录音录像");
      assert.ok((await plays(people, "zhaojianguo", heard, "整理证据，核对笔录")) > 5, "the film plays to its end");
    });

    const page = await people.at("zhaojianguo", telling.file);
    assert.match(await page.locator("ol.rail li").last().innerText(), /归档[\s\S]*已完成/);
    const flaws = await page.locator("ol.acts li.act", { has: page.locator(".flaw") }).allInnerTexts();
    assert.equal(flaws.length, 2, flaws.join("\n"));
    assert.match(flaws[0], /送达行政处罚事先告知书[\s\S]*2021年12月25日不是工作日/);
    assert.match(flaws[1], /制作调查询问笔录[\s\S]*询问早于立案/);
    assert.match(await page.locator("h3.day", { hasText: "2021年12月25日" }).innerText(), /星期六/);
    assert.ok(await page.getByText("放弃陈述申辩").first().isVisible());

    const volume = await volumeText(telling);
    for (const words of [telling.party.name, "罚款人民币8000元", "（演示）文综罚字〔2021〕1号", "备考表"]) assert.ok(volume.includes(words), words);
    const viewings = await people.at("heping", "/viewings");
    assert.match(await viewings.locator("main").innerText(), /整理证据，核对笔录/);
    assert.deepEqual(typedTwice(telling.typed), []);
    assert.deepEqual(people.faults(), []);
  });
});
