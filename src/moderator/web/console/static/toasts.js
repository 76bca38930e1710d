// What was just done: said aloud once, and forgotten by the address, so that a reload says nothing.
const TOLD = ["done", "of", "version", "action"];

export function announce() {
  const region = document.querySelector(".toasts");
  const toast = region?.querySelector(".toast");
  const address = new URL(location.href);
  if (!address.searchParams.has("done")) return;
  for (const name of TOLD) address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
  if (!toast) return;
  // A live region speaks of what changes in it, not of what it came with.
  toast.remove();
  setTimeout(() => region.append(toast), 50);
}

export function say(text, kind = "") {
  const region = document.querySelector(".toasts");
  const toast = document.createElement("div");
  toast.className = `toast ${kind}`;
  const words = document.createElement("p");
  words.textContent = text;
  toast.append(words);
  for (const told of region.querySelectorAll(".toast:not(.exporting)")) told.remove();
  region.append(toast);
  setTimeout(() => toast.remove(), 6000);
}
