"""The message that proves, again and again, that a banned word is still found."""

from typing import Final

# No member has this userid: what the canary says is counted for nobody and breaks no silence.
SENDER: Final = "moderator-canary"
CATEGORY: Final = "canary"  # of `rules/canary.yaml`; its ladder in `policy.yaml` only records
TEXT: Final = "金 丝 雀自检信号零四五一"  # disguised, so that finding it proves the folding too
