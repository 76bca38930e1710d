"""`moderator scan` as the design document's contract has it."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from moderator.cli.scan import scan
from moderator.matching.checksums import CHECKSUMS

RULES = """
category: gambling
severity: medium
description: 赌博
rules:
  - {id: lottery, description: x, words: [六合彩], examples: [六合彩]}
  - {id: group, description: x, severity: critical, words: [六合彩群], examples: [六合彩群]}
  - {id: buying, description: x, severity: high, words: [买六合彩], examples: [买六合彩]}
"""
SECRETS = r"""
category: credential
severity: critical
description: x
masked: true
rules:
  - id: token
    description: x
    patterns: [{expression: '\btok_(?P<secret>[a-z0-9]{24})\b', keywords: [tok_]}]
    examples: ['tok_<lowernum:24>']
  - id: card
    description: x
    patterns: [{expression: '\b\d{16}\b', digits: 16, checksum: luhn}]
    examples: ['<luhn:16>']
"""
TOKEN = "a1b2c3d4e5f6g7h8i9j0k1l2"

Scan = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scan:
    """Scan bytes as standard input with two small packs and no policy."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "words.yaml").write_text(RULES, "utf-8")
    (rules / "secrets.yaml").write_text(SECRETS, "utf-8")
    app = typer.Typer()
    app.command()(scan)

    def scanned(*options: str, given: bytes = b"") -> Result:
        return CliRunner().invoke(app, [*options, "--rules", str(rules)], input=given)

    return scanned


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def jsonl(*messages: Any) -> bytes:
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def test_every_message_gives_one_line_with_its_hits(run: Scan) -> None:
    """The output has the fields of the contract, and a line for clean messages too."""
    result = run(
        "-", "--format", "jsonl", "--json",
        given=jsonl({"id": "m1", "text": "一起玩六 合彩吗"}, {"id": 2, "text": "早上好"}),
    )  # fmt: skip

    assert result.exit_code == 0
    assert lines(result) == [
        {
            "id": "m1",
            "hits": [
                {
                    "rule": "lottery",
                    "category": "gambling",
                    "severity": "medium",
                    "start": 3,
                    "end": 7,
                    "excerpt": "一起玩六 合彩吗",
                    "verified": None,
                }
            ],
        },
        {"id": 2, "hits": []},
    ]


def test_hits_stand_in_the_order_of_their_place_then_of_their_gravity(run: Scan) -> None:
    """Whoever reads the first hit of a place reads the gravest."""
    result = run("--format", "jsonl", "--json", given=jsonl({"id": 1, "text": "六合彩,买六合彩群"}))

    [line] = lines(result)
    assert [(hit["start"], hit["rule"]) for hit in line["hits"]] == [
        (0, "lottery"),
        (4, "buying"),
        (5, "group"),
        (5, "lottery"),
    ]


def test_offsets_count_code_points_of_the_text_as_given(run: Scan) -> None:
    """Emoji beyond the basic plane and what folding takes away do not shift a place."""
    text = "😀😀\u200b六\u200b合🎰彩"
    result = run("--format", "jsonl", "--json", given=jsonl({"id": 1, "text": text}))

    [hit] = lines(result)[0]["hits"]
    assert text[hit["start"] : hit["end"]] == "六\u200b合🎰彩"


def test_a_secret_is_never_shown(run: Scan) -> None:
    """The excerpt of one hit covers the values of its neighbours too."""
    text = f"六合彩 tok_{TOKEN} 六合彩"
    result = run("--format", "jsonl", "--json", given=jsonl({"id": 1, "text": text}))
    shown = run(given=text.encode())

    assert [hit["rule"] for hit in lines(result)[0]["hits"]] == ["lottery", "token", "lottery"]
    for output in (result.output, shown.output):
        assert TOKEN[:4] not in output
        assert TOKEN[-4:] in output


def test_the_verdict_of_a_checksum_is_told(run: Scan) -> None:
    """`verified` is true where a check digit passed, null where a format has none."""
    card = CHECKSUMS["luhn"].make(Random(7), "16")
    messages = jsonl({"id": 1, "text": f"卡 {card}"}, {"id": 2, "text": f"tok_{TOKEN}"})
    result = run("--format", "jsonl", "--json", given=messages)

    assert [[hit["verified"] for hit in line["hits"]] for line in lines(result)] == [[True], [None]]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"not json", "not JSON"),
        (b"", "the line is empty"),
        (b"[1]", "not a JSON object"),
        (b'{"id": 1}', "`text` is missing"),
        (b'{"id": 1, "text": 5}', "`text` is not text"),
        (b'{"id": 1, "text": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "not JSON"),
        (b'{"id": 1, "text": "x', "not JSON"),
    ],
)
def test_a_line_that_cannot_be_read_does_not_end_the_run(
    run: Scan, line: bytes, error: str
) -> None:
    """It gives its number and the reason; the others are scanned, the exit status tells."""
    given = jsonl({"id": 1, "text": "六合彩"}) + line + b"\n" + jsonl({"id": 3, "text": "x"})
    result = run("--format", "jsonl", "--json", given=given)

    first, second, third = lines(result)
    assert result.exit_code == 1
    assert len(first["hits"]) == 1
    assert second["line"] == 2
    assert second["error"].startswith(error)
    assert third == {"id": 3, "hits": []}


