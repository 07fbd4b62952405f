"""Plots: they draw what was measured and claimed, the same bytes every time, and TeX that needs no preamble."""

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
import pytest

from derive import Graph, Sum
from derive.cli.main import run
from derive.cli.sheet import sheet
from derive.errors import UsageError
from derive.language import Text
from derive.page.plots import look
from derive.page.plots.labels import apart
from derive.page.plots.plot import Plot
from derive.page.plots.words import mathtext
from derive.page.print.printer import printer
from derive.problems import load
from derive.topics.stability.check.measured import measured
from derive.topics.stability.plots.norms import norms
from derive.topics.stability.plots.plots import PLOTS
from derive.topics.stability.plots.regions import regions
from derive.topics.training.plot import losses

pytest.importorskip("matplotlib")
ROOT = Path(__file__).parent.parent
CASES = {
    "bptt": ("bptt", {}),
    "tanh": ("bptt", {"activation": "tanh"}),
    "relu": ("bptt", {"activation": "relu"}),
    "rnn": ("rnn", {}),
    "linear": ("rnn", {"activation": "identity"}),
    "lstm": ("lstm", {}),
    "gru": ("gru", {}),
    "vector": ("lstm", {"hidden": "vector"}),
}


@cache
def solution(case):
    name, options = CASES[case]
    problem = load(name)
    return problem.readings[0].build(**problem.choices(options)).derive()


@cache
def plotted(case, what):
    return solution(case).plot(what)


def figure(plot, lang="en"):
    """The matplotlib figure, laid out."""
    with plot._settings(lang):
        found = plot._figure(lang)
        found.canvas.draw()
        return found


class Run(NamedTuple):
    """A training by its curve."""

    steps: range
    losses: tuple[float, ...]


# What is drawn


@pytest.mark.parametrize("case", ["bptt", "tanh", "lstm"])
def test_the_norms_drawn_are_those_measured(case):
    """Each line is the largest norm of the evidence; the dashed one the powers of the measure."""
    s = solution(case)
    found = measured(s.derivation, s.analyses[0])
    settings = next(f.settings for f in found.findings if f.condition.about == "distant" and f.settings)
    axis = figure(norms(found, s.derivation.model)).axes[0]
    drawn = [line for line in axis.lines if line.get_marker() not in ("None", None, "")]
    dashed = [line for line in axis.lines if line.get_linestyle() == "--" or line.is_dashed()]
    assert len(drawn) == len(settings) == len(dashed)
    for line, power, setting in zip(drawn, dashed, settings, strict=True):
        assert np.allclose(line.get_ydata()[1:], [high for _, high in setting.norms])
        assert np.allclose(power.get_ydata()[:60], [setting.measure**k for k in range(60)])


def test_a_measured_line_lies_under_its_bound_and_an_exact_one_on_it():
    """Linear: measured and predicted agree; tanh: measured never above."""
    for case, exact in (("bptt", True), ("tanh", False)):
        axis = figure(plotted(case, "norms")).axes[0]
        marked = [line for line in axis.lines if line.get_marker() not in ("None", None, "")]
        dashed = [line for line in axis.lines if line.is_dashed()]
        for line, power in zip(marked, dashed, strict=True):
            x, y = (np.asarray(v, dtype=float) for v in line.get_data())
            bound = np.asarray(power.get_ydata(), dtype=float)[x.astype(int)]
            assert np.all(y <= bound * (1 + 1e-9))
            assert not exact or np.allclose(y, bound)


REGIONS = {  # (case, panel): points in the coordinates drawn, with what is claimed there; by hand
    ("bptt", 0): [((0.5,), "vanishes"), ((-1.5,), "explodes"), ((1.5,), "explodes")],
    ("tanh", 0): [((0.9, 0.99), "vanishes"), ((1.9, 0.0), "explodes"), ((1.9, 0.9), "open")],  # 1.9 * 0.19 < 1
    ("relu", 0): [((0.9, 1.0), "vanishes"), ((1.9, 1.0), "explodes"), ((1.9, -1.0), "open")],
    ("rnn", 0): [((0.9,), "vanishes"), ((1.1,), "open")],
    ("rnn", 1): [((1.1,), "explodes")],
    ("linear", 0): [((0.9,), "vanishes"), ((1.1,), "explodes")],
    ("linear", 1): [((0.9,), "vanishes"), ((1.1,), "open")],
}


@pytest.mark.parametrize(("case", "panel"), REGIONS)
def test_regions_are_where_the_claims_hold(case, panel):
    """Which filled area holds a point."""
    axis = figure(plotted(case, "regions")).axes[panel]
    filled = [c for c in axis.collections if len(c.get_facecolor())]
    from matplotlib.colors import to_rgb

    names = {to_rgb(colour): name for name, colour in look.TINTS.items()}
    for point, expected in REGIONS[case, panel]:
        x, y = (*point, 0.5)[:2]
        inside = [
            names[tuple(float(v) for v in c.get_facecolor()[0][:3])]
            for c in filled
            if any(path.contains_point((x, y)) for path in c.get_paths())
        ]
        assert (inside[-1] if inside else "open") == expected, point


