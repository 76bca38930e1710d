// Who else looks at this case, as long as it is looked at.
const EVERY = 20_000;
const AWAY = 300_000; // somebody who left the desk is logged out in time
const place = document.getElementById("viewers");

let seen = Date.now();
for (const sign of ["keydown", "pointermove", "pointerdown"]) {
  addEventListener(sign, () => (seen = Date.now()), { passive: true });
}

async function look() {
  if (document.hidden || Date.now() - seen > AWAY) return;
  const answer = await fetch(place.dataset.address, { headers: { accept: "application/json" } });
  if (!answer.ok) return;
  show(await answer.json());
}

function show(names) {
  place.replaceChildren();
  if (!names.length) return;
  const notice = document.createElement("div");
  notice.className = "notice notice-medium";
  notice.textContent = place.dataset.says.replace("%", names.join(", "));
  place.append(notice);
}

// What would have prevented a false alarm takes a second to find out: it is asked for in place.
const phrases = document.querySelector(".phrases");
phrases?.querySelector("a").addEventListener("click", async (event) => {
  event.preventDefault();
  const waiting = document.createElement("p");
  waiting.className = "state state-loading";
  waiting.setAttribute("role", "status");
  const spinner = document.createElement("span");
  spinner.className = "spinner";
  waiting.append(spinner, phrases.dataset.loading);
  const link = phrases.firstElementChild;
  phrases.replaceChildren(waiting);
  const answer = await fetch(phrases.dataset.address).catch(() => null);
  if (!answer?.ok) {
    waiting.textContent = phrases.dataset.failed;
    return phrases.append(link);
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  phrases.replaceChildren(...page.getElementById("phrases").childNodes);
});

setInterval(() => look().catch(() => {}), EVERY);
