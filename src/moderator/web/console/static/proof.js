// Moves the bar of a proof that is under way, and shows the result when it is done.
const PAUSE = 700;
const seen = document.querySelector('[data-proof="seen"]');
const bar = document.querySelector('[data-proof="bar"]');

async function look() {
  const answer = await fetch("/console/audit/progress", { headers: { accept: "application/json" } });
  if (!answer.ok) return;
  const told = await answer.json();
  if (!told.running) return location.reload();
  seen.textContent = told.seen.toLocaleString("en");
  bar.value = told.seen;
  setTimeout(look, PAUSE);
}

setTimeout(look, PAUSE);
