"""What an instructor puts on a sheet: in every format, on both sizes of paper, and never as markup."""

import datetime
import json
import re
import shutil
import subprocess

import pytest

from derive import Graph
from derive.cli.main import run
from derive.cli.sheet import sheet
from derive.errors import UsageError
from derive.page.formats.formats import FORMATS
from derive.page.front import Front, found, front
from derive.page.look import PAPERS
from tests.test_publishing import ATTACKS
from tests.test_typst import TYPST, strict

COURSE = """
[sheet]
title = { en = "Homework 3: gates", zh = "作业三：gates" }
author = ["A. Turing", "K. Gödel"]
course = "CS 101 深度学习"
date = 2027-01-31
"""
SHOWN = {
    "en": ("Homework 3: gates", "A. Turing, K. Gödel", "CS 101 深度学习", "31 January 2027"),
    "zh": ("作业三：gates", "A. Turing、K. Gödel", "CS 101 深度学习", "2027 年 1 月 31 日"),
}
WORDED = [name for name in FORMATS if name != "pdf"]
HTML = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><b>bold</b>', "&amp; &lt;b&gt;", "</title><b>")
MARKDOWN = ("# heading", "*bold* _it_ ~~no~~", "[a](javascript:x)", "![a](x)", "`code`", "$x$ $$y$$", "| a | b |")


@pytest.fixture
def course(tmp_path):
    file = tmp_path / "course.toml"
    file.write_text(COURSE, encoding="utf-8")
    return str(file)


def linear():
    g = Graph("linear")
    w, x = g.parameter("w"), g.input("x")
    g.loss("L", w * x)
    return g.derive()


def plain(page: str) -> str:
    """The words of a page, whatever way its format writes an accent, a mark or a space."""
    for written, meant in ((r"\"{o}", "ö"), ("&#38;", "&"), ("#sym.wj;", ""), (r"\ ", " "), (r"$\cdot$", "·")):
        page = page.replace(written, meant)
    return re.sub(r'#"([^"]*)";', r"\1", page)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("format", WORDED)
def test_the_file_is_on_the_page(course, format, lang):
    """Title, author, course and date, each in the language of the sheet; the title of the problem is gone."""
    page, _ = sheet("logistic", ["--no-check", "--sheet", course, "--format", format, "--lang", lang])
    assert all(words in plain(page) for words in SHOWN[lang]), plain(page)[:3000]
    assert "Logistic regression" not in page and "逻辑回归 " not in page


def test_json_has_them_by_key(course):
    page = json.loads(sheet("logistic", ["--no-check", "--sheet", course, "--format", "json"])[0])
    assert (page["problem"], *page["byline"]) == SHOWN["en"]


def test_what_is_typed_comes_first(course, tmp_path, monkeypatch):
    """An option, else the file that is named, else derive.toml in the working directory, else the problem."""
    argv = ["--no-check", "--format", "text"]
    head = lambda *more: "\n".join(sheet("logistic", [*argv, *more])[0].splitlines()[:5])  # noqa: E731
    (tmp_path / "derive.toml").write_text('[sheet]\ntitle = "Found"\nlang = "zh"\nauthor = "N. N."', encoding="utf-8")
    assert "Logistic regression" in head()
    monkeypatch.chdir(tmp_path)
    assert "Found\n" in head() and "由 derive 推导" in head() and "N. N." in head()
    assert "Found\n" in head("--lang", "en") and "Derived and checked" in head("--lang", "en")
    assert "Homework 3" in head("--sheet", course) and "N. N." not in head("--sheet", course)
    assert "Typed\n" in head("--sheet", course, "--title", "Typed") and "Turing" in head(
        "--title", "T", "--sheet", course
    )


def test_an_empty_line_is_left_out(course):
    """ "" takes a line away that a file has; a sheet always has a title."""
    argv = ["--no-check", "--format", "text", "--sheet", course, "--author", "", "--subtitle", "", "--title", ""]
    top = sheet("logistic", argv)[0].splitlines()[:4]
    assert top[0] == "Logistic regression" and top[2] == "CS 101 深度学习 · 31 January 2027" and top[3] == ""


