"""Where commands keep built rulebooks."""

import os
from pathlib import Path

from moderator.rulebook.cache import RulebookCache


def user_cache() -> RulebookCache:
    """This user's cache, in the folder of the XDG base directory specification."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return RulebookCache(Path(home) / "moderator" / "rulebooks")
