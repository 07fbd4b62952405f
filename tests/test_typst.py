"""Typst: every sheet is set and is accessible, formulas are translated, and words of a user can do nothing.

A PDF/UA-1 that Typst writes is refused by Typst itself where a heading is skipped, a formula or a picture has no text,
or a letter cannot be read back; `strict` lets nothing else pass.
"""

import itertools
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from derive import Graph, elementwise
from derive.cli.graph import run as graph
from derive.errors import UsageError
from derive.page import blocks
from derive.page import sentences as say
from derive.page.formats import typst as format
from derive.page.formats.formats import Document
from derive.page.formats.typst.design import page as sheet_page
from derive.page.formats.typst.design import preamble
from derive.page.print.formulas import Formulas
from derive.page.print.pieces import parse
from derive.page.print.spoken import spoken
from derive.page.print.typst import string, typst
from derive.page.typesetting import typst as typesetter
from derive.page.typesetting.typst import refuse, typeset
from derive.problems import load, names
from tests.shared_sheets import sheet
from tests.test_publishing import ATTACKS


def strict(page: str, **words) -> bytes:
    """The PDF as PDF/UA-1, with no way round. Errors: typst.TypstError."""
    refuse(page)
    module, root = typesetter.typst(), words.pop("root", None)
    return bytes(module.compile(page.encode(), format="pdf", pdf_standards=["ua-1"], root=root))


def read(pdf: bytes, folder) -> str:
    """The text of a PDF without its spaces; skips where no reader is installed."""
    if not shutil.which("pdftotext"):
        pytest.skip("no pdftotext")
    (folder / "sheet.pdf").write_bytes(pdf)
    done = subprocess.run(["pdftotext", folder / "sheet.pdf", "-"], capture_output=True, encoding="utf-8", check=True)
    return re.sub(r"\s", "", done.stdout)


# The pages that these sheets take on A4 without their check: they do not get longer. `make bench` prints the reach.
PAGES = {
    "logistic": 2, "relu-mse": 3, "bptt": 3, "bptt --T 5": 2, "lstm": 4, "lstm --hidden vector": 5, "gru": 3,
    "softmax-ce": 1, "mlp": 4, "attention": 2, "layer-norm": 3, "batch-norm": 4, "adam": 3, "dropout": 4,
}  # fmt: skip


def within(pdf: bytes, command: str) -> bool:
    """Has the PDF no more pages than the sheet had?"""
    found = pdf.count(b"/Type/Page/")
    return 0 < found <= PAGES.get(command, found)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", names())
def test_every_sheet_is_set_and_accessible(name, lang, tmp_path):
    """PDF/UA-1, the title is there as text, and the sheet is not longer than it was."""
    page, _ = sheet(name, ["--no-check", "--format", "typst", "--lang", lang])
    title = load(name).title.pick(lang).replace(" ", "")
    pdf = strict(page)
    assert title in read(pdf, tmp_path)
    assert within(pdf, name)


OTHERS = (
    ("bptt", "--T", "5", "--detail", "full", "--lang", "zh"), ("lstm", "--hidden", "vector", "--plots"),
    ("bptt", "--T", "5"), ("lstm", "--hidden", "vector"),
    ("lstm", "--jacobian", "h,c"), ("logistic", "--hessian", "w1,w2,b", "--inputs-only"),
    ("mlp", "--train", "--plots", "--lang", "zh"), ("logistic", "--at", "w1=1, w2=-1, b=0, x1=1, x2=2, y=1"),
)  # fmt: skip


@pytest.mark.parametrize("case", OTHERS, ids=" ".join)
def test_other_sheets_are_set(case):
    """Unrolled steps, plots, Jacobians, Hessians, numbers."""
    name, *options = case
    page, _ = sheet(name, [*options, "--no-check", "--format", "typst"])
    assert within(strict(page), " ".join(case))