def test_python_takes_the_same_words(course):
    """Keywords of every call; a file where it is named, and none that lies about."""
    page = linear().to_text(title="Mine", author=["A", "B"], date=datetime.date(2027, 1, 31), course="C", check=False)
    assert page.startswith("Mine\n════\nA, B · C · 31 January 2027\n")
    assert "Homework 3" in linear().to_latex(sheet=course, check=False)
    assert "作业三" in linear().to_markdown("zh", sheet=course, check=False)
    assert r"\usepackage[letterpaper," in linear().to_latex(paper="letter", check=False)
    assert "size: letter" in linear().to_html(paper="letter", check=False)
    assert "size: letter" not in linear().to_html(check=False)
    with pytest.raises(UsageError, match=r"^paper 'a5': choose one of a4, letter$"):
        linear().to("pdf", paper="a5", check=False)
    with pytest.raises(UsageError, match="nothing listens to 'autor'"):
        linear().to_text(autor="A", check=False)


def test_a_day_is_written_as_a_day():
    """A date of TOML, the same as words, today, and words that are no date."""
    day = datetime.date(2027, 1, 31)
    assert {front({"date": d}).date.pick("en") for d in (day, "2027-01-31", " 2027-01-31 ")} == {"31 January 2027"}
    today = datetime.date.today()
    assert front({"date": "today"}).date.pick("zh") == f"{today.year} 年 {today.month} 月 {today.day} 日"
    assert front({"date": "Autumn 2027"}).date.pick("zh") == "Autumn 2027"
    assert front({"date": datetime.datetime(2027, 1, 31, 8)}).date.pick("en") == "31 January 2027"


# Paper


def measured(pdf: bytes, folder) -> tuple[float, float]:
    """Width and height of the first page in mm, as a reader of PDFs measures it."""
    if not shutil.which("pdfinfo"):
        pytest.skip("no pdfinfo")
    (folder / "x.pdf").write_bytes(pdf)
    said = subprocess.run(["pdfinfo", folder / "x.pdf"], capture_output=True, encoding="utf-8", check=True).stdout
    width, height = re.search(r"Page size: +([\d.]+) x ([\d.]+)", said).groups()
    return float(width) / 72 * 25.4, float(height) / 72 * 25.4


SIZES = {"a4": (210, 297), "letter": (215.9, 279.4)}  # mm


@pytest.mark.parametrize("engine", ["typst", pytest.param("tex", marks=pytest.mark.tex)])
@pytest.mark.parametrize("paper", [None, *PAPERS])
def test_the_paper_is_that_size(paper, engine, tmp_path):
    words = {} if paper is None else {"paper": paper}
    pdf = linear().to("pdf", check=False, engine=engine, **words)
    assert measured(pdf, tmp_path) == pytest.approx(SIZES[paper or "a4"], abs=0.2)


# Attacks


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_words_stay_words(lang, tmp_path):
    """Typst's code, TeX's commands, tags and Markdown in every line of a head: no format takes them for its own."""
    enemy = [*TYPST, *ATTACKS, *HTML, *MARKDOWN]
    for n in range(0, len(enemy), 4):
        lines = [(e[:75] or "x") for e in (enemy[n : n + 4] * 4)[:4]]
        words = dict(zip(("title", "subtitle", "author", "course"), lines, strict=True))
        wished = front(words)
        for line in (wished.title, wished.subtitle, wished.author, wished.course):
            assert line.pick(lang).isprintable()
        pages = {format: linear().to(format, lang, check=False, **words) for format in WORDED}
        head, body = pages["html"].split("<body>")
        title = head.split("<title ")[1].split("<style>")[0]
        assert title.count("<") == 1 and not re.search(r"<(script>alert|img|b>)", body)
        shown = pages["tex"].split(r"\begin{document}")[1].split("\\titlerule")[0]
        assert not re.search(r"\\(input|write|immediate|loop|def|catcode|special|openin)\b", shown)
        assert "\x1b" not in "".join(pages.values()) and "\u202e" not in "".join(pages.values())
        head = pages["markdown"].split("\n\n")[:3]
        assert not re.search(r"(?<!&)#(?!\d+;)|[`*_\[\]<>$|]", "".join(head).removeprefix("# "))
        typst_page = pages["typst"]
        if all(ord(c) < 0x2000 for line in lines for c in line):
            strict(typst_page)


