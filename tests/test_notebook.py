"""What notebooks show: formulas that KaTeX reads, words that stay words, errors of one line, and the tour, executed."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from browser import chromium
from test_html import ATTACKS
from test_sheets import SHEETS

from derive import Graph, ModelError, Sum, sigmoid, tanh
from derive.cli.sheet import sheet
from derive.page.formats.html.vendored import text
from derive.problems import load
from derive.sheet.alike import grouped

ROOT = Path(__file__).parent.parent
TOUR = ROOT / "docs" / "tour.ipynb"
FORMULA = re.compile(r"\$\$\n(.*?)\n\$\$|(?<!\$)\$([^$\n]+)\$", re.DOTALL)
READ = """
const wrong = [];
for (const [latex, displayMode] of arguments[0])
  try { katex.renderToString(latex, {displayMode, throwOnError: true, strict: "ignore"}); }
  catch (error) { wrong.push(error.message); }
return wrong;
"""


@pytest.fixture(scope="module")
def katex(tmp_path_factory):
    """Reads formulas in a browser; gives what KaTeX says of those that it cannot read."""
    browser = chromium()
    page = tmp_path_factory.mktemp("katex") / "page.html"
    page.write_text(f"<script>{text('katex/katex.min.js')}</script>", encoding="utf-8")
    browser.open(page)
    yield lambda markdown: browser.run(READ, formulas(markdown))
    browser.close()


def formulas(markdown: str) -> list[tuple[str, bool]]:
    """The formulas of a page, and whether each is displayed."""
    return [(display or inline, bool(display)) for display, inline in FORMULA.findall(markdown)]


@cache
def recurrent(loss: bool = True):
    """A recurrent layer, general in length and width."""
    g = Graph("recurrent")
    T, D = g.size("T"), g.size("D")
    t = g.index("t", T)
    i, j = g.indices("i j", D)
    W, U, x = g.parameter("W", D, D), g.parameter("U", D), g.input("x", T)
    h = g.recurrence("h", lambda h: tanh(U[i] * x[t] + Sum(W[i, j] * h[t - 1, j], j)), over=(t, i), start={0: 0})
    if loss:
        g.loss("L", Sum(h[T, i] ** 2, i) / 2)
    return g


@cache
def objects():
    """One of everything that shows itself, by name."""
    g = recurrent()
    d = g.derive()
    logistic = load("logistic").readings[0].build().derive()
    return {
        "graph": g,
        "graph without a loss": recurrent(loss=False),
        "solution": d,
        "solution of a number of steps": load("lstm").readings[0].build(hidden="scalar").derive(sizes={"T": 9}),
        "solution without a loss": load("adam").readings[0].build().derive(),
        "derivation": d.derivation,
        "step": d.steps[2],
        "condition": d.conditions[0],
        "report": d.verify(points=20),
        "jacobian": d.jacobian("h", "h"),
        "hessian": logistic.hessian("w1", "w2", "b"),
    }


@pytest.mark.parametrize("name", objects())
def test_objects_show_themselves(name, katex):
    """Several formulas, all readable."""
    shown = objects()[name]._repr_markdown_()
    assert len(formulas(shown)) >= 2
    assert katex(shown) == []


@pytest.mark.parametrize("name", SHEETS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sheets_as_markdown(name, lang, katex):
    """Every sheet: KaTeX reads it, and nothing is in it that MathJax 2 or GitHub cannot."""
    problem, *options = SHEETS[name]
    shown = sheet(problem, (*options, "--format", "markdown", "--lang", lang))[0]
    assert len(formulas(shown)) > 10 and katex(shown) == []
    assert not re.search(r"\\bm\b|\\cancel|\\mathbb|\\tag|\\why|\\begin\{align\*?\}|[<>\x00-\x08]", shown)
    assert "$" not in FORMULA.sub("", shown)


def test_a_formula_that_cannot_be_read_is_told(katex):
    """The reader of the tests above can say no."""
    (said,) = katex("good $x$\n\n$$\n\\begin{aligned} x & y\n$$")
    assert "KaTeX parse error" in said


def test_a_step_is_written_as_on_the_sheet():
    """The same formulas in the same order of names as in the whole derivation, which shows one of those alike."""
    for d in (objects()["solution"], objects()["solution of a number of steps"]):
        whole = d._repr_markdown_()
        for step in (group.first for group in grouped(d.steps)):
            rows = formulas(step._repr_markdown_())[-1][0].split("\n")[1:-1]
            assert all(row.removesuffix(r" \\") in whole for row in rows)


def test_gradients_as_sympy_shows_them():
    """sympy's own view of a result has letters for indices and fractions for partials."""
    assert objects()["solution"].gradient("W")._repr_latex_() == (
        r"$\displaystyle \sum_{t=1}^{T} {h}_{t - 1,j} \frac{\partial L}{\partial {z}_{t,i}}$"
    )


