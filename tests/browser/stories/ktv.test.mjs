// 一、KTV (published decision B, anonymised), from the police's letter to the bound volume, through
// the pages. Nothing in it is irregular.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fill, press, script, stage } from "../hand.mjs";
import { Telling, plays, typedTwice, volumeText } from "../script.mjs";

/** The officers note the visit itself beside what they write there. */
async function visits(telling) {
  await telling.bureau.step("2025-11-04T16:12:00");
  const path = `${telling.file}/start-visit`;
  const page = await telling.people.at("zhaojianguo", path);
  const form = page.locator(`form[action="${path}"]`);
  await fill(page, form, { place: telling.party.address, certificates_shown: "yes", arrived_at: "2025-11-04T15:00", purpose: "核查公安机关来函反映的情况", present: "何某某" });
  await press(page, form.locator(".actions button").first());
  const leaving = `${telling.file}/end-visit`;
  const after = await telling.people.at("zhaojianguo", leaving);
  const left = after.locator(`form[action="${leaving}"]`);
  await fill(after, left, { left_at: "2025-11-04T16:10" });
  await press(after, left.locator(".actions button").first());
}

test("歌舞娱乐场所允许未成年人进入案，从来函到归档", { timeout: 6 * 60_000 }, async () => {
  const told = await script("ktv");
  await stage("2025-10-28", async (people) => {
    const telling = new Telling(people, told);
    await telling.tell(async ({ event }) => {
      if (event.kind !== "paper-submitted") return;
      if (event.paper_kind === "rights-notice") await visits(telling);
      if (event.paper_kind === "evidence-list") {
        const scene = telling.evidence.get(2);
        assert.equal(scene.name, "场所监控录像");
        assert.ok((await plays(people, "qianxiaomei", scene, "核对进入包房的时间")) > 5, "the film plays to its end");
      }
    });

    const page = await people.at("zhaojianguo", telling.file);
    assert.match(await page.locator("ol.rail li").last().innerText(), /归档[\s\S]*已完成/);
    assert.deepEqual(await page.locator("ol.acts .flaw").allInnerTexts(), [], "no act is irregular");
    assert.equal(await page.getByRole("heading", { name: "瑕疵" }).count(), 0, "nor was anything done late");
    assert.ok(await page.getByText("陈述申辩").first().isVisible());

    const volume = await volumeText(telling);
    for (const words of [telling.party.name, "陈㛃堃", "罚款人民币10000元", "（演示）文综罚字〔2025〕1号", "备考表"]) assert.ok(volume.includes(words), words);
    const viewings = await people.at("heping", "/viewings");
    assert.match(await viewings.locator("main").innerText(), /核对进入包房的时间/);
    assert.deepEqual(typedTwice(telling.typed), []);
    assert.deepEqual(people.faults(), []);
  });
});
