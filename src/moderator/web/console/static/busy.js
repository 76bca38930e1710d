// A bar at the top of the window once a form or a link has taken half a second.
const AFTER = 500;

export function showWork() {
  let waiting = 0;
  const begin = () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, AFTER);
  };
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented && !("downloads" in event.target.dataset)) begin();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (link && !event.defaultPrevented && leavesPage(link, event)) begin();
  });
  addEventListener("pageshow", () => {
    clearTimeout(waiting);
    document.querySelector(".busy")?.remove();
  });
}

function leavesPage(link, event) {
  const other = event.ctrlKey || event.metaKey || event.shiftKey || link.target || link.download;
  const elsewhere = link.pathname !== location.pathname || link.search !== location.search;
  return !other && elsewhere && link.origin === location.origin && !link.hasAttribute("download");
}

function show() {
  if (document.querySelector(".busy")) return;
  const bar = document.createElement("div");
  bar.className = "busy";
  bar.setAttribute("aria-hidden", "true");
  document.body.append(bar);
}