@pytest.mark.tex
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_tex_shows_them(lang, tmp_path):
    if not shutil.which("pdftotext"):
        pytest.skip("no pdftotext")
    words = {"title": r"\input{/etc/passwd} 50 % & #1", "author": r"\write18{x} $x$ ^^5c", "course": "损失 {}_^~"}
    (tmp_path / "x.pdf").write_bytes(linear().to("pdf", lang, check=False, engine="tex", **words))
    done = subprocess.run(["pdftotext", tmp_path / "x.pdf", "-"], capture_output=True, encoding="utf-8", check=True)
    assert r"\input{/etc/passwd} 50 % & #1" in done.stdout
    assert r"\write18{x} $x$ ^^5c ·损失" in done.stdout.replace("· ", "·")
    assert "root:" not in done.stdout


# Refusals

REFUSED = {
    'titel = "x"': "titel: unknown; a sheet has title, subtitle, author, course, date, paper, lang",
    "title = 3": 'title: expected words, as "...", or { en = "...", zh = "..." }, found 3',
    "title = true": "title: expected words",
    'title = { en = "x" }': "title: expected words",
    'title = { en = "x", zh = 3 }': "title: expected words in quotes, found 3",
    'title = { en = "x", zh = "" }': "title: expected words",
    'title = ["x"]': "title: expected words",
    f'title = "{"x" * 301}"': "title: 301 characters; a line has at most 300",
    "author = []": "author: expected words",
    "author = [1]": "author: expected words in quotes, found 1",
    "date = 3": "date: expected words",
    'paper = "a5"': "paper 'a5': choose one of a4, letter",
    "paper = 4": "paper 4: choose one of a4, letter",
    'lang = "fr"': "lang 'fr': choose one of en, zh",
    'lang = ["en"]': "lang ['en']: choose one of en, zh",
    "title": "no TOML (",
    "[other]\nx = 1": "'other' is not the table [sheet]",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_file_that_cannot_be_used_is_one_line(text, tmp_path, capsys):
    """Exit status 2, and the line names the file and the key."""
    file = tmp_path / "course.toml"
    file.write_text(f"[sheet]\n{text}", encoding="utf-8")
    assert run(["logistic", "--no-check", "--sheet", str(file)]) == 2
    out, err = capsys.readouterr()
    assert not out and err.count("\n") == 1 and err.startswith(f"derive: {file}: {REFUSED[text]}"), err


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 70_000, b"sheet = 1", b"[[sheet]]", b"a = " + b"[" * 5000])
def test_bytes_that_are_no_sheet_are_one_line(content, tmp_path, capsys):
    (tmp_path / "x.toml").write_bytes(content)
    assert run(["logistic", "--no-check", "--sheet", str(tmp_path / "x.toml")]) == 2
    out, err = capsys.readouterr()
    assert not out and err.count("\n") == 1 and "x.toml: " in err and len(err) < 400


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--sheet", "nowhere.toml"], "derive: nowhere.toml: cannot be read (No such file or directory)"),
        (["--sheet", "."], "derive: .: cannot be read (Is a directory)"),
        (["--paper", "a5"], "derive: --paper 'a5': choose one of a4, letter"),
        (
            ["--paper", "letter", "--format", "text"],
            "derive: --paper is for tex, typst, pdf, html (the format is text)",
        ),
        (["--title", "a", "--title", "b"], "derive: argument --title: given twice"),
        (["--title", "x" * 301], "derive: --title: 301 characters; a line has at most 300"),
    ],
)
def test_an_option_that_cannot_be_used_is_one_line(argv, words, capsys):
    assert run(["logistic", "--no-check", *argv]) == 2
    out, err = capsys.readouterr()
    assert not out and err.count("\n") == 1 and err.startswith(words)


def test_no_file_is_no_wish(tmp_path, monkeypatch):
    """Nothing lies in the working directory; a folder of that name is no file."""
    monkeypatch.chdir(tmp_path)
    assert found() == Front()
    (tmp_path / "derive.toml").mkdir()
    assert found() == Front()
