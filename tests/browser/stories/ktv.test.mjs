// 一、KTV (published decision B, anonymised), from the police's letter to the bound volume, through
// the pages. Nothing in it is irregular.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import { Bureau, People, script } from "../hand.mjs";
import { launch } from "../lib.mjs";
import { Telling, plays } from "../script.mjs";

test("歌舞娱乐场所案，从来函到归档", { timeout: 8 * 60_000 }, async () => {
  const [bureau, browser, told] = await Promise.all([Bureau.open("2025-10-28"), launch(), script("ktv")]);
  try {
    const people = new People(browser, bureau);
    const telling = new Telling(people, told);
    await telling.tell();
    console.log(Object.fromEntries(telling.typed));
  } finally {
    await browser.close();
    await bureau.close();
  }
});