def test_what_is_not_accessible_is_refused():
    """The standard is one that can fail: a formula without its text, a level of headings left out."""
    head = '#set document(title: "x")\n'
    failure = typesetter.typst().TypstError
    strict(head + '#math.equation(alt: "x", $x$)')
    for wrong in ("$x$", "= A\n=== B", '#image(bytes("<svg xmlns=\'http://www.w3.org/2000/svg\'/>"), format: "svg")'):
        with pytest.raises(failure):
            strict(head + wrong)


FORMULAS = (
    (r"\frac{\partial L}{\partial w_{hh}}", "frac(∂ L, ∂ w_(h h))", "(∂L)/(∂w_(hh))"),
    (r"\sum_{i=1}^{n} x_{i}^{2}", "∑_(i = 1)^(n)x_(i)^(2)", "∑_(i = 1)^nx_i^2"),
    (r"\left(a - \frac{1}{2}\right)", r"lr(\( a - frac(1, 2) \))", "(a-1/2)"),
    (r"\mathrm{diag}(x)", r"upright(d i a g)\(x\)", "diag(x)"),
    (r"\tilde{c}_{t}", "tilde(c)_(t)", "c\u0303_t"),
    (r"\lVert w \rVert_2", 'class("opening", ‖)w class("closing", ‖)_(2)', "‖w‖_2"),
    (r"\log_{2} x", 'op("log", limits: #false)_(2)x', "log _2x"),
    (
        r"{\begin{cases}a & x > 0 \\ b & x \le 0\end{cases}}",
        "cases(inline(a) & quad inline(x > 0), inline(b) & quad inline(x ≤ 0))",
        "{a [x > 0]; b [x≤0]}",
    ),
    (
        r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
        "mat(inline(1), inline(2); inline(3), inline(4))",
        "[1, 2; 3, 4]",
    ),
    (r"a/b, [0, 1)", r"a\/b\, \[0\, 1\)", "a/b,[0,1)"),
    (r"x \in \nosuchthing", "x ∈upright(n o s u c h t h i n g)", "x∈nosuchthing"),
)


@pytest.mark.parametrize(("latex", "typeset_as", "said"), FORMULAS)
def test_formulas_are_translated(latex, typeset_as, said):
    """The signs of Typst, written by hand; spaces between signs mean nothing to it."""
    assert typst(parse(latex)).replace(" ", "") == typeset_as.replace(" ", "")
    assert spoken(parse(latex)).replace(" ", "") == said.replace(" ", "")
    strict(f'#set document(title: "x")\n#math.equation(alt: {string(said)}, ${typst(parse(latex))}$)')


# Words of a user

TYPST = (
    '#import "@preview/a:1.0.0": *', "#include \"/etc/passwd\"", '#read("/etc/passwd")', "#panic()", "$x$", "*bold*",
    "= heading", "`raw`", '"; #panic(); "', '\\"; #panic()', "<label> @ref", "#while true {}",
    "_it_", "// no comment /* nor this",
    "\\u{41}", "~ -- --- ...", "[ ] { } ( )",
)  # fmt: skip


def attacked(lang: str) -> str:
    """A page whose title, statement, heading, sentence, reason and cells are attacks."""
    words = [say.plain(" ".join((*TYPST, *ATTACKS)[n::3])) for n in range(3)]
    page = [
        blocks.Title(words[0], words[1], words[2]),
        blocks.Heading(words[0]),
        blocks.Heading(words[1], 2),
        blocks.Paragraph(words[2]),
        blocks.Table((words[0], "x"), tuple((text, "#panic()") for text in (*TYPST, *ATTACKS))),
        blocks.Heading(words[2], boxed=True),
    ]
    return format.render(Document(lambda detail: page, Formulas("latex", (), ()), lang))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_page_of_attacks_is_set_and_shows_them(lang, tmp_path):
    """All of them together, in every place of a page; the words are there to read, character by character."""
    text = read(typeset(attacked(lang)), tmp_path)
    for words in TYPST:
        assert words.replace(" ", "") in text, words
    assert r"\input{/etc/passwd}" in text and "损失函数" in text and "root:" not in text


