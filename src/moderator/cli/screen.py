"""The demo's last screen: what was said, found, decided, and what WeCom was asked to do."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from moderator.rehearsal.play import Scene
from moderator.rehearsal.scene import Kind, Line, name_of
from moderator.rehearsal.stand_in import StandIn

_OFFENDER = "SunHao"
_MARKS = {"accepted": "✓", "proposed": "?", "unsupported": "–", "failed": "✗"}
_DONE = {
    "warn_sender": "warned",
    "notify_compliance": "compliance told",
    "remove_from_group": "removed from the group",
    "recall_notice": "notice recalled",
}
_PROPOSED = {"remove_from_group": "removal waits for approval"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A played day and where to look further."""

    scenes: Sequence[Scene]
    stand_in: StandIn
    service: str
    wecom: str
    token: str
    invitation: str
    seconds: float

    @property
    def as_scripted(self) -> bool:
        return all(scene.as_scripted for scene in self.scenes) and not self.surprises

    @property
    def surprises(self) -> list[str]:
        """What should have happened beyond the single lines, and did not."""
        checks = {
            "the second advertisement removed its author from the group": self._removed(),
            "no secret came out of the service": not self._leaks(),
            "every sender of a violation was warned": self._everybody_warned(),
        }
        return [sentence for sentence, held in checks.items() if not held]

    def _removed(self) -> bool:
        groups = self.stand_in.company.groups.values()
        return all(_OFFENDER not in group.members for group in groups if group.made_by)

    def _leaks(self) -> list[str]:
        told = str([scene.violation for scene in self.scenes])
        told += str(self.stand_in.journal.as_json())
        secrets = [scene.line.secret for scene in self.scenes if scene.line.secret]
        return [secret for secret in secrets if secret in told]

    def _everybody_warned(self) -> bool:
        offenders = {scene.line.sender for scene in self.scenes if scene.violation}
        calls = self.stand_in.journal.delivered("message/send")
        return offenders <= {userid for call in calls for userid in call.reached}


def show(console: Console, day: Day) -> None:
    """Print the day."""
    console.print(_lines(day.scenes))
    console.print(_received(day.stand_in))
    console.print(_verdict(day))
    console.print(_addresses(day), highlight=False, soft_wrap=True)


def _lines(scenes: Sequence[Scene]) -> Table:
    table = Table(title="a day of office chat, as encrypted WeCom callbacks", expand=True)
    table.add_column("", width=1)
    table.add_column("who, when", width=9)
    table.add_column("wrote", ratio=4, overflow="fold")
    table.add_column("found, and why", ratio=5, overflow="fold")
    table.add_column("decided and done", ratio=4, overflow="fold")
    for scene in scenes:
        table.add_row(*_row(scene))
    return table


def _row(scene: Scene) -> tuple[Text | str, ...]:
    line = scene.line
    mark = Text("✓", "green") if scene.as_scripted else Text("✗", "bold red")
    who = Text(name_of(line.sender)).append(f"\n{line.at}", "dim")
    return mark, who, _wrote(line), _found(scene), _done(scene)


def _wrote(line: Line) -> Text:
    if not line.text:
        return Text(f"({line.kind.value}: {line.why})", "dim")
    return Text(line.without_secret)


def _found(scene: Scene) -> Text:
    if scene.line.kind is Kind.FORGED:
        return Text("refused: 403, the signature does not fit", "yellow")
    if scene.violation is None:
        reason = f"nothing — {scene.line.why}" if scene.line.why else "nothing"
        return Text(reason, "dim")
    found = Text(f"{scene.violation['category']}\n", "bold red")
    return found.append(_explained(scene.violation), "not bold default")


def _explained(violation: Mapping[str, Any]) -> str:
    hit = violation["hits"][0]
    parts = [hit["rule"]]
    if layers := hit.get("layers"):
        parts.append("undid " + "+".join(layers))
    if hit.get("verified"):
        parts.append("checksum fits")
    if hit.get("excerpt"):
        parts.append(hit["excerpt"])
    return "\n".join(parts)


def _done(scene: Scene) -> Text:
    if scene.violation is None:
        return Text("")
    done = Text(f"offence {scene.violation['offence']}")
    for action in scene.actions:
        mark = _MARKS.get(action["state"], action["state"])
        verbs = _PROPOSED if action["state"] == "proposed" else _DONE
        if verb := verbs.get(action["kind"]):
            done.append(f"\n{mark} {verb}", "green" if mark == "✓" else "yellow")
    if scene.line.kind is Kind.REPEATED:
        done.append("\ndelivered twice, recorded once", "dim")
    return done


def _received(stand_in: StandIn) -> Panel:
    calls = Counter(call.path for call in stand_in.journal.calls() if call.errcode == 0)
    counted = ", ".join(f"{path.removeprefix('/cgi-bin/')} ×{n}" for path, n in calls.items())
    return Panel(
        Group(Text(counted), Text(""), Text(_warning(stand_in), "italic")),
        title="what (the stand-in for) WeCom received, and the warning that 孙浩 read",
    )


def _warning(stand_in: StandIn) -> str:
    for call in reversed(stand_in.journal.delivered("message/send")):
        if _OFFENDER in call.reached:
            return str(call.payload["text"]["content"])
    return "(none)"


def _verdict(day: Day) -> Text:
    counts = Counter(bool(scene.violation) for scene in day.scenes)
    told = f"{len(day.scenes)} lines, {counts[True]} violations, {day.seconds:.1f} s: "
    if day.as_scripted:
        return Text(told + "everything happened as scripted.", "bold green")
    wrong = [
        f"{scene.line.at} {scene.line.without_secret} → {scene.found or 'nothing'} {scene.statuses}"
        for scene in day.scenes
        if not scene.as_scripted
    ]
    return Text(told + "not as scripted: " + "; ".join(wrong + day.surprises), "bold red")


def _addresses(day: Day) -> str:
    violations = f"{day.service}/api/v1/violations?category=credential"
    return f"""
try:
  curl -s -H 'Authorization: Bearer {day.token}' '{violations}'
  {day.service}/console/invitation   the desk; the code is {day.invitation}
  {day.service}/api/docs             the query API
  {day.service}/healthz              how the parts are, with reasons
  {day.service}/metrics              for Prometheus
  {day.wecom}/rehearsal/journal    everything that WeCom received"""
