// The list by keyboard (J, K, Enter, X), many at once, and filters without empty ones in the address.
import "./job.js";

const rows = [...document.querySelectorAll(".queue tbody tr")];
const picks = rows.map((row) => row.querySelector(".pick input"));
const bulk = document.querySelector(".bulk");
let at = -1;
let last = -1;

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog")) return;
  const step = { j: 1, k: -1 }[event.key.toLowerCase()];
  if (step) move(step);
  else if (event.key.toLowerCase() === "x" && picks[at]) picks[at].click();
});

function move(step) {
  at = Math.max(0, Math.min(rows.length - 1, at + step));
  rows[at]?.querySelector(".who a").focus();
}

rows.forEach((row, index) => {
  row.addEventListener("focusin", () => {
    at = index;
  });
  picks[index]?.addEventListener("click", (event) => {
    if (event.shiftKey && last >= 0) {
      const [from, to] = [Math.min(last, index), Math.max(last, index)];
      for (const pick of picks.slice(from, to + 1)) pick.checked = picks[index].checked;
    }
    last = index;
    count();
  });
});

const all = document.getElementById("all");
if (all) {
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const pick of picks) pick.checked = all.checked;
    count();
  });
}
bulk?.querySelector("[name=everything]")?.addEventListener("change", count);

function count() {
  const chosen = picks.filter((pick) => pick.checked).length;
  const everything = bulk.querySelector("[name=everything]")?.checked;
  const told = bulk.querySelector(".bulk-count");
  bulk.classList.toggle("chosen", chosen > 0 || everything);
  told.textContent = told.dataset.says.replace("%", chosen);
  if (all) {
    all.checked = chosen === picks.length;
    all.indeterminate = chosen > 0 && chosen < picks.length;
  }
}

const filters = document.querySelector(".filters");
filters.addEventListener("submit", () => {
  for (const one of filters.elements) one.disabled = one.name && !one.value;
});
for (const one of filters.querySelectorAll(":scope > select")) {
  one.addEventListener("change", () => filters.requestSubmit());
}

// An open drop-down closes with a click elsewhere.
document.addEventListener("click", (event) => {
  for (const drop of document.querySelectorAll(".drop[open]")) {
    if (!drop.contains(event.target)) drop.open = false;
  }
});

