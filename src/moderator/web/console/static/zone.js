// Tells the server in which zone times are to be written; only the browser knows it.
export function rememberZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || document.documentElement.dataset.zone === zone) return;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie =
    `moderator_zone=${encodeURIComponent(zone)}; path=/console; max-age=31536000; samesite=lax${secure}`;
}
