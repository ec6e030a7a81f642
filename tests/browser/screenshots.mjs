// The two pictures of the README: the workbench, and a case, as a handler of the demonstration.
import { join } from "node:path";
import { accountOf } from "./accounts.mjs";
import { WIDE, launch, openPage, signIn } from "./lib.mjs";

const browser = await launch();
try {
  const page = await openPage(browser, { baseURL: process.env.LIUHEN_URL, width: WIDE });
  const who = accountOf("承办机构负责人");
  await signIn(page, who.account, who.password);
  await page.screenshot({ path: join(process.env.LIUHEN_PICTURES, "workbench.png") });
  await page.goto("/cases");
  const cases = await page.$$eval("a[href^='/cases/']", (all) => all.map((a) => a.getAttribute("href")));
  const first = cases.find((href) => /^\/cases\/[0-9a-f-]{36}$/.test(href));
  await page.goto(first);
  await page.screenshot({ path: join(process.env.LIUHEN_PICTURES, "case.png") });
} finally {
  await browser.close();
}
