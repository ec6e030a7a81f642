// Trusted Types: our server's fragments are the only HTML a script may insert, and no script
// text may be inserted at all.
import type htmx from "htmx.org/dist/htmx.esm.js";

type Policy = { createHTML(text: string): string };
type Factory = { createPolicy(name: string, rules: object): Policy };

const rules = { createHTML: (text: string) => text, createScript: () => "" };
const factory = (window as unknown as { trustedTypes?: Factory }).trustedTypes;
const policy: Policy = factory ? factory.createPolicy("liuhen", rules) : rules;

/** Parses a fragment that our own server sent. */
export function parseFragment(text: string): DocumentFragment {
  const parsed = new DOMParser().parseFromString(policy.createHTML(text), "text/html");
  const fragment = document.createDocumentFragment();
  fragment.append(...Array.from(parsed.body.childNodes));
  return fragment;
}

export function trustHtmx(library: typeof htmx): void {
  library.registerExtension("liuhen-trusted", { init: (api) => api.initSecurity(policy) });
}
