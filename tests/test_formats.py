"""The table of formats: a new format is a module and a row, and nothing else needs to know it."""

import sys
from types import ModuleType

import pytest

from derive.cli import options
from derive.cli.sheet import sheet as command
from derive.errors import UsageError
from derive.page.blocks import Heading
from derive.page.formats import formats
from derive.page.formats.formats import FORMATS, Document, Format
from derive.problems import load
from derive.sheet.part import Part
from derive.sheet.render import render


def headings(document: Document) -> str:
    """The headings of the sheet, its loss in the format's notation, and how many steps its data has."""
    words = [b.text.pick(document.lang, document.formulas.show) for b in document.blocks if isinstance(b, Heading)]
    return "\n".join([document.lang, document.detail, *words, str(len(document.data()["steps"]))])


@pytest.fixture
def toy(monkeypatch):
    """A made-up format: a module with one function, and a row."""
    module = ModuleType("toy_format")
    module.render = headings
    monkeypatch.setitem(sys.modules, "toy_format", module)
    monkeypatch.setitem(FORMATS, "toy", Format("toy_format", notation="text"))


@pytest.fixture(scope="module")
def solution():
    """A small problem, derived."""
    return load("logistic").readings[0].build().derive()


def test_a_new_format_is_a_module_and_a_row(toy, solution):
    """A sheet, a solution and the command line write the made-up format; the help and the errors name it."""
    part = Part(solution)
    lang, detail, *words, steps = render([part], "toy", "zh", "full").splitlines()
    assert (lang, detail, int(steps)) == ("zh", "full", len(solution.steps))
    assert any("反向" in w for w in words) and any("∂" in w for w in words)
    assert solution.to("toy", check=False).splitlines()[-1] == steps
    content, file = command("logistic", ["--format", "toy", "--no-check"])
    assert file is None and content.startswith("en\nbrief\n")
    assert "|toy" in options.problem_parser("logistic", load("logistic")).format_help()
    with pytest.raises(UsageError, match="toy"):
        render([part], "nothing")


def test_bytes_are_not_written_to_a_terminal(toy, monkeypatch):
    """That a format is bytes is said in its row, and refused on a screen before anything is derived."""
    monkeypatch.setitem(FORMATS, "toy", Format("toy_format", binary=True))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with pytest.raises(UsageError, match="a TOY is not for a terminal"):
        command("logistic", ["--format", "toy"])


def test_every_row_names_a_module_that_writes(solution):
    """Each row's module exists and writes the same sheet as `to`."""
    for name in FORMATS.keys() - {"pdf"}:
        assert solution.to(name, check=False)
    assert set(FORMATS) >= {"tex", "pdf", "text", "json", "html", "markdown"} and formats.FORMATS is FORMATS
