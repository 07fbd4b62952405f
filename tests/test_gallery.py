"""The site is a folder of static files: every link leads to a file in it, and nothing is asked for elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browser import Browser, chromium

from derive.cli.main import run
from derive.page.formats.html.gallery import index

NAMES = ("logistic", "soft-dtw", "alexnet")  # one with a graph, one whose loops leave no picture, one on layers
OWN = (
    "mine.py",
    '"""A line.\n\nFit it."""\nfrom derive import Graph\ng = Graph()\nw = g.parameter("w")\ng.loss("L", w**2)\n',
)
SHEET = (
    "quiz.toml",
    '[sheet]\ntitle = { en = "Quiz", zh = "测验" }\n[[problem]]\nname = "l1"\n[[problem]]\nfile = "mine.py"\n',
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    if pytestconfig.getoption("--site"):
        return Path(pytestconfig.getoption("--site")).resolve()
    files = tmp_path_factory.mktemp("files")
    for name, content in (OWN, SHEET):
        (files / name).write_text(content, encoding="utf-8")
    folder = tmp_path_factory.mktemp("site")
    own = [str(files / name) for name, _ in (OWN, SHEET)]
    assert run(["gallery", *NAMES, *own, "--no-check", "-o", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = chromium()
    yield found
    found.close()


LINKS = "return [...document.querySelectorAll('a')].map((a) => a.href)"
SHOWN_LINK = "return [...document.links].some((a) => a.href === arguments[0] && a.checkVisibility())"
PLACES = "return [...document.querySelectorAll('[id]')].map((e) => e.id)"


def test_every_link_leads_to_a_file_or_a_place_and_nothing_is_asked_for(site: Path, browser: Browser) -> None:
    for page in site.rglob("*.html"):
        browser.open(page)
        assert (browser.said(), browser.asked()) == ([], []), page
        links, places = browser.run(LINKS), browser.run(PLACES)
        assert len(links) > 8
        assert len(places) == len(set(places)), page
        for link in map(urlsplit, links):
            assert link.scheme == "file"
            path = Path(unquote(link.path))
            assert path.is_file(), (page, link)
            assert path != page or not link.fragment or link.fragment in places, (page, link)
            assert path == page or link.fragment in ("", "answers=hidden"), (page, link)
        if page.parent != site:
            name = "index.zh.html" if page.name == "index.zh.html" else "index.html"
            assert browser.run(SHOWN_LINK, (site / name).as_uri()), page  # back to the list in the language of the page


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_a_script_each_language_has_its_pages(site: Path, browser: Browser, lang: str) -> None:
    """Both lists and all pages open in their language, and lead to the other one."""
    name, other = ("index.zh.html", "index.html") if lang == "zh" else ("index.html", "index.zh.html")
    browser.command("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        for page in (site / name, site / "logistic" / name, site / "alexnet" / name):
            browser.open(page)
            seen = browser.driver.find_element("tag name", "body").text
            assert ("全部" in seen or "推导" in seen) is (lang == "zh"), page
            assert browser.driver.execute_script("return document.documentElement.lang") == lang
            links = [a.get_property("href") for a in browser.driver.find_elements("tag name", "a") if a.is_displayed()]
            assert (page.parent / other).as_uri() in links and (site / name).as_uri() in [*links, page.as_uri()]
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", {"value": False})


def test_a_screen_reader_finds_its_way(site: Path, browser: Browser) -> None:
    for name in ("index.html", "index.zh.html"):
        for width in (1280, 400):
            browser.open(site / name, width=width)
            assert browser.violations() == []


def test_the_search_says_what_it_found(site: Path, browser: Browser) -> None:
    browser.open(site / "index.html")
    shown = "return [...document.querySelectorAll('li')].filter((e) => e.checkVisibility()).length"
    browser.run("document.getElementById('search').focus()")
    all_of_them = browser.run(shown)
    browser.keys("logistic")
    assert 0 < browser.run(shown) < all_of_them
    assert browser.run("return document.getElementById('none').checkVisibility()") is False
    for typed in ("逻辑", "0" * 9):
        browser.run("document.getElementById('search').value = ''")
        browser.keys(typed)
        assert (browser.run(shown) > 0) is (typed == "逻辑")  # a title in the other language
    browser.run("document.getElementById('search').value = ''")
    browser.keys("soft-dtw")
    assert browser.run(shown) == 1  # the name that is typed behind derive
    browser.keys(" nowhere")
    assert browser.run(shown) == 0 and browser.run("return document.getElementById('none').checkVisibility()")


def test_the_list_says_whether_it_was_checked(tmp_path: Path) -> None:
    for checked in (True, False):
        assert ("was not compared" in index([], {}, "en", checked)) is not checked


def test_each_problem_has_its_files(site: Path) -> None:
    common = {f"{kind}.{lang}.pdf" for kind in ("solution", "exercise") for lang in ("en", "zh")}
    common |= {"index.html", "index.zh.html"}
    code = {"numpy_passes.py", "torch_passes.py"}
    expected = {"logistic": common | code | {"graph.svg"}, "soft-dtw": common | code, "alexnet": common}
    own = {"mine": expected["logistic"], "quiz": common} if (site / "mine").exists() else {"sheet-0": common}
    for name, files in (expected | own).items():
        assert {f.name for f in (site / name).iterdir()} == files, name
    assert all(f.read_bytes().startswith(b"%PDF") for f in site.rglob("*.pdf"))


def test_two_of_one_name_and_a_file_that_is_wrong_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logistic.py").write_text(OWN[1], encoding="utf-8")
    (tmp_path / "none.py").write_text("x = 1\n")
    for typed, words in (("logistic.py", "would have one name"), ("none.py", "none.py defines no Graph")):
        assert run(["gallery", "logistic", str(tmp_path / typed), "-o", str(tmp_path / "new"), "--no-check"]) == 2
        assert words in capsys.readouterr().err


def test_an_unknown_problem_is_refused_before_any_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gallery", "logistik", "-o", str(tmp_path / "new")]) == 2
    assert "logistic" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_of_several_graphs_each_is_an_entry_and_what_fails_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list has the others; one line names the file once; the folder of what failed is gone."""
    lines = ("from derive import Graph", "third, some = Graph(), {'a/b': Graph()}")
    losses = (f'{name}.loss("L", {name}.parameter("w")**2)' for name in ("third", "some['a/b']"))
    (tmp_path / "two.py").write_text("\n".join(["import os", "os.chdir('/')", *lines, *losses]))
    (tmp_path / "bad.toml").write_text('[[problem]]\nname = "logistik"\n')
    typed = [str(tmp_path / name) for name in ("two.py", "bad.toml")]
    site = tmp_path / "new"
    assert run(["gallery", *typed, "--no-check", "-o", str(site)]) == 2
    out, err = capsys.readouterr()
    assert out == f"{site / 'index.html'}\n"
    assert err.startswith(f"derive: {typed[1]} is left out: ") and err.count("\n") == err.count("bad.toml") == 1
    assert {f.name for f in site.iterdir() if f.is_dir()} == {"two-some.a-b", "two-third"}
    page = (site / "index.html").read_text()
    assert 'href="two-some.a-b/graph.svg"' in page and "<h3>third</h3>" in page and "bad" not in page
