"""Text for terminals: nothing wider than the page, colours only where wanted, progress that leaves no trace."""

import fcntl
import io
import itertools
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from derive import progress
from derive.cli import progress_line
from derive.cli.checking import _verdict
from derive.language import Text
from derive.page import terminal
from derive.page.blocks import Heading, Paragraph, Picture
from derive.page.formats.text.breaks import broken
from derive.page.formats.text.equations import Equation, aligned
from derive.page.formats.text.tables import table
from derive.page.formats.text.words import KEPT, columns, wrapped
from derive.page.formats.text.writer import without_pictures
from derive.page.terminal import Page, coloured
from derive.problems import names
from tests.shared_sheets import sheet

ROOT = Path(__file__).parent.parent
WIDTHS, LANGUAGES = (40, 80, 120), ("en", "zh")
PAINT = re.compile(r"\x1b\[[\d;]*m")
SETTINGS = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM")
PROCESS = {k: v for k, v in os.environ.items() if k not in SETTINGS} | {"TERM": "xterm"}


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """An environment in which nothing is wished."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)


def on_terminal(argv, width, error=False, **environment):
    """What a command writes to a terminal of a width: its output, or what it says on standard error."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    streams = {"stdout": subprocess.DEVNULL, "stderr": theirs} if error else {"stdout": theirs}
    command = [sys.executable, "-m", "derive", *argv]
    process = subprocess.Popen(command, cwd=ROOT, env=PROCESS | environment, stdin=subprocess.DEVNULL, **streams)
    os.close(theirs)
    found = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # on Linux, the end
            break
        if not part:
            break
        found += part
    os.close(ours)
    assert process.wait(60) == 0
    return found.decode().replace("\r\n", "\n")


def too_wide(text, width):
    """Lines wider than the page that could have been broken."""
    return [line for line in PAINT.sub("", text).splitlines() if columns(line) > width and " " in line.strip(" │")]


# Width

LONG_NAMES = ("crf", "dpo", "linear-attention", "soft-dtw", "ssm-scan", "stacked-rnn")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", names())
def test_no_line_is_wider_than_the_page(name, width, lang, monkeypatch):
    """Every problem, both languages, three widths; in 40 columns names with four letters have no place to break."""
    if width == 40 and name in LONG_NAMES:
        pytest.skip("a partial of elements with four letters is wider than what is left of 40 columns")
    monkeypatch.setenv("COLUMNS", str(width))
    text = sheet(name, ["--format", "text", "--no-check", "--lang", lang])[0]
    assert too_wide(text, width) == []
    if width == 80:
        assert mixed(text) == []
        assert not re.search(r"（[^）{]*;[^）]*）", text)  # within cases there may be one


def mixed(text):
    """Lines of formulas in which some subscripts are small letters and others are not: w_qh beside hₜ."""
    formulas = [line.split("   ")[0] for line in (line.strip("│ ") for line in text.splitlines()) if " = " in line]
    small, marked = re.compile("[₀-₉ₐ-ₜᵢᵣᵤᵥⱼ]"), re.compile(r"(?<![ΣΠ])(?<!max)(?<!min)(?<!lim)_")
    return [f for f in formulas if small.search(f) and marked.search(f)]


