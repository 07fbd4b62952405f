"""A Text says the same in both languages, and every sentence of the package is written properly in each of them."""

import pkgutil
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module

import pytest

import derive
from derive.expressions.functions import TABLE
from derive.language import LANGUAGES, Text, places

CJK = "\u4e00-\u9fff"
USED = Text("{u} is used by {c}.", "{u} 被 {c} 使用。")


@pytest.mark.parametrize(
    ("en", "zh"),
    [("{u} is used", "被使用"), ("used", "{u} 被使用"), ("{u} by {c}", "{u} 被 {d}"), ("{u}", "{u} {v}")],
)
def test_different_places_are_refused(en, zh):
    """Both languages name the same places; anything else is a ValueError at once."""
    with pytest.raises(ValueError, match="different formulas"):
        Text(en, zh)


def test_places_may_stand_in_another_order_and_repeat():
    """The order of a sentence is the business of its language."""
    text = Text("{a} before {b}", "{b} 之前是 {a}，即 {a}")(a="x", b="y")
    assert [text.pick(lang) for lang in LANGUAGES] == ["x before y", "y 之前是 x，即 x"]
    assert places("{b} and {a}, {a}") == {"a", "b"}


def test_filling_leaves_the_original_alone():
    """A Text is a template: it can be filled bit by bit, and filled again."""
    half = USED(u="h")
    assert half(c="o").pick("en") == "h is used by o."
    assert half(c="q").pick("zh") == "h 被 q 使用。"
    assert USED.values == {} and half.values == {"u": "h"}


def test_values_are_shown_in_the_language_of_the_sentence():
    """A Text inside a Text follows its language; a list is joined as the language joins; words stay as they are."""
    itself = Text("{loss} itself", "{loss} 本身")(loss="L")
    text = USED(u=3, c=["a", itself, 4])
    shown = [text.pick(lang, show=lambda value: f"${value}$") for lang in LANGUAGES]
    assert shown == ["$3$ is used by a, L itself, $4$.", "$3$ 被 a、L 本身、$4$ 使用。"]


def test_a_formula_with_braces_is_put_in_as_it_is():
    """The braces of LaTeX in a value are no places."""
    assert USED(u=r"\frac{1}{2}", c="{x}").pick("en") == r"\frac{1}{2} is used by {x}."


NAMES = {row.name.replace("_", " ") for row in TABLE}


def texts(value):
    """Every Text in a value, in containers and dataclasses too."""
    if isinstance(value, Text):
        yield value
    elif isinstance(value, Mapping):
        yield from (t for v in value.values() for t in texts(v))
    elif isinstance(value, (tuple, list, set, frozenset)):
        yield from (t for v in value for t in texts(v))
    elif is_dataclass(value) and not isinstance(value, type):
        yield from (t for f in fields(value) for t in texts(getattr(value, f.name)))


def modules():
    """The names of all modules of the package."""
    found = pkgutil.walk_packages(derive.__path__, "derive.")
    return sorted(m.name for m in found if not m.name.endswith("__main__"))


def faults(text):
    """What is wrong with the writing of a Text: the wrong alphabet, or the punctuation of the other language.

    "{name} for {ranges}" has no word that Chinese needs: brackets say it. The name of a function, ReLU, is no word.
    """
    words = set(re.findall("[A-Za-z]+", re.sub(r"{\w*}", "", text.en))) - {"for"}
    rules = {
        "no Chinese": words and text.zh.lower() not in NAMES and not re.search(f"[{CJK}]", text.zh),
        "Chinese in the English": re.search(f"[{CJK}，。；：、？！（）]", text.en),
        "ASCII punctuation after a Chinese character": re.search(f"[{CJK}][,.;:?!]", text.zh),
        "full-width punctuation with a space": re.search("[，。；：、] | [，。；：、]", text.zh),
        "a full stop in one language only": text.en.endswith(".") != text.zh.endswith("。"),
        "different places": places(text.en) != places(text.zh),
        "nothing said in one language": bool(text.en.strip()) != bool(text.zh.strip()),
    }
    return [name for name, broken in rules.items() if broken]


@pytest.mark.parametrize("module", modules())
def test_every_sentence_is_written_properly(module):
    """No module holds a Text with the wrong alphabet or the punctuation of the other language."""
    found = {t.en: faults(t) for t in texts(vars(import_module(module)))}
    assert {en: wrong for en, wrong in found.items() if wrong} == {}


def test_the_sweep_sees_constants_rows_and_faults():
    """The sweep finds a constant and the texts in a table's rows, and the rules object to bad writing."""
    assert "multiply out" in {t.en for t in texts(vars(import_module("derive.chain.rules.combine")))}
    assert "derivative of tanh" in {t.en for t in texts(vars(import_module("derive.expressions.functions")))}
    assert faults(Text("derivative of tanh.", "tanh 的导数。")) == []
    bad = {"导数.": "a full stop", "derivative of tanh": "no Chinese"}
    bad |= {"导数,约定为 0。": "ASCII", "导数 ，约定。": "with a space"}
    for zh, fault in bad.items():
        assert any(fault in found for found in faults(Text("slope.", zh))), zh
    assert "Chinese in the English" in faults(Text("slope，", "导数"))
