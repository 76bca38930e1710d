"""This project and its peers on the same texts in one run: `python benchmarks/peers.py [--write]`.

Engines that look for many words: 60,000 generated words over the clean comments.  Scanners for
secrets: the same comments and office talk full of hashes, on which every finding is a false alarm,
and texts with a secret.  A peer that is not installed is named.  Prints tables, appends to
build/bench.jsonl, and with `--write` keeps the tables in docs/matching-peers.md.
"""

import argparse
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter

from matching_texts import clean_texts, generated_words, rule_of, shipped_rules
from moderator.matching.screening import Screen
from prose import harmless, leaks
from report import percent, provenance, record, table
from samples import filled_sample, templates
from secret_scanners import SCANNERS, Found, Scanner
from word_engines import ENGINES, Build, Scan

PROJECT = Path(__file__).resolve().parents[1]
RULES = PROJECT / "rules"
DOCUMENT = PROJECT / "docs" / "matching-peers.md"
PAGE = """\
# Peers on the same texts

Measured by `make bench` (`python benchmarks/peers.py --write` writes this page): {provenance}.
Every peer as it comes from the package index, at its defaults.

## Many words

{words} generated words over {source}; no engine but `Screen` undoes any disguise, which is why it
matches more.

{engines}

## Secrets

A file for each text; starting up is not counted.  False alarms are counted, secrets found are per
cent.  The sentences with passwords, codes and vendors' keys are nobody's examples; `our examples`
are those of the shipped rules and favour them.

{scanners}
"""
WORDS = 60_000
ROUNDS = 5
_HARMLESS_TURNS = 5
PACKAGES = {"kingfisher": "kingfisher-bin"}  # where the name is not the package's
_SENTENCES = (
    "{}",
    "测试环境先用这个：{}，别外传",
    "hey, please use {} for the staging box, thanks",
)


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts under the name of their set; a finding in `clean` ones is a false alarm."""

    name: str
    texts: Sequence[str]
    clean: bool = False

    @property
    def title(self) -> str:
        return f"{self.name} ({'false alarms in' if self.clean else '% of'} {len(self.texts):,})"

    def outcome(self, found: int) -> float:
        return found if self.clean else percent(found, len(self.texts))


# The whole screen, disguises undone: the words alone, and with every shipped rule.
_OURS: Mapping[str, Build] = {
    "Screen, these words": lambda words: Screen([rule_of(words)]).screen,
    "Screen, and all rules": lambda words: Screen([rule_of(words), *shipped_rules()]).screen,
}


def word_engines(texts: Sequence[str]) -> str:
    """Time per text and matches of every engine and of our own screen."""
    words = generated_words(WORDS, texts)
    scans: dict[str, Scan] = {}
    built: dict[str, float] = {}
    missing: list[str] = []
    for name, build in {**ENGINES, **_OURS}.items():
        started = perf_counter()
        try:
            scans[name] = build(words)
        except ImportError as error:
            missing.append(f"{name}: {error}")
        built[name] = perf_counter() - started
    times = _interleaved(scans, texts)
    rows = []
    for name, scan in scans.items():
        matches = sum(len(scan(text)) for text in texts)
        rows.append(
            (_named(name), times[name], times[name] / times["daachorse"], built[name], matches)
        )
        record(f"peer: {name}", us=times[name], build_seconds=built[name], matches=matches)
    header = ("engine", "µs per text", "to daachorse", "built in s", "matches")
    return "\n".join([table(header, rows), *map(_absent, missing)])


def _interleaved(scans: Mapping[str, Scan], texts: Sequence[str]) -> dict[str, float]:
    """The median of each scan's µs per text, one after the other in every round."""
    taken: dict[str, list[float]] = {name: [] for name in scans}
    for _ in range(ROUNDS):
        for name, scan in scans.items():
            started = perf_counter()
            for text in texts:
                scan(text)
            taken[name].append((perf_counter() - started) / len(texts) * 1e6)
    return {name: statistics.median(times) for name, times in taken.items()}


def secret_scanners(clean: Sequence[str]) -> str:
    """False alarms and time on clean texts, and the share found of each set of secrets."""
    sets = [
        Texts("comments", clean, clean=True),
        Texts("technical talk", list(harmless(_HARMLESS_TURNS)), clean=True),
        *_secrets(),
    ]
    results: dict[str, list[Found]] = {}
    missing: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        folders = [_written(texts, Path(scratch)) for texts in sets]
        for name, scanner in {**SCANNERS, "Screen, credential rules": _screen()}.items():
            try:
                results[name] = [scanner(folder) for folder in folders]
            except (ImportError, FileNotFoundError) as error:
                missing.append(f"{name}: {error}")
    rows = [_row(name, sets, found) for name, found in results.items()]
    header = ("scanner", "µs per comment", *(texts.title for texts in sets))
    return "\n".join([table(header, rows), *map(_absent, missing)])


def _row(name: str, sets: Sequence[Texts], found: Sequence[Found]) -> tuple[object, ...]:
    each = found[0][1] / len(sets[0].texts) * 1e6
    outcomes = {
        texts.name: texts.outcome(len(names)) for texts, (names, _) in zip(sets, found, strict=True)
    }
    record(f"peer: {name}", us=each, **outcomes)
    return _named(name), each, *outcomes.values()


def _secrets() -> Iterator[Texts]:
    """Leaks in words of nobody's rules, then our own rules' examples, which favour us."""
    kinds: dict[str, list[str]] = {}
    for leak in leaks():
        if leak.category == "credential":
            kinds.setdefault(leak.family.removeprefix("own: "), []).append(leak.text)
    for kind, texts in kinds.items():
        yield Texts(kind, texts)
    yield Texts(
        "our examples",
        [
            filled_sample(template, sentence, form=sentence).text
            for template in templates(RULES)
            if template.category == "credential"
            for sentence in _SENTENCES
        ],
    )


def _screen() -> Scanner:
    screen = Screen([rule for rule in shipped_rules() if rule.category == "credential"])

    def scan(folder: Path) -> Found:
        paths = sorted(folder.iterdir())
        started = perf_counter()
        found = {path.name for path in paths if screen.screen(path.read_text("utf-8"))}
        return found, perf_counter() - started

    return scan


def _written(texts: Texts, scratch: Path) -> Path:
    folder = scratch / texts.name.replace(", ", "-").replace(" ", "-")
    folder.mkdir()
    for number, text in enumerate(texts.texts):
        (folder / f"{number:06}.txt").write_text(text, "utf-8")
    return folder


def _named(name: str) -> str:
    package = name.partition(",")[0]
    try:
        return f"{name} {version(PACKAGES.get(package, package))}"
    except PackageNotFoundError:
        return name


def _absent(reason: str) -> str:
    record(f"peer: {reason.partition(':')[0]}", missing=reason)
    return f"NOT INSTALLED: {reason}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the tables in docs/")
    write = parser.parse_args().write
    source, texts = clean_texts()
    page = PAGE.format(
        provenance=provenance(),
        source=f"{len(texts):,} texts of {source}",
        words=f"{WORDS:,}",
        engines=word_engines(texts),
        scanners=secret_scanners(texts),
    )
    print(page)
    if write:
        DOCUMENT.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
