"""media/get: temporary files (`wecom.md` §2.1)."""

from moderator.rehearsal.answers import Answer, Asked, Download, Refused
from moderator.rehearsal.company import Caller, Company


def get(company: Company, caller: Caller, asked: Asked) -> Answer:
    """The file itself; errors are JSON all the same."""
    del caller
    media = company.world.media.get(asked.query.get("media_id", ""))
    if media is None:
        raise Refused(40007)
    return Answer(file=Download(name=media.name, kind=media.kind, content=media.content))
