"""Pictures of graphs: nothing overlaps, no edge passes through a box, SVG and TikZ are sound and carry no markup."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import pytest
from sympy import Integer

from derive import Graph, Sum, Text, sigmoid, tanh
from derive.chain.derivation import Term
from derive.cli.checking import variants
from derive.cli.graph import run
from derive.errors import DeriveError, UsageError
from derive.page.pictures import colours, svg, tikz
from derive.page.pictures.copies import copied
from derive.page.pictures.diagram import Diagram, Edge, Vertex
from derive.page.pictures.labels import point
from derive.page.pictures.layers import crossings, layers
from derive.page.pictures.layout import layout, least
from derive.page.pictures.legend import BAR, legend
from derive.page.pictures.mathematics import runs, wide
from derive.page.pictures.picture import GraphPicture
from derive.page.pictures.writing import Writing
from derive.page.print.printer import printer
from derive.problem import Reading
from derive.problems import load, names

SVG = "{http://www.w3.org/2000/svg}"
MEDIA = {"svg": svg.MEDIUM, "tikz": tikz.MEDIUM, "page": tikz.PAGE}
TIMES = (None, 3, 1, 5, 9)
LOOPS = ("soft-dtw", "stacked-rnn")  # in several indices: no picture unrolls them


DRAWN = [n for n in names() if n not in LOOPS]


def drawn(reading: Reading, options, T=None) -> GraphPicture:
    """The picture of one reading of a problem; a length of time is for a reading that has one."""
    graph = reading.build(**options)
    timed = T is not None and "T" in {str(s) for s in graph.model().sizes}
    return graph.derive(sizes={"T": T} if timed else {}).picture()


def every():
    """Every reading of every problem with every choice of its options; several lengths of time with the first."""
    for name in DRAWN:
        problem = load(name)
        timed = any(size.name == "T" for size in problem.sizes)
        for n, reading in enumerate(problem.readings):
            for at, choice in enumerate(variants(problem)):
                for T in TIMES[: (1 if at else None) if timed else 1]:
                    words = [name, str(n), *choice.values(), *([] if T is None else [f"T{T}"])]
                    yield pytest.param(reading, problem.choices(choice), T, id="-".join(words))


EVERY = list(every())
SOME = [pytest.param(*load(n).readings[:1], load(n).choices({}), None, id=n) for n in DRAWN]


def first(name: str, T=None) -> GraphPicture:
    """The picture of a problem as it stands."""
    return drawn(load(name).readings[0], load(name).choices({}), T)


# Layout


def faults(picture: GraphPicture, medium) -> list[str]:
    """What is wrong with a layout: overlaps, edges that lead back or pass through a box, labels without a place."""
    laid, writing = picture.fitted(medium)[1:]
    labels = [(r.edge, r.label.box) for r in laid.routes if r.label is not None]
    boxes = [*laid.boxes.items(), *labels]
    found = [f"{a} overlaps {b}" for (a, x), (b, y) in combinations(boxes, 2) if x.meets(y)]
    for route in laid.routes:
        ends = route.edge.source, route.edge.target
        if laid.boxes[ends[0]].right >= laid.boxes[ends[1]].x:
            found.append(f"{ends} leads back")
        if writing.edge(route.edge) and route.label is None:
            found.append(f"{ends} has no place for its label")
        for line in (route.shifted(-2.6), route.shifted(2.6)):
            points = [point(curve, n / 40) for curve in line for n in range(41)]
            hit = {k for k, box in laid.boxes.items() if k not in ends and any(box.holds(p) for p in points)}
            found += [f"{ends} passes through {k}" for k in hit]
            if any(abs(a[3][0] - b[0][0]) + abs(a[3][1] - b[0][1]) > 1e-6 for a, b in pairwise(line)):
                found.append(f"{ends} is torn")
    return found


@pytest.mark.parametrize(("reading", "options", "T"), EVERY)
def test_nothing_overlaps(reading, options, T):
    picture = drawn(reading, options, T)
    assert [fault for medium in MEDIA.values() for fault in faults(picture, medium)] == []
    fits_a_page(picture)


def fits_a_page(picture):
    """Labels of 8 points are set in 6.5 at least, and picture and legend are no higher than a third of 842 points."""
    shown, laid, writing = picture.fitted(tikz.PAGE)
    scale = min(1.0, tikz.LINE / tikz.UNIT / laid.width)
    assert 8 * scale > 6.45
    _, legend_height = legend(shown, writing, "en", max(laid.width, tikz.ROOM))
    assert (laid.height + legend_height + BAR) * tikz.UNIT * scale < 842 / 3


def test_labels_stand_at_their_own_lines():
    """Few labels touch the line of another edge, or are nearer to one than to their own, and most of these are beside
    it: dense graphs have no better place. It was 104 and 62 of 409 while curves were sampled at 13 points each."""
    labels, touched, mistaken = 0, 0, 0
    for shown in SOME:
        _, laid, _ = drawn(*shown.values).fitted(tikz.PAGE)
        for route in (r for r in laid.routes if r.label is not None):
            own, *others = (distance(r, route.label.box) for r in (route, *(r for r in laid.routes if r is not route)))
            labels += 1
            touched += min(others, default=9.0) < 2.6
            mistaken += min(others, default=9.0) < own
    assert labels > 400 and touched < 0.04 * labels and mistaken < 0.08 * labels


def distance(route, box):
    """How far a line stays from a label; below 0 it runs below it."""
    (x, y), wide, high = box.middle, box.width / 2, box.height / 2
    points = (point(curve, n / 60) for curve in route.curves for n in range(61))
    return min(max(abs(a - x) - wide, abs(b - y) - high) for a, b in points)


def test_what_is_carried_on_has_its_factor_at_the_dots():
    """c_{T-1} stands behind the dots: the line to c_T, the way along which an LSTM remembers, carries f_T."""
    for name, row, factor in (("lstm", "c", "f_{T}"), ("bptt", "h", "w_{hh}")):
        shown, _, writing = first(name).fitted(tikz.PAGE)
        last = next(e for e in shown.edges if e.carried and e.target == f"{row}@{first(name).times.last}")
        assert next(v.kind for v in shown.vertices if v.key == last.source) == "dots" and writing.edge(last) == factor
    assert not any(e.carried for e in first("mlp").diagram.edges)
    assert "carried to the next step" in first("lstm").tikz() and "carried" not in first("mlp").tikz()
    g = Graph("every step")  # behind the dots are many: no single factor
    T = g.size("T")
    t = g.index("t", T)
    w, x = g.parameter("w"), g.input("x", T)
    h = g.recurrence("h", lambda h: w * h[t - 1] + x[t], over=t, start={0: 0})
    g.loss("L", Sum(h[t] ** 2, t))
    many = [e for e in g.derive().picture().narrowest.edges if e.target == "L" and "h@-" in e.source]
    assert [e.partials for e in many] == [()]


def test_the_layout_test_can_fail(monkeypatch):
    """Boxes without distances overlap, an edge without a place of its own passes through a box: both are seen."""
    from derive.page.pictures import layout as module

    picture = first("layer-norm")
    monkeypatch.setattr(module, "ROW", -30.0)
    assert any("overlaps" in fault for fault in faults(picture, svg.MEDIUM))
    monkeypatch.undo()
    monkeypatch.setattr(module, "BEND", -30.0)
    monkeypatch.setattr(module, "LABELLED", -30.0)
    assert any("passes through" in fault for fault in faults(first("layer-norm"), svg.MEDIUM))


def test_the_order_has_no_needless_crossing():
    """Two pairs that are defined crosswise are drawn uncrossed."""
    vertices = tuple(Vertex(k, (Integer(1),), "node") for k in "abcd")
    diagram = Diagram(vertices, (Edge("a", "d"), Edge("b", "c")), ())
    found = layers(diagram)
    assert crossings([["a", "b"], ["c", "d"]], {"a": ["d"], "b": ["c"]}) == 1
    after = {a: [b] for a, b in found.links}
    assert crossings(found.layers, after) == 0


@pytest.mark.parametrize(("name", "T"), [("lstm", 3), ("lstm", None), ("bptt", 5), ("gru", 4)])
def test_every_time_step_looks_the_same(name, T):
    """The states of one family stand at the same height in every column."""
    picture = first(name, T)
    _, laid, _ = picture.fitted(svg.MEDIUM)
    rows: dict[str, list[float]] = {}
    for v in picture.diagram.vertices:
        if v.recurrent and v.kind == "node":
            rows.setdefault(v.row, []).append(laid.boxes[v.key].middle[1])
    assert all(max(heights) - min(heights) < 12 for heights in rows.values())


# What is drawn


def test_time_is_unrolled():
    """Five steps are all drawn; more, or a length without a number, as the first two, dots and the last."""
    assert first("bptt", 5).times.columns == (1, 2, 3, 4, 5)
    for T, last in ((9, "t = 9"), (None, "t = T")):
        picture = first("lstm", T)
        _, laid, writing = picture.fitted(MEDIA["svg"])
        assert [t for c in sorted(laid.columns) if (t := writing.time(c))][-1] == last
        assert sum(v.kind == "dots" for v in picture.diagram.vertices) == 2  # of c and of h


@pytest.mark.parametrize("name", ["lstm", "gru", "rnn", "bptt"])
@pytest.mark.parametrize("T", TIMES)
def test_a_time_stands_over_boxes_of_its_own_step(name, T):
    """Below the bar of t = 1 stands no x_2; where every layer is shared, as in a short cell, there is no bar."""
    for medium in MEDIA.values():
        drawn, laid, _ = first(name, T).fitted(medium)
        for column, (left, right) in laid.columns.items():
            below = [v for v in drawn.vertices if laid.boxes[v.key].x < right and left < laid.boxes[v.key].right]
            assert {v.column for v in below if not v.early} == {column}


@pytest.mark.parametrize("name", ["lstm", "gru", "rnn", "bptt"])
@pytest.mark.parametrize("T", TIMES)
def test_paper_shows_as_many_columns_as_can_be_read(name, T):
    """On a page nothing shrinks below SMALLEST; the next wider choice of columns would; the screen shows all."""
    picture, page = first(name, T), tikz.PAGE
    shown, laid, _ = picture.fitted(page)
    assert laid.width * tikz.UNIT * tikz.SMALLEST <= tikz.LINE * 1.01
    choices = [picture.drawn(clock) for clock in picture.times.choices()]
    wider = choices[: choices.index(shown)]
    assert all(layout(d, picture._writings(page, d), page.ample)[0].width > page.room for d in wider)
    assert picture.fitted(svg.MEDIUM)[0] == picture.diagram == choices[0]


@pytest.mark.parametrize("name", DRAWN)
def test_the_least_width_is_none_too_many(name):
    """No picture is dropped by the estimate that would have had room."""
    for T in TIMES if any(size.name == "T" for size in load(name).sizes) else (None,):
        picture = first(name, T)
        for clock in picture.times.choices():
            drawn = picture.drawn(clock)
            for writing in picture._writings(tikz.PAGE, drawn):
                assert least(drawn, writing) <= layout(drawn, [writing])[0].width + 1e-6


@pytest.mark.parametrize("name", ["lstm", "gru", "rnn", "bptt", "momentum", "adam"])
def test_dots_hide_nothing_of_what_is_kept(name):
    """A value beside the dots is marked if a step that is not drawn needs it: as in the picture of all steps."""
    picture = first(name, 5)
    kept = {v.key: v.needed for v in picture.diagram.vertices}
    for clock in picture.times.choices():
        found = {v.key: v.needed for v in picture.drawn(clock).vertices if v.kind != "dots"}
        assert found == {key: kept[key] for key in found}
    assert any(v.kind == "dots" for v in picture.narrowest.vertices)


def test_dots_are_explained():
    """The legend has an entry for dots where there are some."""
    assert "omitted steps" in first("bptt", 9).svg("en") and "省略的时间步" in first("bptt").tikz("zh")
    assert "omitted steps" not in first("bptt", 5).svg("en")


def test_partials_are_those_of_the_derivation():
    """The labels of h_t -> h_{t+1} and of the shared weights are the local partials, at each step its own."""
    picture = first("bptt", 3)
    show = printer("text", picture.diagram.order)
    labels = {(e.source, e.target): [show(p) for p in e.partials] for e in picture.diagram.edges if e.partials}
    assert labels["h@2", "h@3"] == ["wₕₕ"]
    assert labels["w_hx@2", "h@2"] == ["x₂", "h₁"]
    assert ("x@2", "h@2") not in labels


def test_only_what_carries_a_gradient_flows_back():
    """As printed, the second unit of relu-mse cannot reach the loss: its edges have no way back."""
    edges = first("relu-mse").diagram.edges
    assert {e.source for e in edges if e.backward}.isdisjoint({"w21", "w22", "b2", "z2", "a2", "x1", "y"})
    assert {"w11", "z1", "a1", "w31"} <= {e.source for e in edges if e.backward}


def test_kept_values_are_marked():
    kept = {v.key for v in first("relu-mse").diagram.vertices if v.needed}
    assert kept == {"x1", "x2", "z1", "a1", "a", "y"}


def test_leaves_with_the_same_users_are_one_box_in_every_column():
    picture = first("lstm", 3)
    groups = [v for v in picture.diagram.vertices if v.kind == "parameter"]
    assert len(groups) == 4 * 3 and all(len(v.label) == 3 for v in groups)
    assert copied(first("logistic").diagram).copied is False


def test_a_number_is_written_in_the_order_of_a_product():
    """(-1) y is a multiplication, and shown as one."""
    solution = load("linear-relu").readings[0].build().derive()
    picture = solution.picture(["dot", "add", "max", "mul", "pow"])
    vertex = next(v for v in picture.diagram.vertices if v.key == "u2")
    assert Writing(svg.MEDIUM, picture.diagram, {}, picture.times).vertex(vertex).endswith("-1 · y")
    assert printer("text", ("y",)).term(Term((Integer(-1), vertex.value / -1)), " · ") == "-1 · y"


# SVG


@pytest.mark.parametrize(("reading", "options", "T"), SOME)
def test_svg_is_well_formed_and_passive(reading, options, T):
    """XML, no script, no link, no event, nothing loaded from anywhere; a title and a description."""
    picture = drawn(reading, options, T)
    for lang in ("en", "zh"):
        root = ET.fromstring(picture.svg(lang))
        assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
            *("svg", "title", "desc", "style", "rect", "g", "path", "text", "tspan", "circle"),
        }
        assert not any(a.startswith("on") or "href" in a for e in root.iter() for a in e.attrib)
        assert "url(" not in picture.svg(lang) and "@import" not in picture.svg(lang)
        assert root.find(f"{SVG}title").text and root.find(f"{SVG}desc").text


def test_both_languages_have_the_same_picture():
    """Words differ, formulas and places do not."""
    assert re.sub(r'<text class="word".*', "", first("gru", 3).svg("en")).count("<path") == first("gru", 3).svg(
        "zh"
    ).count("<path")
    assert "参数" in first("gru", 3).svg("zh") and "parameter" in first("gru", 3).svg("en")


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    """The contrast ratio of WCAG 2."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("lines", "filled"), [(colours.LIGHT, colours.FILLED), (colours.DARK, colours.DARK_FILLED)])
def test_colours_can_be_read(lines, filled):
    """Text 4.5:1 on paper and on every filling, lines 3:1."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for ground in (lines["paper"], *filled.values()):
        assert contrast(lines["ink"], ground) >= 4.5
    assert contrast(lines["back"], lines["paper"]) >= 4.5 and contrast(lines["soft"], lines["paper"]) >= 4.5
    assert all(contrast(lines[k], filled[k]) >= 3 and contrast(lines[k], lines["paper"]) >= 3 for k in filled)
    assert lines.keys() == colours.LIGHT.keys()


def test_scripts_are_raised_and_lowered():
    """h_{t-1}^2 in three sizes and heights; words upright, letters slanted."""
    show = printer("scripts", ("h", "x"))
    g = Graph("g")
    t = g.index("t", g.size("T"))
    h = g.recurrence("h", lambda h: tanh(h[t - 1]), over=t, start={0: 1})
    found = runs(show(h[t - 1] ** 2))
    assert [(r.text, r.slanted) for r in found] == [("h", True), ("t", True), ("−1", False), ("2", False)]
    assert found[0].lowered == 0 < found[1].lowered and found[3].lowered < 0
    assert wide(show(h[t - 1])) < wide(show(h[t - 1] ** 2))
    assert next(r.text for r in runs(show(tanh(h[t]))) if not r.slanted) == "tanh("


# Text of a user


def hostile() -> GraphPicture:
    """A title with markup in it; names cannot hold any."""
    g = Graph('</title><script>alert(1)</script>"&$\\input{/etc/passwd}')
    w, x = g.parameter("w"), g.input("x")
    g.loss("L", sigmoid(w * x) ** 2)
    return g.derive().picture()


def test_user_text_is_escaped():
    picture = hostile()
    root = ET.fromstring(picture.svg())
    assert not [e for e in root.iter() if "script" in e.tag]
    assert "<script>" in root.find(f"{SVG}title").text
    assert "passwd" not in picture.tikz() and "alert" not in picture.tikz()


def test_names_are_only_letters():
    """What a name may be is refused before anything is drawn."""
    g = Graph("g")
    for name in ("<b>", "w$", "a b", "\\x", "w&"):
        with pytest.raises(Exception, match=r"name|Name"):
            g.parameter(name)


# The command


def test_command(tmp_path, capsys):
    for name in ("a.svg", "a.tex", "a.tikz"):
        assert run(["logistic", "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("<svg")
    assert (tmp_path / "a.tex").read_text(encoding="utf-8").startswith("\\documentclass")
    assert (tmp_path / "a.tikz").read_text(encoding="utf-8").startswith("\\begin{tikzpicture}")
    run(["bptt", "--T", "3", "--format", "tikz"])
    assert "tikzpicture" in capsys.readouterr().out


@pytest.mark.parametrize(("ending", "begins"), [("pdf", b"%PDF-"), ("png", b"\x89PNG")])
def test_the_command_draws_the_numbers_of_a_sheet(tmp_path, capsys, ending, begins):
    """Those of the exercise, or others: L = -log(1 - a) at z = 0 is log 2, at z = 2 it is 2.127, computed by hand."""
    assert run(["logistic", "-o", str(tmp_path / f"a.{ending}")]) == 0
    assert (tmp_path / f"a.{ending}").read_bytes().startswith(begins)
    run(["logistic", "--format", "svg"])
    assert ">0.6931<" in capsys.readouterr().out
    run(["logistic", "--at", "w1=1, w2=1, b=0, x1=1, x2=1, y=0"])
    shown = capsys.readouterr().out
    assert ">2.127<" in shown and ">0.8808<" in shown and "first number" in shown
    run(["logistic", "--ops", "add,exp,log,mul,pow"])
    assert "first number" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "missing"),
        (["logistic", "-o", "a.gif"], "ends in none"),
        (["logistic", "--format", "gif"], "choose one of"),
        (["linear-relu", "--ops", "dot,frob"], "no operation 'frob'"),
        (["bptt", "--T", "0"], "whole number"),
        (["bptt", "--at", "w_hh=1"], "give --T"),
        (["logistic", "--at", "w1=1"], "no number for w2"),
        (["logistic", "--at", "w1=1", "--ops", "add,exp,log,mul,pow"], "has no numbers"),
    ],
)
def test_bad_requests(argv, message):
    with pytest.raises(UsageError, match=message):
        run(argv)


def test_a_notebook_shows_the_picture():
    assert first("logistic")._repr_svg_().startswith("<svg")


def test_a_dense_graph_is_left_out_of_the_page():
    """The page says so instead of drawing what nobody can read."""
    from derive.sheet.part import Part
    from derive.sheet.picture import MOST, picture

    g = Graph("dense")
    x = g.inputs(" ".join(f"x{n}" for n in range(MOST)))
    g.loss("L", (g.parameter("w") * sum(x)) ** 2)
    solution = g.derive()
    blocks = list(picture(Part(solution)))
    assert [type(b).__name__ for b in blocks] == ["Heading", "Paragraph"]
    assert isinstance(blocks[1].text, Text) and str(MOST + 2) in blocks[1].text.pick("en")


# TikZ


def test_tikz_needs_nothing_but_tikz():
    """No library, no command that is not TikZ' or a formula's; every brace closed."""
    for name in DRAWN:
        text = first(name).tikz("en")
        assert "usetikzlibrary" not in text and text.count("{") == text.count("}")


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no pdflatex")
def test_tikz_compiles(tmp_path):
    """The pictures of all problems in one document, with amsmath, xcolor and tikz alone."""
    pictures = [drawn(r, load(n).choices({}), None).tikz("en") for n in DRAWN for r in load(n).readings]
    pictures += [first("lstm", 3).tikz("en"), load("linear-relu").readings[0].build().derive().picture(
        ["dot", "add", "max", "mul", "pow"]).tikz("en")]  # fmt: skip
    body = "\n\\newpage\n".join(pictures)
    page = "\\documentclass{article}\\usepackage{amsmath,xcolor,tikz}\\paperwidth=90cm\\pdfpagewidth=90cm"
    (tmp_path / "all.tex").write_text(f"{page}\\begin{{document}}\n{body}\n\\end{{document}}\n", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=300)
    assert done.returncode == 0, done.stdout[-1500:]
    assert "Missing character" not in (tmp_path / "all.log").read_text(encoding="utf-8", errors="replace")


def test_a_sum_over_all_steps_reaches_every_column():
    g = Graph("every step")
    T = g.size("T")
    t = g.index("t", T)
    w, x, y = g.parameter("w"), g.input("x", T), g.target("y", T)
    h = g.recurrence("h", lambda h: tanh(w * h[t - 1] + x[t]), over=t, start={0: 0})
    g.loss("L", Sum((h[t] - y[t]) ** 2, t))
    picture = g.derive(sizes={"T": 4}).picture()
    assert {e.source for e in picture.diagram.edges if e.target == "L"} == {
        *(f"h@{n}" for n in range(1, 5)),
        *(f"y@{n}" for n in range(1, 5)),
    }
    assert layout(picture.diagram, [Writing(svg.MEDIUM, picture.diagram, {}, picture.times)])[0].width > 0


@pytest.mark.parametrize("T", [None, 3, 9])
def test_any_direction_of_time_is_drawn(T):
    """A recurrence that runs backwards, one with a lag of two, and one that begins where another ends."""
    g = Graph("times")
    size = g.size("T")
    t, a, x = g.index("t", size), g.parameter("a"), g.input("x", size)
    h = g.recurrence("h", lambda h: a * h[t - 2] + x[t], over=t, start={0: 0, -1: 1})
    k = g.recurrence("k", lambda k: a * k[t + 1] + x[t], over=t, start={size + 1: h[size]})
    g.loss("L", k[1] ** 2 / 2)
    picture = g.derive(sizes={} if T is None else {"T": T}).picture()
    keys = {v.key for v in picture.diagram.vertices}
    assert {"k@1", "L"} <= keys and any(key.startswith("h@") for key in keys)
    assert [fault for medium in MEDIA.values() for fault in faults(picture, medium)] == []


@pytest.mark.parametrize("name", LOOPS)
def test_loops_inside_each_other_have_no_picture(name):
    """One line says so, and the sheet leaves the picture out."""
    with pytest.raises(DeriveError, match="picture") as refused:
        first(name).svg()
    assert "\n" not in str(refused.value)