def test_mixed_subscripts_are_found():
    assert mixed("    oₜ = w_qh hₜ\n    hₜ = Σ_{j=1..D} xⱼ\n  │ o_t = h_t │   (as hₜ = 1)") == ["oₜ = w_qh hₜ"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_terminal_is_filled_and_coloured(width, lang):
    """The command itself on a pseudo-terminal: its own width, and colours, green in the table of the check."""
    text = on_terminal(["lstm", "--T", "3", "--detail", "full", "--format", "text", "--lang", lang], width)
    assert too_wide(text, width) == [] and PAINT.search(text)
    assert max(columns(line) for line in text.splitlines()) > width * 0.85
    assert f"\x1b[{terminal.GREEN}m" in text and f"\x1b[{terminal.DIM}m" in text


@pytest.mark.parametrize("width", (40, 100))
def test_nothing_is_lost_where_lines_break(width, monkeypatch):
    """The words of a narrow page are those of a wide one; in full detail, for in brief lines are joined."""

    def words(columns):
        monkeypatch.setenv("COLUMNS", str(columns))
        text = sheet("lstm", ["--T", "3", "--detail", "full", "--format", "text", "--no-check"])[0]
        return sorted(re.sub(r"[\s·═─│┌┐└┘]", "", text))

    assert words(width) == words(2000)


def test_a_pipe_has_the_same_page_everywhere(monkeypatch):
    """100 columns without colours; COLUMNS is a wish; nonsense in it is none."""
    assert terminal.page(io.StringIO()) == Page(100, False)
    for wish, width in (("64", 64), ("3", terminal.LEAST), ("", 100), ("wide", 100), ("-5", 100), ("0", 100)):
        monkeypatch.setenv("COLUMNS", wish)
        assert terminal.page(io.StringIO()).width == width


def test_a_sheet_for_a_file_is_plain(tmp_path, monkeypatch):
    """-o gives the same bytes whatever the terminal wants."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    text, file = sheet("logistic", ["--format", "text", "--no-check", "-o", "x"])
    assert file == "x" and "\x1b" not in text and max(map(columns, text.splitlines())) > 80


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, False),
    ],
)
def test_colours_in_a_pipe(environment, expected, monkeypatch):
    """Only where they are asked for by name."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert coloured(io.StringIO()) is expected


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colours(environment):
    """No escape at all."""
    assert "\x1b" not in on_terminal(["logistic", "--format", "text", "--no-check"], 80, **environment)


# Breaking


@pytest.mark.parametrize(
    ("formula", "width", "lines"),
    [
        ("a + b + c", 20, ["a + b + c"]),
        ("aaaa + bbbb + cccc", 14, ["aaaa + bbbb", "  + cccc"]),
        ("aa (bb + cc) + dd", 14, ["aa (bb + cc)", "  + dd"]),  # not inside the bracket, which would fit too
        ("aaaa bbbb = cccc dddd", 15, ["aaaa bbbb", "  = cccc dddd"]),
        ("Σ_{t=1..T} aaaa bbbb", 16, ["Σ_{t=1..T} aaaa", "  · bbbb"]),  # a product that breaks shows its dot
        ("unbreakable", 5, ["unbreakable"]),
    ],
)
def test_formulas_break_where_they_should(formula, width, lines):
    assert broken(formula, width) == lines


def test_sentences_break_as_each_language_does():
    """At blanks; between Chinese characters, but not before a full stop; not within a formula that fits a line."""
    assert wrapped("one two three", 8) == ["one two", "three"]
    assert wrapped("梯度消失。梯度爆炸。", 8) == ["梯度消", "失。梯度", "爆炸。"]
    assert wrapped(f"where a{KEPT}={KEPT}b holds", 10) == ["where", "a = b", "holds"]
    assert wrapped("取 ∂L/∂y = 1，求 w", 11) == ["取", "∂L/∂y = 1，", "求 w"]
    assert wrapped("a kernel of 3 × 3", 15) == ["a kernel of", "3 × 3"]
    assert all(columns(line) <= 8 for line in wrapped("损失 L 对 w 的梯度。", 8))


def test_a_reason_goes_below_where_there_is_no_room():
    rows = [Equation("a", "=", "b + c", "(because of this)")]
    assert aligned(rows, Page(40)) == ["  a = b + c   (because of this)"]
    assert aligned(rows, Page(24)) == ["  a = b + c", "        (because of", "        this)"]


def test_a_table_that_cannot_fit_becomes_lists():
    assert table(["name", "number"], [["aa", "1"], ["bb", "2"]], Page(12)) == [
        "  name    aa", "  number  1", "", "  name    bb", "  number  2",
    ]  # fmt: skip


# Progress


@pytest.mark.parametrize("lang", LANGUAGES)
def test_long_work_says_what_it_does_and_cleans_up(lang):
    """Something is said after a second, the last thing written erases it, and nothing else is left."""
    said = on_terminal(["check", "lstm", "rnn", "gru", "--lang", lang], 80, error=True)
    assert ("torch.autograd" in said) and said.endswith(progress_line.ERASE)
    assert "\n" not in said and set(re.findall(r"\x1b\[[^a-zA-Z]*[a-zA-Z]", said)) == {"\x1b[K"}


def test_short_work_is_silent():
    assert on_terminal(["logistic", "--no-check"], 80, error=True) == ""


class Screen(io.StringIO):
    """A terminal that remembers what was written."""

    def isatty(self):
        return True


def test_the_line_waits_and_follows(monkeypatch):
    """Nothing before its time, the newest words then, and nothing from a stream that is no terminal."""
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    words = Text("deriving {what}", "推导 {what}")
    with progress_line.shown("en", after=60):
        progress.doing(words, what="early")
        assert screen.getvalue() == ""
        progress_line._line.appear()
        assert "deriving early" in screen.getvalue()
        progress.doing(words, what="late")
        assert screen.getvalue().endswith("deriving late …")
    assert screen.getvalue().endswith(progress_line.ERASE)
    progress.doing(words, what="nobody")
    assert "nobody" not in screen.getvalue()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    threads = threading.active_count()
    with progress_line.shown("en", after=0):
        progress.doing(words, what="a file")
        assert threading.active_count() == threads
    assert sys.stderr.getvalue() == ""


def test_words_show_no_picture():
    """Nor a heading below which there was only one; what stands around it stays."""
    head, graph, after = (Heading(Text(word, word)) for word in ("head", "graph", "after"))
    picture, words = Picture(None, Text("caption", "图")), Paragraph(Text("words", "文字"))
    assert list(without_pictures([head, words, graph, picture, after, words])) == [head, words, after, words]
    assert list(without_pictures([head, words, picture, words])) == [head, words, words]
    assert "computational graph" not in sheet("logistic", ("--format", "text", "--no-check"))[0]


def test_a_sum_of_many_terms_is_broken_line_by_line():
    """Each line reads no further than its own end: all breaks of the rest for every line would take minutes."""
    text = "Σ = " + " + ".join(f"δ₁ · x_{{{n}}}" for n in range(700))
    lines = broken(text, 60)
    assert max(map(columns, lines)) <= 60 and " ".join(line.strip() for line in lines) == text


def test_one_quantity_is_said_as_one():
    """`derive check momentum` compares one quantity in one of its readings."""
    row = SimpleNamespace(quantity="v")
    for rows, words in (([row], "  1 quantity    worst"), ([row, row], "  2 quantities  worst")):
        report = SimpleNamespace(rows=rows, worst=1e-16, first_failure=None)
        assert words in _verdict("momentum", report).pick("en")


def test_no_dot_stands_between_a_sum_sign_and_its_summand():
    """Within a function too, exp(a)/(Σ exp(b)): there a line ends only where nothing else fits, and without a dot."""
    text = "s = exp(Σ_{j=1..H} v_j a_j)/(Σ_{j=1..C} exp(Σ_{i=1..H} v_i a_i))"
    for width in range(34, 66):
        lines = broken(text, width)
        assert not any(a.endswith("}") and b.lstrip().startswith("·") for a, b in itertools.pairwise(lines))
