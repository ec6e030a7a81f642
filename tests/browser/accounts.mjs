// The demonstration's accounts: role, account, password between tabs, as `liuhen demo` prints them.
import { readFileSync } from "node:fs";

export function accounts() {
  const text = readFileSync(process.env.LIUHEN_ACCOUNTS, "utf8");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [role, account, password] = line.split("\t");
      return { role, account, password };
    });
}

/** The first account whose role contains this word. */
export function accountOf(word) {
  const found = accounts().find((a) => a.role.includes(word));
  if (!found) throw new Error(`no account with the role ${word}`);
  return found;
}
