// Keeping drafts: `form[data-autosave="/drafts/…"]` is posted a few seconds after a change. When the
// network is gone a copy stays in this tab's session storage, without fields marked
// data-protected; it is offered when the page opens again and cleared at sign-out.
import { fetchRenewed } from "./renew";
import { isComposing } from "./submit";
import { growRowsFor } from "./rows";

const prefix = "liuhen-draft:";
const pauseMs = 2500;
const retryMs = 10_000;

type Copy = { account: string; at: string; fields: [string, string][] };
type State = { timer: number; dirty: boolean; stopped: boolean };

const states = new WeakMap<HTMLFormElement, State>();

export function installDrafts(): void {
  dropCopiesOfOthers();
  const changed = (event: Event) => {
    const form = (event.target as Element).closest<HTMLFormElement>("form[data-autosave]");
    if (form) schedule(form, pauseMs);
  };
  document.addEventListener("input", changed);
  document.addEventListener("change", changed);
  document.addEventListener("compositionend", changed);
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.matches("[data-sign-out]")) clearCopies();
    if (!form.matches("[data-autosave]") || event.defaultPrevented) return;
    const state = stateOf(form);
    clearTimeout(state.timer);
    state.dirty = false;
    if (navigator.onLine) sessionStorage.removeItem(keyOf(form));
  });
  window.addEventListener("pagehide", () => document.querySelectorAll<HTMLFormElement>("form[data-autosave]").forEach(saveOnLeaving));
  document.querySelectorAll<HTMLFormElement>("form[data-autosave]").forEach(offer);
}

function stateOf(form: HTMLFormElement): State {
  let state = states.get(form);
  if (!state) {
    state = { timer: 0, dirty: false, stopped: false };
    states.set(form, state);
  }
  return state;
}

function schedule(form: HTMLFormElement, delayMs: number): void {
  const state = stateOf(form);
  if (state.stopped) return;
  state.dirty = true;
  clearTimeout(state.timer);
  state.timer = window.setTimeout(() => void save(form), delayMs);
}

async function save(form: HTMLFormElement): Promise<void> {
  const state = stateOf(form);
  if (!state.dirty || state.stopped || !form.isConnected) return;
  if (isComposing()) {
    schedule(form, pauseMs);
    return;
  }
  state.dirty = false;
  try {
    const answer = await fetchRenewed(form.dataset.autosave!, { method: "POST", body: params(form) });
    if (answer.ok) {
      const version = answer.headers.get("X-Draft-Version");
      const field = form.querySelector<HTMLInputElement>("input[data-draft-version]");
      if (version && field) field.value = version;
      sessionStorage.removeItem(keyOf(form));
      tell(form, `草稿已保存 ${clock()}`);
    } else if (answer.status === 409) {
      state.stopped = true;
      tell(form, "这份草稿已在别处改动：此处不再自动保存，您写的内容还在，送出时会并列显示两个版本。");
    } else {
      state.dirty = true;
      tell(form, answer.status === 401 ? "登录已过期，草稿尚未保存。" : "草稿尚未保存，稍后再试。");
      keepCopy(form);
      state.timer = window.setTimeout(() => void save(form), retryMs);
    }
  } catch {
    state.dirty = true;
    keepCopy(form);
    tell(form, "网络不通：草稿暂存在本机这个窗口（不含受保护的内容），恢复后自动送出。");
    state.timer = window.setTimeout(() => void save(form), retryMs);
  }
}

function saveOnLeaving(form: HTMLFormElement): void {
  const state = stateOf(form);
  if (!state.dirty || state.stopped) return;
  if (!navigator.sendBeacon(form.dataset.autosave!, params(form))) keepCopy(form);
}

function params(form: HTMLFormElement): URLSearchParams {
  const body = new URLSearchParams();
  for (const [name, value] of Array.from(new FormData(form).entries())) if (typeof value === "string") body.append(name, value);
  return body;
}

function keepCopy(form: HTMLFormElement): void {
  const fields: [string, string][] = [];
  for (const control of Array.from(form.elements)) {
    if (!(control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement || control instanceof HTMLSelectElement)) continue;
    if (!control.name || control.disabled || control.closest("[data-protected]")) continue;
    if (control instanceof HTMLInputElement) {
      if (["hidden", "password", "file"].includes(control.type)) continue;
      if (["checkbox", "radio"].includes(control.type) && !control.checked) continue;
    }
    fields.push([control.name, control.value]);
  }
  const copy: Copy = { account: account(), at: clock(), fields };
  try {
    sessionStorage.setItem(keyOf(form), JSON.stringify(copy));
  } catch {
    tell(form, "网络不通，本机也放不下草稿：请不要关闭页面。");
  }
}

function offer(form: HTMLFormElement): void {
  const text = sessionStorage.getItem(keyOf(form));
  const place = form.querySelector<HTMLElement>("[data-draft-state]");
  if (!text || !place) return;
  const copy = JSON.parse(text) as Copy;
  const restore = document.createElement("button");
  const discard = document.createElement("button");
  restore.type = discard.type = "button";
  restore.className = discard.className = "linkish";
  restore.textContent = "恢复到表中";
  discard.textContent = "丢弃";
  restore.onclick = () => {
    fill(form, copy.fields);
    schedule(form, 0);
    tell(form, "已恢复，请核对；受保护的内容需重新填写。");
  };
  discard.onclick = () => {
    sessionStorage.removeItem(keyOf(form));
    tell(form, "");
  };
  place.replaceChildren(`本机有 ${copy.at} 未送出的草稿：`, restore, " ", discard);
}

function fill(form: HTMLFormElement, fields: [string, string][]): void {
  for (const [name] of fields) growRowsFor(form, name);
  const values = new Map<string, string[]>();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
  for (const control of Array.from(form.elements)) {
    if (control instanceof HTMLInputElement && ["checkbox", "radio"].includes(control.type)) {
      if (control.name && !control.closest("[data-protected]")) control.checked = values.get(control.name)?.includes(control.value) ?? false;
    } else if (control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement || control instanceof HTMLSelectElement) {
      const value = values.get(control.name)?.shift();
      if (value !== undefined) control.value = value;
    }
  }
}

function tell(form: HTMLFormElement, text: string): void {
  const place = form.querySelector<HTMLElement>("[data-draft-state]");
  if (place) place.textContent = text;
}

function keyOf(form: HTMLFormElement): string {
  return prefix + form.dataset.autosave;
}

function account(): string {
  return document.body.dataset.account ?? "";
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}

function copies(): string[] {
  return Object.keys(sessionStorage).filter((key) => key.startsWith(prefix));
}

function clearCopies(): void {
  copies().forEach((key) => sessionStorage.removeItem(key));
}

/** Another person signed in on this tab never sees what the first one wrote. */
function dropCopiesOfOthers(): void {
  if (!account()) return;
  for (const key of copies()) {
    const copy = JSON.parse(sessionStorage.getItem(key) ?? "{}") as Partial<Copy>;
    if (copy.account !== account()) sessionStorage.removeItem(key);
  }
}