def test_surrogates_and_nul_are_only_characters(run: Scan) -> None:
    """Robot messages carry lone surrogates; they come out as they went in."""
    given = (
        b'{"id": "\\ud800", "text": "\\udc00\\u0000\xe5\x85\xad\xe5\x90\x88\xe5\xbd\xa9\\ud83d"}\n'
    )
    result = run("--format", "jsonl", "--json", given=given)

    [line] = lines(result)
    assert result.exit_code == 0
    assert line["id"] == "\ud800"
    assert [(hit["start"], hit["end"]) for hit in line["hits"]] == [(2, 5)]
    assert line["hits"][0]["excerpt"] == "\udc00\x00六合彩\ud83d"


def test_an_id_may_be_any_value_and_may_be_missing(run: Scan) -> None:
    """What the file calls a message is given back unchanged, else it is its line number."""
    given = jsonl({"id": {"a": [1, None]}, "text": ""}, {"text": ""}, {"id": None, "text": ""})
    result = run("--format", "jsonl", "--json", given=given)

    assert [line["id"] for line in lines(result)] == [{"a": [1, None]}, 2, None]


def test_text_is_a_message_a_line(run: Scan) -> None:
    """Its id is the line number; line ends of Windows are no part of it."""
    result = run("--json", given="早\r\n六合彩\r\n\r\n买".encode())

    assert [(line["id"], len(line["hits"])) for line in lines(result)] == [
        (1, 0),
        (2, 1),
        (3, 0),
        (4, 0),
    ]


def test_csv_has_a_header_and_may_quote_line_breaks(run: Scan) -> None:
    """Columns are found by name, whatever else the file holds."""
    given = '\ufeffwhen,Text,ID\n1,"六合彩,\n六合彩",a\n2,早,b\n3\n4,"买 ""六合彩""",d\n'.encode()
    result = run("--format", "csv", "--json", given=given)

    a, b, short, d = lines(result)
    assert [(line["id"], len(line["hits"])) for line in (a, b, d)] == [("a", 2), ("b", 0), ("d", 1)]
    assert short == {"line": 5, "error": "the row is too short"}
    assert result.exit_code == 1


def test_csv_survives_bytes_and_quotes_that_are_wrong(run: Scan) -> None:
    """A row that is not UTF-8 or too long is reported, the next ones are scanned."""
    given = b'id,text\n1,\xff\n2,x\x00y\n3,"' + b"x" * 200_000 + b'"\n4,y\n'
    result = run("--format", "csv", "--json", given=given)

    assert [line.get("id", line.get("error")) for line in lines(result)][:2] == ["not UTF-8", "2"]
    assert lines(result)[-1] == {"id": "4", "hits": []}
    assert result.exit_code == 1


def test_csv_without_the_columns_is_refused(run: Scan) -> None:
    """A file that cannot be scanned at all is a mistake of the call."""
    result = run("--format", "csv", given=b"a,b\n1,2\n")

    assert result.exit_code == 2
    assert "must name id and text" in result.output


def test_a_line_without_end_is_not_held_in_memory(run: Scan) -> None:
    """Beyond 16 MiB a line is skipped and reported, and the next one is scanned."""
    result = run("--json", given=b"x" * (16 * 1024 * 1024 + 5) + b"\n" + "六合彩".encode())

    long, short = lines(result)
    assert long == {"line": 1, "error": "longer than 16777216 bytes"}
    assert len(short["hits"]) == 1


def test_without_json_people_read_the_hits_and_a_summary(run: Scan) -> None:
    """A hit a line; what could steer a terminal is escaped."""
    result = run(given="早\n\x1b[31m买六合彩\u202e\n".encode())

    assert result.stdout.splitlines() == [
        "2:5-9  high  gambling/buying  \\x1b[31m买六合彩\\u202e",
        "2:6-9  medium  gambling/lottery  \\x1b[31m买六合彩\\u202e",
    ]
    assert "2 messages, 1 with hits, 0 unreadable" in result.stderr


def test_the_format_follows_the_name_of_the_file(run: Scan, tmp_path: Path) -> None:
    """A .jsonl file need not be called one again."""
    path = tmp_path / "chat.jsonl"
    path.write_bytes(jsonl({"id": "a", "text": "六合彩"}))

    assert lines(run(str(path), "--json"))[0]["id"] == "a"


def test_a_file_that_is_not_there_is_refused(run: Scan, tmp_path: Path) -> None:
    """A mistake of the call is exit status 2, not a traceback."""
    result = run(str(tmp_path / "absent.txt"))

    assert result.exit_code == 2
    assert "absent.txt" in "".join(result.output.replace("│", "").split())


def test_faults_in_the_rules_are_told_and_the_others_serve(run: Scan, tmp_path: Path) -> None:
    """Standard output stays clean for machines."""
    (tmp_path / "rules" / "broken.yaml").write_text("rules: [", "utf-8")
    result = run("--json", given="六合彩".encode())

    assert len(lines(result)[0]["hits"]) == 1
    [told] = result.stderr.splitlines()
    assert "broken.yaml:2: is not YAML" in told


def test_an_empty_input_is_no_fault(run: Scan) -> None:
    """Nothing in, nothing out."""
    result = run("--format", "jsonl", "--json", given=b"")

    assert (result.exit_code, result.stdout) == (0, "")
