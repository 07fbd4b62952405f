"""The documents say what is there: the map names the rooms in their order, and every path in it exists."""

import re
from pathlib import Path

import pytest
from test_layering import ROOMS

ROOT = Path(__file__).parent.parent
HOUSE = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
PATH = re.compile(r"`((?:derive|docs|problems|tests)/[\w./*-]*)`")


def paths(text: str) -> list[str]:
    """The paths in a document; NAME stands for any name."""
    return [found.replace("NAME", "*") for found in dict.fromkeys(PATH.findall(text))]


def rooms(text: str) -> list[set[str]]:
    """The names in the first column of the first table of a document, row by row."""
    rows = re.findall(r"^\| (`.*?) \|", text.split("\n## ")[0], re.MULTILINE)
    return [set(re.findall(r"`(\w+)`", row)) for row in rows]


def test_the_map_names_the_rooms_from_the_roof_to_the_ground() -> None:
    assert rooms(HOUSE) == [set(room.split()) for room in reversed(ROOMS)]


@pytest.mark.parametrize(
    "name",
    [
        "docs/house.md",
        "docs/decisions.md",
        "docs/language.md",
        "docs/grading.md",
        "README.md",
        "README.zh.md",
        "CHANGELOG.md",
    ],
)
def test_every_path_in_a_document_exists(name: str) -> None:
    missing = [path for path in paths((ROOT / name).read_text(encoding="utf-8")) if not any(ROOT.glob(path))]
    assert not missing


def test_every_module_that_a_comment_names_exists() -> None:
    """A path of a module in the code stands from the root of the repository or from derive/."""
    found = {
        (str(file.relative_to(ROOT)), path)
        for folder in ("derive", "problems")
        for file in (ROOT / folder).rglob("*.py")
        for path in re.findall(r"\w+(?:/\w+)+\.py\b", file.read_text(encoding="utf-8"))
    }
    assert ("derive/expressions/functions.py", "tests/test_functions.py") in found
    assert not [one for one in found if not any((at / one[1]).is_file() for at in (ROOT, ROOT / "derive"))]


def test_the_map_names_places_for_all_that_is_new() -> None:
    """Each line of the list says where by at least one path, so that the test above has something to hold it to."""
    items = HOUSE.split("## Where do I put a new ...")[1].split("\n## ")[0].split("\n- ")[1:]
    assert len(items) >= 9
    for item in items:
        assert paths(item), item


def test_every_method_of_a_subject_is_explained() -> None:
    """What `Topic` has and what the map explains are the same words."""
    from derive.topics.topic import Topic

    table = HOUSE.split("## A subject")[1].split("|---|---|")[1]
    explained = {
        name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert explained == {name for name in vars(Topic) if not name.startswith("_")}


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_readme_leads_to_the_map(name: str) -> None:
    assert "(docs/house.md)" in (ROOT / name).read_text(encoding="utf-8")


def test_a_path_that_is_not_there_and_rooms_in_another_order_are_seen() -> None:
    assert paths("see `derive/no/such.py`") == ["derive/no/such.py"]
    assert not any(ROOT.glob("derive/no/such.py"))
    assert rooms("| `model` | |\n| `graph`, `solution` | |") == [{"model"}, {"graph", "solution"}]