@pytest.mark.parametrize("words", [*ATTACKS, "[a](javascript:1)", "$x$", "`a` *b* _c_ # | d", "a\n# b"])
def test_words_are_not_markdown(words):
    """A title is shown as it is."""
    g = Graph(words)
    w = g.parameter("w")
    g.loss("L", sigmoid(w))
    title = g._repr_markdown_().splitlines()[0]
    assert title.startswith("## ") and not re.search(r"[<>$`*_\[\]|\\]", title)
    assert re.sub(r"&#(\d+);", lambda m: chr(int(m[1])), title[3:]) == words.replace("\n", " ")


def test_an_unfinished_graph_shows_itself():
    """Neither a loss nor a recurrence yet: one sentence, not an exception."""
    g = Graph("begun")
    g.parameter("w")
    shown = g._repr_markdown_()
    assert shown.startswith("## begun\n") and "not complete" in shown


# Errors


@pytest.fixture
def shell():
    """IPython as a notebook runs it."""
    pytest.importorskip("IPython")
    from IPython.core.interactiveshell import InteractiveShell

    made = InteractiveShell()
    made.run_line_magic("colors", "nocolor")
    made.run_cell("from derive import Graph\ng = Graph('x')\nw = g.parameter('w')")
    return made


def test_an_error_is_one_line(shell, capsys):
    """A name twice: one line; the whole traceback is still there."""
    shell.run_cell("g.parameter('w')")
    shown = capsys.readouterr().out.strip()
    assert shown.startswith("ModelError: ") and "\n" not in shown
    shell.run_cell("import traceback\ntraceback.print_last()")
    assert "in parameter" in capsys.readouterr().err


def test_the_whole_traceback_on_request(shell, capsys, monkeypatch):
    """With DERIVE_TRACEBACK every frame is shown."""
    monkeypatch.setenv("DERIVE_TRACEBACK", "1")
    shell.run_cell("g.parameter('w')")
    shown = capsys.readouterr().out
    assert "in parameter" in shown and "ModelError: " in shown


def test_an_error_of_several_lines_is_one():
    """Whatever an author's text holds."""
    assert ModelError("a\n b")._render_traceback_() == ["ModelError: a b"]


# The tour

MEASURED = re.compile(r"\$[^$]*\\times 10\^\{-\d+\}\$|\$0\$")


def outputs(notebook) -> list[list[str]]:
    """What every cell shows, without rounding errors and drawings."""
    kinds = ("text/markdown", "text/latex", "text/plain")
    return [[_output(o, kinds) for o in cell.outputs] for cell in notebook.cells if cell.cell_type == "code"]


def _output(output, kinds) -> str:
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return output.ename
    return next((MEASURED.sub("*", output.data[k]) for k in kinds if k in output.data), "")


def test_the_tour_runs():
    """Every cell of docs/tour.ipynb runs and shows what is stored; `jupyter execute --inplace` renews it."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    stored = nbformat.read(TOUR, as_version=4)
    assert nbformat.validate(stored) is None
    fresh = nbformat.read(TOUR, as_version=4)
    for cell in fresh.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbclient.NotebookClient(fresh, timeout=300, kernel_name="python3", resources={"metadata": {"path": ROOT}}).execute()
    assert outputs(fresh) == outputs(stored)
    shown = [o for cell in outputs(fresh) for o in cell]
    assert len(shown) >= 8 and shown.count("ModelError") == 1


def test_the_tour_is_read_by_katex(katex):
    """The stored outputs hold formulas, and KaTeX reads each."""
    nbformat = pytest.importorskip("nbformat")
    stored = nbformat.read(TOUR, as_version=4)
    found = [
        o.data["text/markdown"]
        for c in stored.cells
        for o in c.get("outputs", ())
        if "text/markdown" in o.get("data", ())
    ]
    assert sum(len(formulas(m)) for m in found) > 50
    assert katex("\n\n".join(found)) == []


def test_a_terminal_gets_text():
    """IPython chooses among the forms of the bundle; the text is that of the sheets, without markup."""
    g = Graph("logistic loss")
    w, x = g.parameter("w"), g.input("x")
    g.loss("L", (w * x) ** 2)
    for thing in (g, g.derive()):
        bundle = thing._repr_mimebundle_()
        assert bundle["text/markdown"] == thing._repr_markdown_()
        assert bundle["text/plain"].startswith("\nlogistic loss\n═") and "$" not in bundle["text/plain"]
    assert "∂L/∂w = 2 w x²" in g.derive()._repr_mimebundle_()["text/plain"]
