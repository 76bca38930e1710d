"""Texts that are full of what the rules look for: real hits, near-hits, every disguise at once."""

from collections.abc import Callable, Iterator, Sequence
from random import Random

from matching_layers import disguises
from matching_texts import filled
from moderator.domain.rule import Rule
from moderator.rulebook.samples import expand

PROBE = 256  # characters for which a piece is repeated to tell what it costs
DEAREST = (40, 400, 2000)  # pieces
BETWEEN = ("", "，", " ", "。")
# What a search by chance came to, which put pieces of all kinds together and kept the dearest.
FOUND = {
    "sound-alikes begun": "操你",
    "a phrase of one letter": "xxxx ",
    "pinyin among characters": "du博sha逼",
    "short links": "t.cn/a ",
    "numbers and runs": (
        "wifi密码88888550e8400-e29b-41d4-a716-446655440000 0123贝者十尃ghp_sk-%25E5%25AF"
    ),
    "letters of all kinds": (
        "1️⃣𝓯𝓾𝓬𝓴ありがとう 10.0.0.1 京A12345 t.cn/a 賭博f u c k "
        '<a href="http://a.b">%E5%AF%86密码是a.@'
    ),
    "a little of everything": (
        "\"'\"'f.u.c.k 操你://u:p@vx:abc123 k:v xn--fiqs8s.xn--fiqz9s "
        '{"password":"x"},a1!中 👍🏽密码是%E5%AF%86password: x\nsecret: y\ndu bo sha bi '
        '验证码 1234 Authorization: Bearer abc ssh root@10.0.0.1 {\\"password\\":\\"x\\"}'
        "key=\\u5bc6\\u7801du博sha逼"
    ),
}
Cost = Callable[[str], float]


def crowds(rules: Sequence[Rule], size: int) -> dict[str, str]:
    """Texts of `size` characters, made of the examples and the words of the rules."""
    random = Random(3)
    ways = list(disguises().values())
    examples, words = _examples(rules), [word.text for rule in rules for word in rule.words]
    secrets = _examples([rule for rule in rules if rule.patterns])
    for pieces in (examples, words, secrets):
        random.shuffle(pieces)

    def disguised(word: str) -> str:
        return random.choice(ways)(word)

    texts = {
        "every example": [f"{one}\n" for one in examples],
        "the beginning of every example": [one[:12] for one in examples],
        "every secret": [f"{one}\n" for one in secrets],
        "every secret, glued": secrets,
        "every word": words,
        "every word in any disguise": [disguised(word) + random.choice(BETWEEN) for word in words],
        "every word in two disguises": [disguised(disguised(word)) for word in words],
        "examples and disguises": [
            piece
            for word, example in zip(words, examples, strict=False)
            for piece in (disguised(word), f"{example} ")
        ],
        "examples, words and dots": [
            piece
            for example, word in zip(examples, words, strict=False)
            for piece in (example, word, ".".join(word))
        ],
    }
    for layer, disguise in disguises().items():
        texts[f"every word, {layer}"] = [disguise(word) + random.choice(BETWEEN) for word in words]
    texts |= {name: [piece] for name, piece in FOUND.items()}
    return {name: filled(pieces, size) for name, pieces in texts.items()}


def dearest(rules: Sequence[Rule], cost: Cost) -> list[str]:
    """Examples and words, as they are and in disguise, that cost most for their length."""
    random = Random(1)
    ways, words = list(disguises().values()), [word.text for rule in rules for word in rule.words]
    disguised = [random.choice(ways)(random.choice(words)) for _ in range(3000)]
    pieces = {one for one in (*_examples(rules), *words, *disguised) if len(one) > 1}
    return sorted(pieces, key=lambda one: cost(filled([f"{one} "], PROBE)), reverse=True)


def of_the_dearest(pieces: Sequence[str], size: int) -> Iterator[tuple[str, str]]:
    """Texts of `size` characters, made of the dearest pieces."""
    for count in DEAREST:
        yield f"the {count} dearest pieces", filled([f"{one} " for one in pieces[:count]], size)
        glued = Random(count).sample(pieces[:count], min(count, len(pieces)))
        yield f"the {count} dearest pieces, glued", filled(glued, size)


def _examples(rules: Sequence[Rule]) -> list[str]:
    return [expand(text, seed="crowds") for rule in rules for text in rule.examples]
