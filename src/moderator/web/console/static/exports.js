// A workbook is whole only at its end: until then the page tells how far it is, and can stop it.
import { say } from "./toasts.js";

const SOON = 1000;
const OFTEN = 700;
const underWay = new Set();

export function watchExports() {
  const template = document.getElementById("exporting");
  if (!template) return;
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-exports]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    link.closest("details.drop")?.removeAttribute("open");
    fetchFile(link.href, template);
  });
  addEventListener("beforeunload", (event) => {
    if (underWay.size) event.preventDefault();
  });
}

async function fetchFile(address, template) {
  const [watch, stop, wanted] = [randomName(), new AbortController(), new URL(address)];
  wanted.searchParams.set("watch", watch);
  const panel = template.content.firstElementChild.cloneNode(true);
  panel.querySelector("button").addEventListener("click", () => stop.abort());
  underWay.add(watch);
  const shown = setTimeout(() => document.querySelector(".toasts").append(panel), SOON);
  const watched = setInterval(() => look(watch, panel, stop.signal).catch(() => {}), OFTEN);
  try {
    const answer = await fetch(wanted, { signal: stop.signal });
    if (!answer.ok) return say(template.dataset[answer.status === 429 ? "busy" : "failed"]);
    clearInterval(watched);
    packed(panel);
    hand(await answer.blob(), nameOf(answer));
    const rows = Number(answer.headers.get("x-export-rows")).toLocaleString("en");
    say(template.dataset.done.replace("%", rows));
  } catch {
    say(stop.signal.aborted ? template.dataset.stopped : template.dataset.failed);
  } finally {
    clearTimeout(shown);
    clearInterval(watched);
    panel.remove();
    underWay.delete(watch);
  }
}

async function look(watch, panel, signal) {
  const answer = await fetch(`/api/v1/exports/progress/${watch}`, { signal });
  if (!answer.ok) return;
  const { done, total } = await answer.json();
  if (total && done >= total) return packed(panel);
  const told = panel.querySelector("[data-says]");
  const [rows, all] = [done.toLocaleString("en"), total.toLocaleString("en")];
  told.textContent = told.dataset.says.replace("%", rows).replace("%", all);
  const bar = panel.querySelector("progress");
  [bar.max, bar.value] = [total || 1, done];
}

// All rows are written: what is left to do cannot be counted.
function packed(panel) {
  const told = panel.querySelector("[data-says]");
  told.textContent = told.dataset.packs;
  panel.querySelector("progress").removeAttribute("value");
}

function hand(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function nameOf(answer) {
  return /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? "export.xlsx";
}

function randomName() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
