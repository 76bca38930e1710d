// A bulk job while it runs: its panel is fetched anew until it ends, then the page with its list.
const OFTEN = 400;

function watchJob() {
  const panel = document.getElementById("job");
  if (panel?.hasAttribute("data-running")) setTimeout(() => look(panel), OFTEN);
}

async function look(panel) {
  const answer = await fetch(panel.dataset.address).catch(() => null);
  if (!answer?.ok) return void setTimeout(() => look(panel), 5 * OFTEN);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = fresh.getElementById("job");
  if (!now.hasAttribute("data-running")) return location.reload();
  panel.querySelector("progress").value = now.querySelector("progress").value;
  panel.querySelector("[role=status]").textContent = now.querySelector("[role=status]").textContent;
  setTimeout(() => look(panel), OFTEN);
}

watchJob();
