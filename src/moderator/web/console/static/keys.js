// Keys for what the page can do: whatever has a `data-key` is clicked by it, or gets the focus.
const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

// Between a decision and the next page a key would decide twice.
let leaving = false;

export function listen() {
  document.addEventListener("submit", (event) => {
    const stays = event.target.method === "dialog" || "downloads" in event.target.dataset;
    leaving = !event.defaultPrevented && !stays;
  });
  addEventListener("pageshow", () => {
    leaving = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") return leave(event.target);
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest?.(FIELDS)) return;
    if (leaving || document.querySelector("dialog[open]")) return;
    const wanted = find(event.key);
    if (!wanted) return;
    event.preventDefault();
    press(wanted);
  });
  document.addEventListener("keydown", submitByEnter);
  offerHelp();
  document.addEventListener("toggle", focusFirst, true);
}

// The list of keys is what the page has at this moment.
function offerHelp() {
  const dialog = document.getElementById("keys");
  const opener = document.querySelector("[data-opens=keys]");
  if (!dialog || !opener) return;
  opener.hidden = false;
  opener.addEventListener("click", () => {
    const list = dialog.querySelector(".keys");
    list.replaceChildren();
    for (const one of document.querySelectorAll("[data-key-says]")) {
      if (one.checkVisibility() || "keyListed" in one.dataset) list.append(...line(one.dataset));
    }
    dialog.showModal();
  });
}

function line({ key, keySays }) {
  const term = document.createElement("dt");
  const sign = document.createElement("kbd");
  sign.textContent = key.length === 1 ? key.toUpperCase() : key;
  term.append(sign);
  const meaning = document.createElement("dd");
  meaning.textContent = keySays;
  return [term, meaning];
}

function find(key) {
  const name = key === "?" || key === "/" ? key : key.toLowerCase();
  const all = document.querySelectorAll(`[data-key="${CSS.escape(name)}"]`);
  return [...all].find((one) => one.checkVisibility());
}

function press(wanted) {
  if (wanted.matches(FIELDS)) {
    wanted.focus();
    wanted.select?.();
  } else if (wanted.tagName === "SUMMARY") {
    fold(wanted.parentElement);
  } else {
    wanted.click();
  }
}

// At once, not when the browser tells of it: the next key belongs into the field.
function fold(folded) {
  folded.open = !folded.open;
  const field = folded.open && folded.querySelector("input:not([type=hidden]), textarea, select");
  (field || folded.querySelector("summary")).focus();
}

// Back to the page from a field, so that keys work again; a folded form closes.
function leave(target) {
  const folded = target.closest?.("details.folded[open]");
  if (folded) {
    folded.open = false;
    folded.querySelector("summary").focus();
  } else if (target.matches?.(FIELDS)) {
    target.blur();
  }
}

// A folded form that opens is there to be filled in.
function focusFirst(event) {
  const folded = event.target;
  if (!folded.matches?.("details.folded[open]") || !folded.contains(document.activeElement)) return;
  folded.querySelector("input:not([type=hidden]), textarea, select")?.focus();
}

// Enter in a text of several lines submits with Ctrl or ⌘; among choices it submits as it is.
function submitByEnter(event) {
  if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
  const form = event.target.closest?.("details.folded form");
  if (!form) return;
  const writes = event.target.tagName === "TEXTAREA";
  if (writes ? event.ctrlKey || event.metaKey : event.target.type === "radio") {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-submits]"));
  }
}
