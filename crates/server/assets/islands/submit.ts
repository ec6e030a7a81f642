// What happens between pressing a button and the form leaving: not while an IME composes, first
// the confirmation, then the files, then the check that the sign-in still holds, and once only.
import { answeredWithin, ensureSignedIn } from "./renew";
import { confirmWith } from "./confirm";
import { hasFilesToSend, sendFiles } from "./upload";

const passed = new WeakSet<HTMLFormElement>();
const busy = new WeakSet<HTMLFormElement>();
let composing = false;

export function isComposing(): boolean {
  return composing;
}

export function installSubmit(): void {
  document.addEventListener("compositionstart", () => (composing = true), true);
  document.addEventListener("compositionend", () => (composing = false), true);
  document.addEventListener("submit", onSubmit, true);
  // A page brought back by the browser's back button has its buttons again.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll<HTMLButtonElement>("button[data-sent]").forEach((button) => {
      button.disabled = false;
      button.removeAttribute("data-sent");
    });
  });
}

function onSubmit(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  const method = (form.getAttribute("method") ?? "get").toLowerCase();
  const byHtmx = form.matches("[hx-post], [hx-get]");
  if ((method !== "post" && !byHtmx) || form.closest("#renew")) return;
  const button = event.submitter as HTMLButtonElement | null;
  if (passed.delete(form)) {
    // Disabled after the browser has taken its name and value; htmx disables its own.
    if (button && !byHtmx) setTimeout(() => lock(button));
    return;
  }
  if (composing || busy.has(form)) {
    stop(event);
    return;
  }
  const question = button?.dataset.confirm ?? form.dataset.confirm;
  const files = hasFilesToSend(form);
  const stale = method === "post" && document.querySelector("#renew") !== null && !answeredWithin(120);
  if (!question && !files && !stale) {
    if (button && !byHtmx) setTimeout(() => lock(button));
    return;
  }
  stop(event);
  busy.add(form);
  void prepare(form, button, question, files, stale).then((ready) => {
    busy.delete(form);
    if (!ready) return;
    passed.add(form);
    form.requestSubmit(button ?? undefined);
    // Built-in validation may have stopped it; then the next press starts anew.
    passed.delete(form);
  });
}

async function prepare(form: HTMLFormElement, button: HTMLButtonElement | null, question: string | undefined, files: boolean, stale: boolean): Promise<boolean> {
  if (question && !(await confirmWith(question, button?.textContent?.trim() || "确认"))) return false;
  try {
    if (stale && !(await ensureSignedIn())) return false;
  } catch {
    // Without a network the browser's own message is clearer than silence.
    return true;
  }
  return !files || sendFiles(form);
}

function lock(button: HTMLButtonElement): void {
  button.dataset.sent = "";
  button.disabled = true;
}

function stop(event: Event): void {
  event.preventDefault();
  event.stopImmediatePropagation();
}
