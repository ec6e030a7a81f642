// Files of `input[type=file][data-upload]` travel first, each as the body of its own request, so
// that their size has no bound and their progress shows. The address answers 201 with JSON
// { "handle": "…" }; the form then leaves with the handles under the field's name instead of the
// files. Without scripts the form carries the files itself (multipart).
import { renew } from "./renew";

export function hasFilesToSend(form: HTMLFormElement): boolean {
  return fileInputs(form).some((input) => (input.files?.length ?? 0) > 0);
}

/** Sends every chosen file in turn; false when one did not arrive. */
export async function sendFiles(form: HTMLFormElement): Promise<boolean> {
  const guard = (event: BeforeUnloadEvent) => {
    event.preventDefault();
    event.returnValue = "";
  };
  window.addEventListener("beforeunload", guard);
  try {
    for (const input of fileInputs(form)) {
      const shown = new Progress(input);
      for (const file of Array.from(input.files ?? [])) {
        const handle = await sendOne(address(form, input), file, shown);
        if (handle === null) return false;
        const hidden = document.createElement("input");
        hidden.type = "hidden";
        hidden.name = input.name;
        hidden.value = handle;
        input.after(hidden);
      }
      input.disabled = true;
    }
    form.enctype = "application/x-www-form-urlencoded";
    return true;
  } finally {
    window.removeEventListener("beforeunload", guard);
  }
}

/** What shows protected persons is sealed as it comes in: the choice goes ahead of the bytes. */
function address(form: HTMLFormElement, input: HTMLInputElement): string {
  const url = input.dataset.upload!;
  const secret = form.querySelector<HTMLInputElement>('input[name="protected"][value="yes"]')?.checked;
  return secret ? `${url}${url.includes("?") ? "&" : "?"}protected=yes` : url;
}

function fileInputs(form: HTMLFormElement): HTMLInputElement[] {
  return Array.from(form.querySelectorAll<HTMLInputElement>("input[type=file][data-upload]:not(:disabled)"));
}

async function sendOne(url: string, file: File, shown: Progress): Promise<string | null> {
  for (;;) {
    const answer = await transfer(url, file, shown);
    if (answer.status === 401 && (await renew())) continue;
    if (answer.status === 201) {
      const handle = (JSON.parse(answer.text) as { handle?: string }).handle;
      if (handle) {
        shown.finish(file.name);
        return handle;
      }
    }
    shown.fail(answer.status === 0 ? "上传中断，请再按一次。" : answer.plain || `没有收下（${answer.status}）。`);
    return null;
  }
}

type Answer = { status: number; text: string; plain: string };

function transfer(url: string, file: File, shown: Progress): Promise<Answer> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const started = performance.now();
    request.open("POST", url);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
    request.upload.addEventListener("progress", (event) => {
      shown.update(file.name, event.loaded, file.size, (performance.now() - started) / 1000);
    });
    const done = () => {
      const plain = (request.getResponseHeader("Content-Type") ?? "").startsWith("text/plain");
      resolve({ status: request.status, text: request.responseText, plain: plain ? request.responseText : "" });
    };
    request.addEventListener("loadend", done);
    shown.onCancel(() => request.abort());
    request.send(file);
  });
}

/** The bar under the field: how far, how fast, how long still. */
class Progress {
  private readonly box = document.createElement("div");
  private readonly bar = document.createElement("progress");
  private readonly text = document.createElement("span");
  private readonly cancel = document.createElement("button");

  constructor(input: HTMLInputElement) {
    const line = document.createElement("div");
    const id = `${input.id}-progress`;
    document.getElementById(id)?.remove();
    this.box.id = id;
    this.box.className = "upload";
    line.className = "line";
    this.text.setAttribute("role", "status");
    this.bar.setAttribute("aria-label", "上传进度");
    this.cancel.type = "button";
    this.cancel.className = "linkish";
    this.cancel.textContent = "停止上传";
    line.append(this.text, this.cancel);
    this.box.append(this.bar, line);
    input.after(this.box);
  }

  onCancel(act: () => void): void {
    this.cancel.onclick = act;
  }

  update(name: string, sent: number, size: number, seconds: number): void {
    this.bar.max = size || 1;
    this.bar.value = sent;
    const rate = seconds > 0.5 ? sent / seconds : 0;
    const left = rate > 0 ? Math.ceil((size - sent) / rate) : 0;
    const percent = size ? Math.floor((sent / size) * 100) : 100;
    // At the end the server still hashes and reads back: say so instead of standing at 100 %.
    this.text.textContent =
      sent >= size ? `${name} 已送达，正在校验` : `${name} ${percent}%` + (rate ? ` · 每秒 ${bytes(rate)} · 约剩 ${duration(left)}` : "");
  }

  finish(name: string): void {
    this.bar.value = this.bar.max;
    this.text.textContent = `${name} 已收下并校验`;
    this.cancel.hidden = true;
  }

  fail(message: string): void {
    this.bar.hidden = true;
    this.cancel.hidden = true;
    this.text.setAttribute("role", "alert");
    this.text.textContent = message;
  }
}

function bytes(count: number): string {
  const units = ["B", "KB", "MB", "GB"];
  let step = 0;
  while (count >= 1000 && step < units.length - 1) {
    count /= 1000;
    step += 1;
  }
  return `${count < 10 && step > 0 ? count.toFixed(1) : Math.round(count)} ${units[step]}`;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} 秒`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} 分 ${seconds % 60} 秒`;
  return `${Math.floor(seconds / 3600)} 小时 ${Math.floor((seconds % 3600) / 60)} 分`;
}
