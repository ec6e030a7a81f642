// Footage of the stories, made here: a test picture with a running clock, and a voice that says in
// Mandarin when, where, who and which step, as officers must at the start of a recording
// (第十条). Made once and kept under target/. And the little sheets that stand for scans.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const FONT = join(process.env.LIUHEN_FONTS ?? join(root, ".fonts"), "NotoSansCJK-Regular.ttc");

/**
 * A film of one step, as a path. `at` is the office's wall clock ("2025-11-04T15:00"); it runs in
 * the picture.
 */
export async function film({ at, place, officers, party, step }) {
  const said = `现在是${spoken(at)}，地点${place}，执法人员${officers.join("、")}，当事人${party}，${step}开始，全程录音录像。`;
  const folder = join(root, "target", "footage");
  const path = join(folder, `${createHash("sha256").update(said).digest("hex").slice(0, 16)}.mp4`);
  if (await stat(path).catch(() => null)) return path;
  await mkdir(folder, { recursive: true });
  const voice = `${path}.${process.pid}.wav`;
  const made = `${path}.${process.pid}.mp4`;
  await run("espeak-ng", ["-v", "cmn", "-s", "200", "-w", voice, said]);
  // Drawn as UTC, so that the clock in the picture is the wall clock given.
  const second = Date.parse(`${at}:00Z`) / 1000;
  const clock = `drawtext=fontfile=${FONT}:fontsize=20:x=10:y=10:fontcolor=white:box=1:boxcolor=black:text='%{pts\\:gmtime\\:${second}}'`;
  const words = `drawtext=fontfile=${FONT}:fontsize=20:x=10:y=206:fontcolor=white:box=1:boxcolor=black:text='${step}'`;
  await run("ffmpeg", [
    ...["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=10", "-i", voice],
    ...["-vf", `${clock},${words}`, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10"],
    ...["-c:a", "aac", "-b:a", "32k", "-shortest", "-movflags", "+faststart", made],
  ]);
  await rm(voice);
  await rename(made, path);
  return path;
}

function spoken(at) {
  const [, year, month, day, hour, minute] = at.match(/^(\d+)-(\d+)-(\d+)T(\d+):(\d+)/);
  return `${year}年${Number(month)}月${Number(day)}日${Number(hour)}点${Number(minute)}分`;
}

/** A scanned sheet: a PDF of so many empty pages, its bytes distinct by `mark`. */
export function sheets(mark, pagesCount) {
  const kids = Array.from({ length: pagesCount }, (_, i) => `${3 + i} 0 R`).join(" ");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${kids}] /Count ${pagesCount} >>`,
    ...Array.from({ length: pagesCount }, () => "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>"),
  ];
  let text = `%PDF-1.4\n% ${Buffer.from(mark).toString("hex")}\n`;
  const offsets = objects.map((object, i) => {
    const offset = text.length;
    text += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const end = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return Buffer.from(text + end, "latin1");
}
