"""The site is a folder of static files: every link leads to a file in it, and nothing is asked for elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browser import Browser, chromium

from derive.cli.main import run
from derive.page.formats.html.gallery import index

NAMES = ("logistic", "soft-dtw")  # one with a graph, one whose loops leave no picture
STATES = {"lang=en", "lang=zh", "answers=hidden"}  # in which a page is opened


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    if pytestconfig.getoption("--site"):
        return Path(pytestconfig.getoption("--site")).resolve()
    folder = tmp_path_factory.mktemp("site")
    assert run(["gallery", *NAMES, "--no-check", "-o", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = chromium()
    yield found
    found.close()


LINKS = "return [...document.querySelectorAll('a')].map((a) => a.href)"
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
            assert path == page or not link.fragment or set(link.fragment.split("&")) <= STATES, (page, link)


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
    browser.keys(" nowhere")
    assert browser.run(shown) == 0 and browser.run("return document.getElementById('none').checkVisibility()")


def test_the_list_says_whether_it_was_checked(tmp_path: Path) -> None:
    for checked in (True, False):
        assert ("was not compared" in index([], {}, "en", checked)) is not checked


def test_each_problem_has_its_files(site: Path) -> None:
    common = {f"{kind}.{lang}.pdf" for kind in ("solution", "exercise") for lang in ("en", "zh")}
    common |= {"index.html", "numpy_passes.py", "torch_passes.py"}
    assert {f.name for f in (site / "logistic").iterdir()} == common | {"graph.svg"}
    assert {f.name for f in (site / "soft-dtw").iterdir()} == common
    assert all(f.read_bytes().startswith(b"%PDF") for f in site.rglob("*.pdf"))


def test_an_unknown_problem_is_refused_before_any_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gallery", "logistik", "-o", str(tmp_path / "new")]) == 2
    assert "logistic" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
