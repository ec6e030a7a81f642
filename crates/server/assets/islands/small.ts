// Small things: buttons that need scripts appear, printing, menus that close.

export function installSmall(): void {
  document.querySelectorAll<HTMLElement>("[data-scripted]").forEach((element) => (element.hidden = false));
  // On a telephone the menu scrolls: the present entry is brought into sight.
  document.querySelectorAll<HTMLElement>(".top nav, .tabs").forEach((nav) => {
    const current = nav.querySelector<HTMLElement>("[aria-current]");
    if (current) nav.scrollLeft = current.offsetLeft - nav.offsetLeft - 48;
  });
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (target.closest("[data-print]")) window.print();
    document.querySelectorAll<HTMLDetailsElement>("details.person[open]").forEach((menu) => {
      if (!menu.contains(target)) menu.open = false;
    });
  });
  // Nothing is left out on paper: what is folded is unfolded for as long as it prints.
  let unfolded: HTMLDetailsElement[] = [];
  window.addEventListener("beforeprint", () => {
    unfolded = Array.from(document.querySelectorAll<HTMLDetailsElement>("main details:not([open])"));
    unfolded.forEach((details) => (details.open = true));
  });
  window.addEventListener("afterprint", () => {
    unfolded.forEach((details) => (details.open = false));
    unfolded = [];
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll<HTMLDetailsElement>("details.person[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    });
  });
}