def test_a_string_is_only_a_string():
    """Whatever is in it, a string of Typst ends where it ends."""
    for words in (*TYPST, *ATTACKS):
        written = string(words)
        assert re.fullmatch(r'"(?:[^"\\]|\\\\|\\")*"', written) and "\n" not in written and "\x00" not in written


@pytest.mark.parametrize("code", [
    '#import "@preview/example:0.1.0": f', '#include "x.typ"', '#read("/etc/passwd")', '#json("x")', '#image("x.png")',
    "#plugin(\"x.wasm\")", '#eval("1")', "#sys.inputs", "@ref", '#bibliography("x.bib")',
])  # fmt: skip
def test_code_that_asks_for_more_is_refused(code):
    """Written by an enemy who got past the strings: one line, before Typst sees it."""
    with pytest.raises(UsageError, match=r"^the page was refused: it asks Typst for .*$"):
        typeset(code)
    refuse(f"#{string(code)};")  # as words it may stand on a page


def test_the_root_is_empty(tmp_path, monkeypatch):
    """Were the guard not there, a file of the user's would still not be found."""
    (tmp_path / "secret.txt").write_text("x")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(typesetter, "refuse", lambda page: None)
    for path in ("secret.txt", "/secret.txt", str(tmp_path / "secret.txt"), "../secret.txt"):
        with pytest.raises(UsageError, match="Typst stopped"):
            typeset(f'#read("{path}")')


def test_a_name_in_latex_is_no_code():
    """A function of the user's own whose LaTeX holds Typst's code is printed as signs."""
    wild = elementwise("wild", lambda t: t**2, latex=r"\#panic()\ @x {}")
    g = Graph("wild")
    x = g.parameter("x")
    g.loss("L", wild(x))
    typeset(g.derive().to("typst", check=False))


def test_a_sign_without_a_font_does_not_stop_the_page():
    """The page is then no PDF/UA, but it is there."""
    page = '#set document(title: "x")\n#"\U00010a00";'
    with pytest.raises(typesetter.typst().TypstError):
        strict(page)
    assert typeset(page).startswith(b"%PDF")


def test_the_same_bytes_every_time():
    page = format.render(
        Document(lambda detail: [blocks.Title(say.plain("a"), say.plain("b"))], Formulas("latex", (), ()))
    )
    assert typeset(page) == typeset(page)


def test_what_is_missing_is_one_line(monkeypatch):
    """No font for Chinese, no Typst."""
    monkeypatch.setattr(typesetter, "chinese_fonts", lambda: [])
    with pytest.raises(UsageError, match="needs a font for it"):
        typeset('#"损失";')
    monkeypatch.setattr(
        typesetter, "typst", lambda: (_ for _ in ()).throw(UsageError("no typst here: pip install typst"))
    )
    with pytest.raises(UsageError, match="pip install typst"):
        typeset("x")