def test_many_parameters_are_drawn_in_two_and_the_caption_says_the_rest():
    caption = plotted("lstm", "regions").caption
    fixed = {str(e.lhs): float(e.rhs) for e in caption.values["values"]}
    assert {"b_f", "w_ih", "w_oh"} <= set(fixed) and list(fixed.values()) == [0.1] * 5
    printed = [printer("latex", ())(e) for e in caption.values["values"]]
    assert "w_{oh} = 0.1" in printed and all(line.endswith("= 0.1") for line in printed)
    assert len(figure(plotted("lstm", "regions")).axes) == 1


@pytest.mark.parametrize("factor", [0.5, 0.9])
def test_a_loss_curve(factor):
    """The numbers given; a logarithmic axis where the loss falls far."""
    run = Run(range(6), tuple(factor**k for k in range(6)))
    axis = figure(losses(run.losses)).axes[0]
    assert list(axis.lines[0].get_ydata()) == list(run.losses)
    assert axis.get_yscale() == ("log" if factor == 0.5 else "linear")


# Words


DRAWN = [(case, what) for what in PLOTS for case in (CASES if what == "regions" else ("tanh", "rnn", "lstm"))]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("case", "what"), DRAWN)
def test_every_plot_can_be_drawn(case, what, lang, recwarn):
    """Both languages; no glyph missing; Chinese words in Chinese; no label outside the figure or on another one."""
    drawn = figure(plotted(case, what), lang)
    assert not [w for w in recwarn if "Glyph" in str(w.message)]
    width, height = drawn.canvas.get_width_height()
    boxes = []
    for axis in drawn.axes:
        texts = [t for t in [*axis.texts, axis.title, axis._left_title, axis.xaxis.label] if t.get_text()]
        boxes += [(t.get_text(), t.get_window_extent()) for t in texts]
    for at, (text, box) in enumerate(boxes):
        assert box.x0 >= -1 and box.x1 <= width + 1 and box.y0 >= -1 and box.y1 <= height + 1, text
        others = [t for t, other in boxes[:at] if box.padded(-2).overlaps(other.padded(-2))]
        assert not others, (text, others)
    words = " ".join(t.get_text() for axis in drawn.axes for t in [axis.xaxis.label, axis._left_title])
    assert bool(re.search("[\u4e00-\u9fff]", words)) is (lang == "zh")


def test_labels_keep_apart():
    """In order, apart, inside where there is room."""
    assert apart([1.0, 1.05, 5.0], 1.0, 0.0, 10.0) == [1.0, 2.0, 5.0]
    assert apart([9.9, 10.0], 1.0, 0.0, 10.0) == [9.0, 10.0]
    assert apart([], 1.0, 0.0, 1.0) == []


def test_mathtext_knows_the_words_of_the_page():
    assert mathtext(r"\left\lVert W\right\rVert_{2} \le 1") == r"\Vert W\Vert_{2} \leq 1"
    assert (
        mathtext(r"\rho\left(\begin{pmatrix} a & b \\ 1 & 0 \end{pmatrix}\right)") == r"\rho\left([a, b; 1, 0]\right)"
    )


@pytest.mark.parametrize("vector", [False, True])
def test_a_companion_matrix_is_drawn(vector):
    """Lag two: its condition holds a matrix, of numbers or of blocks, which mathtext has no word for."""
    g = Graph("lag two")
    T, n = g.size("T"), g.size("n")
    t, (i, j) = g.index("t", T), g.indices("i j", n)
    size, own = ((n, n), (i,)) if vector else ((), ())
    a, b, x = g.parameter("a", *size), g.parameter("b", *size), g.input("x", T, *size[1:])
    (h,) = g.states("h", over=(t, *own), start={0: 0, -1: 0})

    def before(m, lag):
        return Sum(m[i, j] * h[t - lag, j], j) if vector else m * h[t - lag]

    g.update(h, before(a, 1) + before(b, 2) + x[(t, *own)])
    g.loss("L", Sum(h[T, i] ** 2, i) if vector else h[T] ** 2)
    plot = g.derive().plot("regions")
    titles = [axis.get_title(loc="left") for axis in figure(plot).axes]
    assert any(r"\rho\left([" in title for title in titles)
    assert ("1 × 1" in plot.caption.pick("en")) is vector


# Files


@pytest.mark.parametrize("format", ["svg", "pdf", "png"])
def test_a_plot_is_a_file_of_its_kind(format, tmp_path):
    path = tmp_path / f"plot.{format}"
    plotted("bptt", "regions").save(path)
    start = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}[format]
    assert path.read_bytes().startswith(start)


