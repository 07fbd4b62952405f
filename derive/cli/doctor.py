"""`derive doctor`: what is installed, and what sets an English and a Chinese page as PDF."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from importlib import metadata

from derive.cli import options
from derive.language import LANGUAGES, Text
from derive.page.print.formulas import Formulas
from derive.page.terminal import cells
from derive.page.typesetting.engines import ADVICE, missing, system, version
from derive.page.typesetting.needs import needs
from derive.page.typesetting.typst import chinese_fonts

PACKAGES = ("sympy", "numpy", "torch", "matplotlib", "typst", "latex2sympy2", "casadi", "symengine")
NONE = Text("not installed", "未安装")
PAGE = {"en": Text("TeX, English page", "TeX，英文页面"), "zh": Text("TeX, Chinese page", "TeX，中文页面")}
FONTS = Text("Typst, Chinese font", "Typst，中文字体")
HAS = Text("{program} has all {n} files", "{program}：所需的 {n} 个文件齐全")
LACKS = Text("{program} lacks {files}", "{program} 缺少 {files}")
NOTHING = Text("no {program}", "没有 {program}")


def run(argv: Sequence[str]) -> int:
    """Print what is there, one line each. Errors: UsageError."""
    parser = options.Parser(prog="derive doctor", description="What is installed, and which TeX sets a PDF.")
    parser.add_argument("--lang", default="en", metavar="en|zh", help="language of the report (default en)")
    given = options.parse(parser, argv)
    options.one_of("lang", given.lang, LANGUAGES)
    for name, found in (*packages(given.lang), *routes(given.lang)):
        print(name + " " * (20 - cells(name)) + found)
    return 0


def packages(lang: str) -> Iterator[tuple[str, str]]:
    """Python and the packages that are used, the optional ones too, with their versions."""
    yield "Python", platform.python_version()
    for name in PACKAGES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            yield name, NONE.pick(lang)


def routes(lang: str) -> Iterator[tuple[str, str]]:
    """The font with which Typst sets Chinese, and what the system's TeX has of a page in each language."""
    from derive.page.formats import tex
    from derive.page.formats.formats import Document

    yield FONTS.pick(lang), ", ".join(chinese_fonts()[:1]) or NONE.pick(lang)
    for of in LANGUAGES:
        need = needs(tex.render(Document(lambda detail: (), Formulas("latex", (), ()), of)))
        engine = system(need.program)
        if engine is None:
            yield PAGE[of].pick(lang), f"{NOTHING(program=need.program).pick(lang)} ({ADVICE[need.program]})"
            continue
        lacks = missing(engine, need.files)
        said = (
            LACKS(program=need.program, files=", ".join(lacks))
            if lacks
            else HAS(program=need.program, n=str(len(need.files)))
        )
        yield PAGE[of].pick(lang), said.pick(lang)
        yield "", f"{version(engine)} ({engine.path})"
