"""Which addresses WeCom uses (`wecom.md` §7.2)."""

from moderator.rehearsal.answers import Answer, Asked
from moderator.rehearsal.company import Caller, Company


def callback_addresses(company: Company, caller: Caller, asked: Asked) -> Answer:
    """`{ip_list}`: where callbacks come from, as plain addresses and `a.b.c.*` wildcards."""
    del caller, asked
    return Answer(body={"ip_list": list(company.world.callback_addresses)})


def api_addresses(company: Company, caller: Caller, asked: Asked) -> Answer:
    """`{ip_list}`: where the API answers."""
    del company, caller, asked
    return Answer(body={"ip_list": ["127.0.0.1"]})
