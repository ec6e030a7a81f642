// Repeating rows: `[data-rows="qa"]` with a list, a <template> for a new row, and buttons named
// `add` and `drop`. Without scripts these buttons post the form and the server answers with one
// row more or less; here it happens in place. Names are `qa.0.question`; order is document order.

export function installRows(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>("button[name=add], button[name=drop]");
    const box = button?.closest<HTMLElement>("[data-rows]");
    if (!button || !box) return;
    event.preventDefault();
    if (button.name === "add") {
      add(box).querySelector<HTMLElement>("input, textarea, select")?.focus();
    } else {
      const row = button.closest(".row");
      const next = row?.nextElementSibling ?? row?.previousElementSibling;
      row?.remove();
      (next?.querySelector<HTMLElement>("input, textarea, select") ?? box.querySelector<HTMLElement>("button[name=add]"))?.focus();
    }
    box.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

/** Adds rows until the control `name` (as `qa.3.question`) exists, for a draft that had more rows. */
export function growRowsFor(form: HTMLFormElement, name: string): void {
  const [group, index] = name.split(".");
  const box = form.querySelector<HTMLElement>(`[data-rows="${CSS.escape(group ?? "")}"]`);
  if (!box || index === undefined) return;
  while (!form.elements.namedItem(name) && nextIndex(box) <= Number(index)) add(box);
}

function add(box: HTMLElement): Element {
  const template = box.querySelector("template")!;
  const row = template.content.firstElementChild!.cloneNode(true) as Element;
  const index = String(nextIndex(box));
  for (const element of [row, ...Array.from(row.querySelectorAll("*"))])
    for (const attribute of Array.from(element.attributes))
      if (attribute.value.includes("__n__")) element.setAttribute(attribute.name, attribute.value.split("__n__").join(index));
  box.querySelector(".rows")!.append(row);
  return row;
}

function nextIndex(box: HTMLElement): number {
  const used = Array.from(box.querySelectorAll<HTMLButtonElement>("button[name=drop]")).map((b) => Number(b.value.split(".")[1] ?? -1));
  return Math.max(-1, ...used) + 1;
}
