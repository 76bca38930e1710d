"""Whoever reads Chinese reads Chinese, and whoever reads English reads English."""

import pytest
from tests.console.conftest import MARKUP, Desk, Enter
from tests.console.test_pages import PAGES, addressed

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Everything that a person reads or hears, but for what is the same in every language.
_SAID = """() => {
  const same = 'code, kbd, pre, .mono, [lang], template, noscript, script';
  const texts = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const [text, within] = [walk.currentNode.textContent.trim(), walk.currentNode.parentElement];
    if (text && !within.closest(same)) texts.push(text);
  }
  for (const name of ['aria-label', 'placeholder', 'alt']) {
    for (const one of document.body.querySelectorAll(`[${name}]`)) {
      if (!one.closest(same)) texts.push(one.getAttribute(name));
    }
  }
  return texts.filter((text) => PATTERN.test(text));
}"""
# Two words in a row are a sentence of ours; rules, apps, people and formats have one.
_ENGLISH = r"/[A-Za-z]{2,}[ ,;:]+[A-Za-z]{2,}/"
_KNOWN = {MARKUP, "JSON Lines"}


@pytest.mark.parametrize(("name", "address", "who"), PAGES, ids=[name for name, _, _ in PAGES])
async def test_nothing_is_left_in_english(
    desk: Desk, enter: Enter, name: str, address: str, who: str
) -> None:
    """No sentence of the log, of an error or of a forgotten template stands in a Chinese page."""
    page = await enter(await addressed(desk, address), who=who)

    said = await page.evaluate(_SAID.replace("PATTERN", _ENGLISH))

    assert set(said) - _KNOWN == set(), name


async def test_outcomes_of_actions_are_told_in_chinese(desk: Desk, enter: Enter) -> None:
    """What the worker kept in the words of the log, of every outcome that there is."""
    rows = await desk.fetch(
        "SELECT DISTINCT ON (outcome) outcome, violation_id FROM actions WHERE outcome <> ''"
    )
    page = await enter("/console/outbox?group=all", who="wu.lei")
    assert len(rows) > 3

    for row in rows:
        await page.goto(f"/console/cases/{row['violation_id']}")
        said = await page.evaluate(_SAID.replace("PATTERN", _ENGLISH))
        assert set(said) - _KNOWN == set(), row["outcome"]
