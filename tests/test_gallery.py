"""The site is a folder of static files: every link leads to a file in it, and nothing is asked for elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from derive.cli.main import run

NAMES = ("logistic", "soft-dtw")  # one with a graph, one whose loops leave no picture


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    assert run(["gallery", *NAMES, "--no-check", "-o", str(folder)]) == 0
    return folder


def test_every_link_leads_to_a_file(site: Path) -> None:
    for page in ("index.html", "index.zh.html"):
        text = (site / page).read_text(encoding="utf-8")
        links = re.findall(r'href="([^"]+)"', text)
        assert len(links) > 8
        assert ("was not compared" in text) == (page == "index.html")  # --no-check
        for link in links:
            assert (site / unquote(link.split("#")[0])).is_file(), link


def test_nothing_is_asked_for_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text), page
        assert "default-src 'none'" in text


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
