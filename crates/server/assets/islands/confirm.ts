// Confirmation before acts that cannot be taken back: data-confirm on a form or on its button.

/** Asks `question`; the button that agrees says the act itself. */
export function confirmWith(question: string, act: string): Promise<boolean> {
  const dialog = document.createElement("dialog");
  if (typeof dialog.showModal !== "function") return Promise.resolve(window.confirm(question));
  const body = document.createElement("div");
  const text = document.createElement("p");
  const actions = document.createElement("div");
  const agree = document.createElement("button");
  const cancel = document.createElement("button");
  body.className = "body";
  actions.className = "actions";
  text.id = "confirm-question";
  text.textContent = question;
  dialog.setAttribute("aria-labelledby", text.id);
  agree.className = "btn";
  agree.type = "button";
  agree.textContent = act;
  cancel.className = "btn plain";
  cancel.type = "button";
  cancel.textContent = "返回";
  actions.append(agree, cancel);
  body.append(text, actions);
  dialog.append(body);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    let agreed = false;
    agree.addEventListener("click", () => {
      agreed = true;
      dialog.close();
    });
    cancel.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(agreed);
    });
  });
}
