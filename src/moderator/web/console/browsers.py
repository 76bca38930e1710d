"""What people call the program and the machine that a `User-Agent` speaks of."""

from typing import Final

# The first that is found: those that pass for others come before them.
_PROGRAMS: Final = (
    ("wxwork", "WeCom"),
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_of(agent: str) -> str:
    """Such as `Chrome · Windows`; what nobody knows by its name stays as it is."""
    found = (
        next((name for sign, name in known if sign in agent), "") for known in (_PROGRAMS, _SYSTEMS)
    )
    return " · ".join(filter(None, found)) or agent
