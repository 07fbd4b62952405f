"""One sentence in two languages, with the same formulas in both."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

LANGUAGES = ("en", "zh")


class Text:
    """A sentence a reader sees, in English and in Chinese.

    `{name}` is a place for a value: a formula (a sympy expression), another Text, a number or plain words.
    Both languages must name the same places; ValueError otherwise, at import time, not on the page.

    >>> Text("{u} is used by {c}.", "{u} 被 {c} 使用。")(u="h", c="o").pick("en")
    'h is used by o.'
    """

    __slots__ = ("en", "zh", "values")

    def __init__(self, en: str, zh: str, values: dict[str, Any] | None = None):
        self.en, self.zh, self.values = en, zh, values or {}
        if values is None and "{" in en + zh and places(en) != places(zh):
            raise ValueError(f"the two languages carry different formulas: {en!r} and {zh!r}")

    def __call__(self, **values: Any) -> Text:
        """The same sentence with its places filled."""
        return Text(self.en, self.zh, {**self.values, **values})

    def pick(self, lang: str, show: Callable[[Any], str] = str, words: Callable[[str], str] = str) -> str:
        """The sentence in one language: `words` writes the words, `show` the values that are neither Text nor str."""
        template = self.zh if lang == "zh" else self.en
        if not self.values:
            return words(template)
        parts = [
            words(literal) + ("" if place is None else written(self.values[place], lang, show, words))
            for literal, place in _pieces(template)
        ]
        return "".join(parts)

    def __repr__(self) -> str:
        return f"Text({self.en!r}, {self.zh!r})"


def distinct(sentences: Iterable[Text]) -> tuple[Text, ...]:
    """Each sentence once, in the order in which they come first; they are told apart by their English."""
    return tuple({s.pick("en"): s for s in sentences}.values())


def clauses(sentences: Sequence[Text]) -> Text:
    """Several clauses with commas of their own, semicolons in between."""
    return joined(sentences, ("; ", "；"))


def joined(sentences: Sequence[Text], joints: tuple[str, str]) -> Text:
    """Several texts as one, with the joint of each language in between."""
    names = [f"s{k}" for k in range(len(sentences))]
    en, zh = (joint.join("{" + name + "}" for name in names) for joint in joints)
    return Text(en, zh)(**dict(zip(names, sentences, strict=True)))


def written(value: Any, lang: str, show: Callable[[Any], str], words: Callable[[str], str] = str) -> str:
    """What fills a place of a sentence, or a cell of a table: a sentence, words, a formula, or a list of these."""
    if isinstance(value, Text):
        return value.pick(lang, show, words)
    if type(value) in (list, tuple):
        return words("、" if lang == "zh" else ", ").join(written(item, lang, show, words) for item in value)
    return words(value) if isinstance(value, str) else show(value)


def places(template: str) -> set[str]:
    """The names of the places in a template."""
    return {name for _, name in _pieces(template) if name is not None}


@lru_cache(maxsize=4096)
def _pieces(template: str) -> tuple[tuple[str, str | None], ...]:
    """The words of a template, each with the name of the place that follows them."""
    return tuple((words, name) for words, name, _, _ in string.Formatter().parse(template))
