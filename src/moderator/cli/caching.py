"""Where commands keep built rulebooks."""

import platformdirs

from moderator.rulebook.cache import RulebookCache


def user_cache() -> RulebookCache:
    """This user's cache, in the folder of the XDG base directory specification."""
    return RulebookCache(platformdirs.user_cache_path("moderator") / "rulebooks")
