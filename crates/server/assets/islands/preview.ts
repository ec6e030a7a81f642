// Live preview: `form[data-preview="/…"][data-preview-into="#id"]` is posted after a pause in typing,
// and the answer's fragment (pages as images) takes the place's content once its images are there.
import { fetchRenewed } from "./renew";
import { isComposing } from "./submit";
import { parseFragment } from "./trusted";

const pauseMs = 700;
const running = new WeakMap<HTMLFormElement, AbortController>();
const timers = new WeakMap<HTMLFormElement, number>();

export function installPreview(): void {
  const changed = (event: Event) => {
    const form = (event.target as Element).closest<HTMLFormElement>("form[data-preview]");
    if (form) schedule(form);
  };
  document.addEventListener("input", changed);
  document.addEventListener("change", changed);
  document.addEventListener("compositionend", changed);
  document.querySelectorAll<HTMLFormElement>("form[data-preview]").forEach((form) => void refresh(form));
}

function schedule(form: HTMLFormElement): void {
  clearTimeout(timers.get(form));
  timers.set(
    form,
    window.setTimeout(() => (isComposing() ? schedule(form) : void refresh(form)), pauseMs),
  );
}

async function refresh(form: HTMLFormElement): Promise<void> {
  const place = document.querySelector<HTMLElement>(form.dataset.previewInto ?? "");
  if (!place) return;
  running.get(form)?.abort();
  const control = new AbortController();
  running.set(form, control);
  place.setAttribute("aria-busy", "true");
  try {
    const body = new URLSearchParams();
    for (const [name, value] of Array.from(new FormData(form).entries())) if (typeof value === "string") body.append(name, value);
    const answer = await fetchRenewed(form.dataset.preview!, { method: "POST", body, signal: control.signal });
    const fragment = parseFragment(await answer.text());
    const images = Array.from(fragment.querySelectorAll("img"));
    await Promise.all(images.map((image) => image.decode().catch(() => undefined)));
    if (control.signal.aborted) return;
    place.replaceChildren(fragment);
  } catch {
    // The last preview stays: an aborted or unreachable one is no news.
  } finally {
    if (running.get(form) === control) place.removeAttribute("aria-busy");
  }
}
