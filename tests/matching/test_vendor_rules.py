"""Keys that only the name of a vendor beside them tells, in the forms they are written in."""

import pytest

from moderator.matching.patterns import PatternMatcher
from moderator.rulebook.samples import expand

VENDORS = {
    "todoist": "<hex:40>",
    "scrapingant": "<lowernum:31>7",
    "finnhub": "<lowernum:19>7",
    "helpscout": "<random:56>",
    "graphhopper": "<uuid:>",
    "telnyx": "KEY<random:32>_<alnum:22>",
}
FORMS = (
    "{name} token = '{value}'",
    "{name} = '{value}'",
    "{name} - '{value}'",
    "{name}:\n  api_key: {value}\n",
    "{name}_token: |\n  {value}",
    "export {upper}_SECRET={value}",
    'var {name}Token string = "{value}"',
    "INFO request to the {name} API\n\tDEBUG Using Key={value}\n\tINFO 200 OK",
    "<id>{name}</id>\n<secret>{{{name} AQAAABAAA {value}}}</secret>",
    '{{"test_secrets": {{"{name}_secret": "{value}"}}}}',
    "there is a {name} secret {value} within",
    "{name} 的密钥：{value}",
    "{name} 的 key 你先用：{value}",
    "@张三 {name} token给你 {value}",
    "{name} secret发你了 {value}，别外传",
)
# Ids, hashes and versions that are talked about beside the name of a vendor.
TALK = (
    "trello token expired for user 5f2b8c1e9d3a4e7f8a6b1c2d",
    "todoist 的 token 失效了，任务 2995104339 没同步",
    "todoist = '5f2b8c1e?9d3a4e7f8a6b1c2d'",
    "circleci workflow 5034460f-c7c4-4c43-9457-de07e2029e7b",
    "airtable base appXq8Zr3LmVt6Xy9",
    "mapbox://styles/mapbox/streets-v12",
    "spotify auth code flow with PKCE S256 challenge",
    "hubspot property key: hs_analytics_source_data_1",
    "webflow collection key blog-posts-2025-archive-v2",
    "sonarqube token for project com.corp:backend-service-v2",
    "klaviyo_api_key: ${KLAVIYO_API_KEY}",
    "mailgun api key: your_api_key_here",
    "pipedream keyword is not close to what stands\n = '3f786850e387550fdab836ed7e6dc881'",
    "intercom conversation 192837465012 升级",
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", VENDORS)
def test_a_key_beside_its_vendors_name_is_found(
    shipped: PatternMatcher, name: str, form: str
) -> None:
    """However it is written: in code, configuration, logs, markup or chat."""
    value = expand(VENDORS[name], seed=f"{name} {form}")
    text = form.format(name=name, upper=name.upper(), value=value)

    hits = shipped.match(text, shipped.candidates(text))

    assert any(
        text[hit.start : hit.end] in value or value in text[hit.start : hit.end] for hit in hits
    )


@pytest.mark.parametrize("text", TALK)
def test_what_is_told_of_a_vendor_is_no_key(shipped: PatternMatcher, text: str) -> None:
    """Names beside ids, placeholders and words do not hit."""
    assert [hit.rule for hit in shipped.match(text, shipped.candidates(text))] == []
