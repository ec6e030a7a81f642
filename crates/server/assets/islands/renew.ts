// Renewal in place: when the sign-in has expired, the layout's dialog asks for the password and
// the request is repeated. Nothing that was typed leaves the page meanwhile.

let asking: Promise<boolean> | null = null;
let lastAnswered = Date.now();

/** True when a request was answered as signed in during the last `seconds`. */
export function answeredWithin(seconds: number): boolean {
  return Date.now() - lastAnswered < seconds * 1000;
}

/** `fetch` that renews an expired sign-in once and repeats the request. */
export async function fetchRenewed(url: string, init: RequestInit = {}): Promise<Response> {
  const first = await fetch(url, init);
  if (first.status !== 401) {
    lastAnswered = Date.now();
    return first;
  }
  if (!(await renew())) return first;
  return fetch(url, init);
}

/** Asks the server whether the sign-in still holds, and renews it when it does not. */
export async function ensureSignedIn(): Promise<boolean> {
  const answer = await fetch("/session", { cache: "no-store" });
  if (answer.status !== 401) {
    lastAnswered = Date.now();
    return true;
  }
  return renew();
}

/** Shows the dialog; resolves to whether the person is signed in again. */
export function renew(): Promise<boolean> {
  const dialog = document.querySelector<HTMLDialogElement>("#renew");
  if (!dialog || typeof dialog.showModal !== "function") return Promise.resolve(false);
  asking ??= ask(dialog).finally(() => (asking = null));
  return asking;
}

function ask(dialog: HTMLDialogElement): Promise<boolean> {
  const form = dialog.querySelector("form")!;
  const password = form.querySelector<HTMLInputElement>("input[type=password]")!;
  const error = form.querySelector<HTMLElement>("[data-error]")!;
  const focused = document.activeElement;
  error.textContent = "";
  password.value = "";
  dialog.showModal();
  password.focus();
  return new Promise((resolve) => {
    let renewed = false;
    const submit = async (event: Event) => {
      event.preventDefault();
      const body = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
      password.value = "";
      try {
        const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/plain" } });
        if (answer.ok) {
          renewed = true;
          lastAnswered = Date.now();
          dialog.close();
          return;
        }
        const plain = (answer.headers.get("Content-Type") ?? "").startsWith("text/plain");
        error.textContent = plain ? await answer.text() : "密码不正确，请重新输入。";
      } catch {
        error.textContent = "网络不通，请稍后再试。页面上的内容没有丢失。";
      }
      password.focus();
    };
    const cancel = () => dialog.close();
    const button = form.querySelector<HTMLButtonElement>("[data-cancel]")!;
    form.addEventListener("submit", submit);
    button.addEventListener("click", cancel);
    dialog.addEventListener(
      "close",
      () => {
        form.removeEventListener("submit", submit);
        button.removeEventListener("click", cancel);
        if (focused instanceof HTMLElement) focused.focus();
        resolve(renewed);
      },
      { once: true },
    );
  });
}
