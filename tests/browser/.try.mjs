import { launch, openPage, signIn, WIDE, PHONE } from "./lib.mjs";
import * as lib from "./lib.mjs";
const base = "http://127.0.0.1:8791";
const browser = await launch();
async function shot(page, name){ await page.waitForTimeout(900); const over = await page.evaluate(()=>document.documentElement.scrollWidth-document.documentElement.clientWidth); console.log(name, page.url(), "overflow", over, page.faults.splice(0)); await page.screenshot({path:`/tmp/shots/${name}.png`, fullPage:true});
  const check = lib.axe ?? lib.violations ?? lib.accessible; if (check) try { const v = await check(page); if (v && v.length) console.log("AXE", name, JSON.stringify(v).slice(0,1500)); } catch(e){ console.log("AXE", name, String(e).slice(0,1500)); } }
for (const [w,tag] of [[WIDE,"w"],[PHONE,"p"]]) {
  const page = await openPage(browser,{width:w, baseURL: base});
  await signIn(page,"zhaojianguo","liuhen-demo-zhaojianguo");
  await page.goto("/cases");
  const cases = await page.$$eval("a[href^='/cases/']", as=>[...new Set(as.map(a=>a.getAttribute("href")))].filter(h=>/^\/cases\/[0-9a-f-]{36}$/.test(h)));
  if (tag=="w") console.log(cases.length, "cases");
  let papers=[];
  let best=cases[0], n=-1;
  for (const c of cases){ await page.goto(c+"/papers"); const ps=await page.$$eval("a[href*='/papers/']", as=>as.map(a=>a.getAttribute("href")).filter(h=>/papers\/[0-9a-f-]{36}$/.test(h))); if(ps.length>n){n=ps.length;best=c;papers=ps;} }
  await page.goto(best+"/papers"); await shot(page, tag+"-list");
  const seen=new Set();
  for (const p of papers) { await page.goto(p); const t=await page.title(); const key=t.split(" ")[0]; if(seen.has(key)) continue; seen.add(key); if(["行政处罚决定书","立案审批表","调查询问笔录"].some(k=>t.startsWith(k))) { await shot(page, tag+"-paper-"+key); for (const a of ["serve","scan","refuse-signature"]) if (await page.$(`a[href$="/${a}"]`)) { await page.goto(p+"/"+a); await shot(page, tag+"-"+a); } } }
  for (const k of ["inquiry-record","prior-notice","inspection-record"]) { await page.goto(best+"/papers/new/"+k); await page.waitForTimeout(2500); await shot(page, tag+"-new-"+k); }
  await page.goto("/papers"); await shot(page, tag+"-papers"); await page.goto("/drafts"); await shot(page, tag+"-drafts");
  const head = await openPage(browser,{width:w, baseURL: base});
  for (const who of ["zhoumingyuan","sunlihua","wuqing"]) { const h = await openPage(browser,{width:w, baseURL: base}); await signIn(h,who,"liuhen-demo-"+who); await h.goto("/approvals"); await shot(h, tag+"-approvals-"+who); const link=await h.$("main td a[href*='/papers/']"); if(link){ await link.click(); await h.waitForLoadState(); await shot(h, tag+"-approve-"+who);} }
}
await browser.close();
