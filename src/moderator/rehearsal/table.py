"""A rehearsal's report for people."""

from moderator.rehearsal.report import Report


def table(report: Report) -> str:
    """Some fifteen lines, the verdict last."""
    rows = [*_traffic(report), *_violations(report), *_received(report)]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name.ljust(width)}  {value}" for name, value in rows]
    return "\n".join([*lines, "", _verdict(report)])


def _traffic(report: Report) -> list[tuple[str, str]]:
    latency = report.latency
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(report.statuses.items()))
    return [
        ("run", f"--seed {report.seed} --run-id {report.run_id}"),
        ("sent", f"{report.sent} in {report.seconds} s ({report.rate}/s)"),
        ("answered", statuses or "nothing"),
        ("delivered again", str(report.repeated)),
        (
            "latency, ms",
            f"p50 {latency.p50}   p95 {latency.p95}   p99 {latency.p99}   max {latency.max}",
        ),
    ]


def _violations(report: Report) -> list[tuple[str, str]]:
    found = report.violations
    lost = ", ".join(f"{name} {count}" for name, count in found.lost_by_category.items())
    return [
        ("violations sent", str(found.sent)),
        ("recorded", str(found.recorded)),
        ("lost (answered 200, not recorded)", f"{found.lost}   {lost}".strip()),
        ("neither answered nor recorded", str(found.unanswered)),
        ("doubled", str(found.doubled)),
        ("under another category", str(found.otherwise)),
        ("records of clean messages", str(found.unexpected)),
    ]


def _received(report: Report) -> list[tuple[str, str]]:
    return [
        (f"WeCom received {path}", ", ".join(f"{name} {count}" for name, count in counts.items()))
        for path, counts in sorted(report.received.items())
    ]


def _verdict(report: Report) -> str:
    if report.passed:
        return "PASSED: every message answered 200, nothing lost, nothing doubled."
    return "FAILED: see the lines above that should be 0, and the answers other than 200."