def test_the_same_bytes_every_time():
    """SVG, PDF and TeX, in two processes with other hash seeds."""
    code = (
        "import sys; from tests.test_plotting import plotted; p = plotted('tanh', 'regions');"
        "[sys.stdout.buffer.write(x) for x in (p.file('svg'), p.file('pdf'), p.tikz().encode())]"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"},
            capture_output=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1 and len(found.pop()) > 10_000


def test_svg_is_one_element_whose_ink_can_be_changed():
    """For a page: no declaration, no metadata, variables with light defaults, nothing from elsewhere."""
    svg = plotted("tanh", "norms").svg()
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert "var(--derive-ink,#222222)" in svg and "metadata" not in svg and "<text" not in svg
    assert plotted("tanh", "norms")._repr_svg_() == svg


@pytest.mark.tex
@pytest.mark.parametrize(("lang", "engine"), [("en", "pdflatex"), ("en", "xelatex"), ("zh", "xelatex")])
def test_tex_needs_little(lang, engine, tmp_path):
    """As the argument of a macro, with amsmath, xcolor and tikz alone."""
    if shutil.which(engine) is None:
        pytest.skip("no TeX")
    picture = plotted("tanh", "norms").tikz(lang) + "\n\n" + plotted("relu", "regions").tikz(lang)
    kind = "ctexart" if lang == "zh" else "article"
    packages = "".join(f"\\usepackage{{{p}}}" for p in ("amsmath", "xcolor", "tikz"))
    (tmp_path / "a.tex").write_text(
        f"\\documentclass{{{kind}}}{packages}\\begin{{document}}\\parbox{{50cm}}{{{picture}}}\\end{{document}}", "utf-8"
    )
    done = subprocess.run(
        [engine, "-interaction=nonstopmode", "-halt-on-error", "a.tex"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:]


# Commands


def test_the_command_writes_svg_or_a_file(capsys, tmp_path):
    assert run(["plot", "bptt", "--what", "regions"]) == 0
    assert capsys.readouterr().out.lstrip().startswith("<?xml")
    assert run(["plot", "bptt", "--what", "regions", "--lang", "zh", "-o", str(tmp_path / "a.pdf")]) == 0
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["plot"], "the name of a problem or of a file is missing"),
        (["plot", "nothing"], "nothing"),
        (["plot", "logistic"], "nothing to plot"),
        (["plot", "bptt", "--what", "dreams"], "choose one of norms, regions"),
        (["plot", "bptt", "--lang", "fr"], "choose one of en, zh"),
        (["plot", "bptt", "-o", "plot.gif"], ".svg, .pdf or .png"),
        (["plot", "bptt", "--what", "regions", "-o", "/nowhere/plot.svg"], "cannot be written"),
    ],
)
def test_what_cannot_be_plotted_is_one_line(capsys, argv, words):
    assert run(argv) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and words in err


def test_a_missing_matplotlib_is_one_line(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run(["plot", "bptt", "--what", "regions"]) == 2
    assert "pip install matplotlib" in capsys.readouterr().err


def test_no_chinese_font_is_one_line(monkeypatch):
    monkeypatch.setattr(look, "CHINESE", ())
    monkeypatch.setattr(look, "_of_tex", lambda name: None)
    look.chinese.cache_clear()
    try:
        with pytest.raises(UsageError, match="fonts-noto-cjk"):
            Plot(lambda f, lang: None, (1, 1), Text("a", "b")).svg("zh")
    finally:
        look.chinese.cache_clear()


def test_the_chinese_font_of_tex_serves_too(monkeypatch, recwarn):
    """Fandol, where the system has no font; it has no minus sign of its own."""
    monkeypatch.setattr(look, "CHINESE", ())
    look.chinese.cache_clear()
    try:
        if look._of_tex("FandolSong-Regular.otf") is None:
            pytest.skip("no TeX with Chinese")
        assert plotted("tanh", "regions").file("pdf", "zh") and plotted("bptt", "norms").file("svg", "zh")
    finally:
        look.chinese.cache_clear()
    assert not [w for w in recwarn if "lyph" in str(w.message)]


def test_regions_without_claims_are_refused():
    s = solution("bptt")
    with pytest.raises(UsageError, match="nothing is claimed"):
        regions(s.derivation, s.analyses[0]._replace(conditions=()))


def test_a_sheet_has_plots_only_where_they_are_asked_for():
    """And without them matplotlib is not loaded."""
    assert sheet("bptt", ["--plots"])[0].count("\\begin{pgfpicture}") == 2
    assert "pgfpicture" not in sheet("bptt", [])[0]
    assert "*Where the product of the factors" in sheet("bptt", ["--plots", "--no-check", "--format", "markdown"])[0]
    assert "Where the product of the factors" not in sheet("bptt", ["--plots", "--no-check", "--format", "text"])[0]
    code = "import sys; from derive.cli.sheet import sheet; sheet('bptt', []); print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