@pytest.mark.parametrize(("ending", "begins"), [("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_a_graph_is_written_as_a_file(ending, begins, tmp_path):
    """`derive graph NAME -o x.pdf` and x.png: the picture alone, on a page of its size."""
    file = tmp_path / f"x.{ending}"
    assert graph(["bptt", "--T", "2", "--lang", "zh", "-o", str(file)]) == 0
    assert file.read_bytes().startswith(begins)


def test_a_label_stands_where_it_is_put_in_a_low_picture_too(tmp_path):
    """The middle of a label is its place: in a picture that is lower than any box around the label it was moved up."""
    # at the foot of a page, where the foot of the picture is fixed
    (_, low), (_, high) = (middles(tmp_path, (200, height), "#place(bottom, float: true, {})") for height in (68, 150))
    assert low - high == pytest.approx(150 - 68)


def test_a_label_stands_where_it_is_put_in_a_narrow_picture_too(tmp_path):
    """A label that is wider than the picture has a box of its own width around it, and so keeps its one line."""
    (left, top), (narrow_left, narrow_top) = (middles(tmp_path, (width, 150)) for width in (200, 20))
    assert narrow_left - left == pytest.approx((200 - 20) / 2)  # the middle of the picture is fixed
    assert narrow_top == pytest.approx(top)


def middles(folder: Path, size: tuple[int, int], place: str = "#{}") -> tuple[float, float]:
    """Where the one line of a label begins whose middle is put at (60, 20) of a picture of this size, in points."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    drawn = f'box(width: {size[0]}pt, height: {size[1]}pt, at(60pt, 20pt, "label of words"))'
    picture = place.format(f'block(width: 100%, shown("a picture", {drawn}, []))')
    (folder / "p.pdf").write_bytes(typeset(f"{preamble('en')}\n{picture}\n"))
    done = subprocess.run(["pdftotext", "-bbox", "p.pdf", "-"], cwd=folder, capture_output=True, encoding="utf-8")
    found = re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="[\d.]+" yMax="[\d.]+">(label|of|words)<', done.stdout)
    assert [word for *_, word in found] == ["label", "of", "words"]
    assert len({top for _, top, _ in found}) == 1, "the label has several lines"
    return float(found[0][0]), float(found[0][1])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_answer_with_two_readings_is_a_page(lang):
    """What batch normalisation says of both readings it says once."""
    page = typeset(sheet("batch-norm", ["--format", "typst", "--detail", "answer", "--lang", lang])[0])
    assert re.findall(rb"/Type/Pages/Count (\d+)", page) == [b"1"]


@pytest.mark.parametrize(
    ("above", "height", "pages"),
    [(40, 25, [1, 1]), (60, 25, [2, 2]), (55, 28, [2, 2]), (50, 50, [2, 2]), (30, 60, [1, 2])],
    ids=["fits", "low", "low, below much", "high, below much", "high, below little"],
)
def test_a_step_is_torn_only_where_it_would_leave_a_great_hole(above, height, pages, tmp_path):
    """On a page of 74 em, `above` of them taken: a step goes to the next page, or begins where over 30 are left."""
    lines = "#block(height: 1em, above: 0pt, below: 0pt)[]\n" * height
    begin, end = (f"#context [#metadata(here().page())<{name}>]" for name in ("begin", "end"))
    step = f"#step({height}em)[{begin}\n{lines}{end}]"
    page = f"{preamble('en')}\n#let sheet-name = []\n{sheet_page(None)}\n#block(height: {above}em)[]\n{step}"
    query, folder = typesetter.typst().query, str(tmp_path)
    found = [json.loads(query(page.encode(), f"<{name}>", "value", root=folder)) for name in ("begin", "end")]
    assert [value for values in found for value in values] == pages


def test_a_picture_that_has_no_room_begins_the_next_page(tmp_path):
    """Near where it is mentioned: it stands there, or at the head of the next page, never behind what follows it."""
    for above, pages in ((100, [1, 1, 1]), (235, [1, 2, 2])):
        drawn = '#floating[#shown("a picture", box(width: 200pt, height: 150pt), [])#metadata(0)<mark>]'
        text = "#block(height: 5mm)[#metadata(0)<mark>]", "#block(height: 40mm, breakable: false)[#metadata(0)<mark>]"
        page = f"{preamble('en')}\n#block(height: {above}mm)\n{text[0]}\n{drawn}\n{text[1]}"
        ask = "#context [#metadata(query(<mark>).map(m => m.location().position()).map(p => (p.page, p.y / 1pt)))<all>]"
        (found,) = json.loads(typesetter.typst().query(f"{page}\n{ask}".encode(), "<all>", "value", root=str(tmp_path)))
        places = sorted(map(tuple, found))
        assert [page for page, _ in places] == pages


def test_lines_to_be_filled_in_are_far_enough_apart(tmp_path):
    """A hand needs 18 pt from line to line."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    (tmp_path / "p.pdf").write_bytes(sheet("logistic", ["--format", "pdf", "--blank", "--no-check"])[0])
    done = subprocess.run(["pdftotext", "-bbox", "p.pdf", "-"], cwd=tmp_path, capture_output=True, encoding="utf-8")
    for page in done.stdout.split("<page"):
        tops = sorted({float(top) for top in re.findall(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="[\d.]+">…{9}', page)})
        assert all(low - high >= 18 for high, low in itertools.pairwise(tops))
    assert done.stdout.count("…" * 9) > 8


def pages(pdf: bytes) -> int:
    """How many pages a PDF has."""
    return pdf.count(b"/Type/Page/")


MORE = "#pagebreak()#block(height: 30em)[]\n#heading(level: 2)[More]\n"


@pytest.mark.parametrize("more", ["", MORE], ids=["little", "much"])
def test_a_page_with_almost_nothing_is_saved(more):
    """Where the last page has a few lines, all lines stand closer if that saves it; elsewhere nothing changes."""
    row = '#rows((none, (d("x", $x$),), none))\nword\n\n'
    head = f"{preamble('en')}\n#let sheet-name = []\n{sheet_page(None)}\n#heading(level: 1)[Steps]\n"
    made = (f"{head}{row * n}#heading(level: 2)[Check]\n{more}" for n in range(10, 60))
    page, loose = next((page, pdf) for page in made if pages(pdf := typesetter._set(page, "pdf")) == 2)
    assert typesetter._ends_early(loose) is not bool(more)
    assert pages(typeset(page)) == (2 if more else 1)


def test_a_table_has_three_rules_and_stands_beside_another():
    """Above, below the head and below, all of them to be seen; tables too wide for that stand below each other."""
    for wide, beside in (("20pt", True), ("400pt", False)):
        each = ", ".join([f"ruled(2, ([a], [b]), [#box(width: {wide})], [d])"] * 2)
        page = f"{preamble('en')}\n#set page(height: auto)\n#tables({each})"
        drawn = typesetter.typst().compile(page.encode(), format="svg").decode()
        rules = re.findall(r'stroke="#(\w+)" stroke-width="([\d.]+)"', drawn)
        assert sorted(rules) == sorted([("000000", "0.4")] * 2 + [("000000", "0.8")] * 4)
        places = re.findall(r'<g transform="translate\(([\d.]+)(?: ([\d.]+))?\)"><path', drawn)
        assert (len({x for x, _ in places}) == 2) is beside


def test_cases_within_cases_are_as_large():
    """Typst sets what stands in a table smaller, and smaller still within it."""
    cases = r"\begin{cases}%s & x > 0 \\ 0 & x \le 0 \end{cases}"
    assert typst(parse(cases % "a")).count("inline(") == 4
    assert typst(parse(cases % (cases % "a"))).count("inline(") == 8


STEP = blocks.Heading(say.CHECK, 2)
SENTENCE, RESULT = blocks.Paragraph(say.CHECK), blocks.Equations((), boxed=True)


@pytest.mark.parametrize(
    ("found", "leads"),
    [
        ([SENTENCE, blocks.Equations(())], [True, False]),
        ([blocks.Heading(say.CHECK), SENTENCE, SENTENCE, STEP], [False, True, True, False]),
        ([SENTENCE, SENTENCE, STEP], [False, True, False]),
        ([blocks.Heading(say.CHECK), SENTENCE, SENTENCE], [False, False, False]),
        ([blocks.Equations(()), RESULT], [True, False]),
        ([RESULT, SENTENCE], [False, False]),
    ],
)
def test_what_leads_to_something_stays_on_its_page(found, leads):
    """A sentence stays with its formulas, the first ones of a section with its first step, a line with its result."""
    assert format.writer._leading(found) == leads
