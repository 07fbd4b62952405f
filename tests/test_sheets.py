"""The sheets as files: golden files read as text, LaTeX that compiles, the same formulas in both languages.

`pytest tests/test_sheets.py --renew` writes the golden files anew; `git diff tests/golden` is then read by a person.
"""

import difflib
import os
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest
from alphabets import letters

from derive.errors import UsageError
from derive.page.typesetting.engines import chosen as chosen_engine
from derive.page.typesetting.needs import needs
from derive.page.typesetting.typeset import Typeset, typeset
from derive.problems import load, names
from derive.topics.worked.numbers_as_typed import parse
from derive.topics.worked.worked import work
from tests.shared_sheets import sheet

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden"
LANGUAGES = ("en", "zh")
# A sheet is a problem with options; the evidence of an analysis, numbers of random runs, is left out of golden files.
SHEETS = {name: (name,) for name in names()} | {
    "bptt": ("bptt", "--T", "5"),
    "bptt-general": ("bptt", "--no-check"),
    "lstm": ("lstm", "--T", "3"),
    "lstm-general": ("lstm", "--no-check"),
    "gru": ("gru", "--no-check"),
    "rnn": ("rnn", "--no-check"),
}
EACH = [pytest.param(name, lang, id=f"{name}.{lang}") for name in SHEETS for lang in LANGUAGES]
IN_TURN = EACH[::4] + EACH[3::4]  # one language each, taken in turn: TeX takes seconds, and Typst sets all of them


@cache
def rendered(name: str, lang: str, *options: str) -> str:
    """One sheet, as the command line prints it."""
    return sheet(name, (*options, "--lang", lang))[0]


def chosen(name: str, lang: str) -> str:
    """One of SHEETS in a language."""
    problem, *options = SHEETS[name]
    return rendered(problem, lang, *options)


def body(tex: str) -> str:
    """What stands between begin and end of the document."""
    return tex.split(r"\begin{document}")[1].split(r"\end{document}")[0]


# Golden files

MEASURED = re.compile(r"(relative error is|最大相对误差为)( ?)\$[^$]*\$")  # rounding errors belong to the machine


def compare(golden: Path, found: str, renew: bool) -> None:
    """Fail, with a difference that can be read, unless the file holds the sheet; `renew` writes it."""
    known = golden.read_text(encoding="utf-8") if golden.exists() else None
    masked = [MEASURED.sub(r"\1\2$*$", text).splitlines() for text in (known or "", found)]
    if known is not None and masked[0] == masked[1]:
        return
    if renew:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(found, encoding="utf-8", newline="\n")
        return
    again = "if the new sheet is right, run: pytest tests/test_sheets.py --renew"
    if known is None:
        pytest.fail(f"{golden.name} is missing in tests/golden; {again}", pytrace=False)
    lines = list(difflib.unified_diff(*masked, f"tests/golden/{golden.name}", "rendered now", n=1, lineterm=""))
    more = [f"... and {len(lines) - 80} lines more"] if len(lines) > 80 else []
    pytest.fail("\n".join([f"{golden.name} is not what is rendered; {again}", *lines[:80], *more]), pytrace=False)


@pytest.mark.parametrize(("name", "lang"), EACH)
def test_golden(name, lang, request):
    """The sheet is the one that was read and approved."""
    found = chosen(name, lang)
    compare(GOLDEN / f"{name}.{lang}.tex", found, request.config.getoption("--renew"))


def test_every_golden_file_has_its_sheet():
    """No file is left over from a problem that is gone."""
    assert {p.name for p in GOLDEN.glob("*")} <= {f"{name}.{lang}.tex" for name in SHEETS for lang in LANGUAGES}


def test_every_character_of_a_sheet_can_be_set():
    """What no font of LaTeX has asks the system for one, as w₁ did: no sheet of the catalogue does so."""
    assert not [path.name for path in GOLDEN.glob("*.tex") if "\\other" in path.read_text(encoding="utf-8")]


def test_a_golden_file_speaks_clearly(tmp_path):
    """A missing file names itself and the command; a wrong line is shown beside the right one; renewing settles it."""
    golden = tmp_path / "sheet.en.tex"
    with pytest.raises(pytest.fail.Exception, match=r"sheet\.en\.tex is missing .* --renew"):
        compare(golden, "a\nb\n", renew=False)
    assert not golden.exists()
    compare(golden, "a\nb, the worst relative error is $3$.\n", renew=True)
    compare(golden, "a\nb, the worst relative error is $2 \\times 10^{-16}$.\n", renew=False)
    with pytest.raises(pytest.fail.Exception) as failure:
        compare(golden, "a\nc, the worst relative error is $3$.\n", renew=False)
    shown = str(failure.value).splitlines()
    assert (
        "-b, the worst relative error is $*$." in shown
        and "+c, the worst relative error is $*$." in shown
        and " a" in shown
    )


# TeX


def compiled(source: str) -> Typeset:
    """The PDF and the log of a page; skips where no TeX is installed, fails where it must be."""
    try:
        engine = chosen_engine(needs(source))
    except UsageError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))
    return typeset(source, engine, seconds=300)


def faults(log: str) -> list[str]:
    """Lines too wide by more than 1 pt, missing characters, undefined references."""
    wide = [line for line in re.findall(r"^Overfull \\hbox \(.*", log, re.MULTILINE) if points(line) > 1]
    return wide + re.findall(r"^(?:Missing character: |LaTeX Warning: (?:Reference|There were undefined)).*", log, re.M)


def points(line: str) -> float:
    """By how much a line is too wide."""
    return float(re.search(r"\(([\d.]+)pt too wide\)", line)[1])


def test_faults_are_found():
    """The reader of logs sees a line that is too wide, a missing character and an undefined reference."""
    wrong = (
        r"\documentclass{ctexart}\begin{document}\noindent\hbox to 2\textwidth{x}\par See~\ref{nowhere}. "
        "\N{GUJARATI LETTER A}\\end{document}"
    )
    found = faults(compiled(wrong).log)
    assert {line.split()[0] for line in found} == {"Overfull", "Missing", "LaTeX"}


def words(pdf: bytes, folder: Path) -> str:
    """The text of a PDF without its spaces."""
    (folder / "sheet.pdf").write_bytes(pdf)
    done = subprocess.run(
        ["pdftotext", "sheet.pdf", "-"], cwd=folder, capture_output=True, encoding="utf-8", check=True
    )
    return re.sub(r"\s", "", done.stdout).replace("’", "'")  # TeX sets an apostrophe as a quotation mark


@pytest.mark.tex
@pytest.mark.parametrize(("name", "lang"), IN_TURN)
def test_sheet_compiles(name, lang, tmp_path):
    """A complete document, within its margins, every character there; the PDF holds the title as text."""
    pdf, log = compiled(chosen(name, lang))
    assert not faults(log)
    if shutil.which("pdftotext"):
        assert load(SHEETS[name][0]).title.pick(lang).replace(" ", "") in words(pdf, tmp_path)


AT = "w_hx=0.12345678, w_hh=-1.2345678, w_qh=1/3, y=0.98765432, x=1.2345678"
OTHERS = [
    ("bptt", "en"),
    ("bptt", "zh", "--activation", "tanh", "--loss", "squared"),
    ("bptt", "en", "--T", "50", "--detail", "full"),
    ("bptt", "en", "--T", "50"),
    ("bptt", "en", "--T", "1"),
    ("bptt", "en", "--T", "30", "--activation", "sigmoid", "--loss", "squared", "--at", AT, "--lr", "1e-3"),
    ("bptt", "zh", "--T", "4", "--at", f"{AT}, dL/do_4=1e-9", "--lr", "1e-3"),
    ("logistic", "en", "--at", "w1=0.12345678, w2=-12.345678, b=1/7, x1=12.345678, x2=1e-5, y=0.5", "--lr", "1e-9"),
    ("lstm", "en"),
    ("lstm", "en", "--T", "50", "--detail", "full"),
    ("lstm", "en", "--T", "50"),
    ("lstm", "zh", "--hidden", "vector"),
    ("gru", "en", "--hidden", "vector"),
    ("rnn", "zh", "--activation", "identity", "--loss", "squared"),
    ("bptt", "en", "--activation", "relu", "--loss-at", "every", "--start", "learned"),
    ("weight-norm", "en", "--D", "3", "--at", "g=1e-5, v=0.12345678 -2.3456789 3, dL/dw=0.1 0.2 -0.33333333"),
    ("l1", "en", "--at", "theta=-1.2345678, lamda=1/7, dL/dtheta=1e6", "--lr", "1e-4"),
]


@pytest.mark.tex
@pytest.mark.parametrize("case", OTHERS, ids=[" ".join(case)[:70] for case in OTHERS])
def test_other_sheets_compile(case):
    """General length, long sequences in full and in brief, numbers that need room."""
    assert faults(compiled(rendered(*case, "--no-check")).log) == []


@pytest.mark.tex
@pytest.mark.parametrize("case", [("lstm", "zh"), ("gru", "en"), ("rnn", "en"), ("bptt", "zh")], ids=" ".join)
def test_evidence_compiles(case):
    """The tables of an analysis."""
    assert faults(compiled(rendered(*case)).log) == []


# Lengths


def formulas(tex: str) -> str:
    """All that is displayed."""
    return "".join(displayed(tex))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("name", "times"), [("lstm", 3), ("bptt", 1.5)])
def test_brief_does_not_grow_with_the_sequence(name, times, lang):
    """Fifty steps in full are several times the brief sheet, which is as long as that of twenty."""
    brief, twenty = (formulas(rendered(name, lang, "--T", T, "--no-check")) for T in ("50", "20"))
    full = formulas(rendered(name, lang, "--T", "50", "--no-check", "--detail", "full"))
    assert len(full) > times * len(brief)
    assert abs(len(brief) - len(twenty)) < 0.01 * len(brief)


@pytest.mark.parametrize("T", [1, 2, 5, 50])
def test_full_shows_every_step(T):
    """h_1 to h_T, and every adjoint, each with its own equation."""
    shown = body(rendered("bptt", "en", "--T", str(T), "--no-check", "--detail", "full"))
    for t in range(1, T + 1):
        assert f"\nh_{{{t}}} &= w_{{hx}}\\, x_{{{t}}} + w_{{hh}}\\, h_{{{t - 1}}}" in shown
        assert rf"\frac{{\partial L}}{{\partial h_{{{t}}}}} &=" in shown


# Languages


def displayed(tex: str) -> list[str]:
    """The displayed formulas, without the words beside them."""
    shown = re.findall(r"\\begin\{align\*\}(.*?)\\end\{align\*\}|(?<!\\)\\\[(.*?)\\\]", body(tex), re.DOTALL)
    return [without(r"\why{", a or b).strip() for a, b in shown]


def without(command: str, text: str) -> str:
    """The text without a command and its argument, brackets balanced."""
    kept, *rest = text.split(command)
    for piece in rest:
        depth, at = 1, 0
        while depth:
            depth += {"{": 1, "}": -1}.get(piece[at], 0)
            at += 1
        kept = kept.rstrip() + piece[at:]
    return kept


def inline(tex: str) -> list[str]:
    """The formulas within sentences and tables, in any order: languages differ in that."""
    return sorted(re.findall(r"(?<!\\)\$(.*?)(?<!\\)\$", re.sub(r"\\why\{", "{", body(tex))))


@pytest.mark.parametrize("name", SHEETS)
def test_both_languages_carry_the_same_formulas(name):
    """Displayed formulas one by one, those in sentences as a collection."""
    english, chinese = (chosen(name, lang) for lang in LANGUAGES)
    assert len(displayed(english)) >= (2 if r"\begin{step}" in english else 0)  # values alone stand beside each other
    assert displayed(english) == displayed(chinese)
    assert inline(english) == inline(chinese)


CJK = "\u4e00-\u9fff"


@pytest.mark.parametrize("name", SHEETS)
def test_chinese_is_set_in_chinese(name):
    """Chinese punctuation after Chinese characters, and no English sentence left."""
    tex = without(r"\tag{", body(chosen(name, "zh")))
    words = re.sub(
        r"\\begin\{align\*\}|\\end\{align\*\}|\\[a-zA-Z]+\*?", " ", re.sub(r"(?<!\\)\$.*?(?<!\\)\$", "公", tex)
    )
    text = sheet(SHEETS[name][0], (*SHEETS[name][1:], "--lang", "zh", "--format", "text"))[0]
    for found in (words, text):
        assert re.findall(rf".{{0,8}}[{CJK}][,.;:!?](?!\d).{{0,8}}", found) == []
        assert re.findall(r"[A-Za-z]{3,}(?: [a-z]{2,}){3,}", found) == []


# Numbers

WORKED = [
    ("logistic",),
    ("relu-mse",),
    ("l1", "--at", "theta=-2, lamda=1/3, dL/dtheta=5", "--lr", "1/7"),
    ("logistic", "--at", "w1=0.12345678, w2=-1/3, b=2/7, x1=-1.5, x2=1e-5, y=1", "--lr", "0.3"),
    ("bptt", "--T", "3", "--at", "w_hx=1/3, w_hh=-2/7, w_qh=1.5, x=1 -2 1/9, y=1, dL/do=1/11", "--lr", "0.1"),
    ("bptt", "--T", "3", "--activation", "tanh", "--loss", "squared", "--at", "w_hx=1, w_hh=2, w_qh=3, x=1, y=1"),
    ("weight-norm", "--D", "2", "--at", "g=1/3, v=1 2, dL/dw=-0.3 0.123456789", "--lr", "0.1"),
]


def number(text: str) -> Fraction | None:
    """The value of a term made of numbers alone."""
    text = text.strip().rstrip(".").replace("·", "*").replace("²", "**2")  # a full stop ends a sentence
    if not re.fullmatch(r"[\d.e+\-*/() ]+", text) or text.count("(") != text.count(")"):  # "(as ... = 1)" is a reason
        return None
    exact = re.sub(r"\d+(?:\.\d+)?(?:e-?\d+)?", r"F('\g<0>')", text)
    return eval(exact, {"F": Fraction, "__builtins__": {}})


@pytest.mark.parametrize("case", WORKED, ids=[" ".join(case)[:60] for case in WORKED])
def test_every_equals_sign_between_numbers_is_true(case):
    """What is joined by = is equal, exactly; what is rounded is joined by an approximate sign."""
    name, *options = case
    compared = 0
    whole = sheet(name, (*options, "--format", "text", "--no-check"))[0].splitlines()
    for line in (line for line in whole if not line.lstrip().startswith(("+", "-"))):  # what goes on is no equality
        parts = re.split(r" ([=≈←]) ", line)
        for left, relation, right in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
            a, b = number(left), number(right)
            if a is not None and b is not None:
                compared += 1
                assert (a == b) if relation == "=" else abs(a - b) <= Fraction(1, 10**4) * max(abs(a), abs(b)), line
    assert compared + descended(whole)


def descended(lines: list[str]) -> int:
    """How many parameters a table moves by one step of descent; each new value is the old one less rate times slope."""
    rows = {words[0]: words for words in map(str.split, lines) if words}
    if "new" not in rows:
        return 0
    rate = number(re.findall(r"learning rate η [=≈] (\S+)", " ".join(lines))[0])
    old, slope, new = ([number(w) for w in rows[k][s:]] for k, s in (("value", 1), ("gradient", 1), ("new", 2)))
    for value, gradient, moved in zip(old, slope, new, strict=True):
        assert value is not None and gradient is not None and moved is not None and rate is not None
        assert abs(value - rate * gradient - moved) <= Fraction(1, 10**4) * max(1, abs(moved))
    return len(new)


def joined(lines: list[str], at: int) -> str:
    """A chain of equalities that was broken into lines, as one."""
    more = takewhile(lambda line: re.match(r" {5,}\S", line), lines[at + 1 :])
    return " ".join(line.strip() for line in (lines[at], *more))


def test_rounded_numbers_are_not_joined_by_an_equals_sign():
    """A gradient with a long fraction: whatever is said to equal it does, digit for digit."""
    at = "w_hx=1.2345678, w_hh=-0.7654321, w_qh=1/7, x=0.1 0.12345678 -3, y=1, dL/do=1/11"
    solution = load("bptt").readings[0].build("identity", "abstract", "last", "zero").derive(sizes={"T": 3})
    truth = work(solution.derivation, solution.sizes, parse(at))
    lines = sheet("bptt", ("--T", "3", "--format", "text", "--no-check", "--detail", "full", "--at", at))[
        0
    ].splitlines()
    for name in ("w_hx", "w_hh", "w_qh"):
        starts = [at for at, line in enumerate(lines) if letters(line).startswith(letters(f"    ∂L/∂{name} "))]
        wholes = [joined(lines, at) for at in starts]
        line = next(line for line in wholes if "≈" in line)
        claims = [number(part) for part in re.findall(r" = ([^=≈]+)", line)]
        assert all(claim is None or claim == truth.adjoint(name) for claim in claims), line


def test_an_abstract_loss_has_no_value_on_the_sheet():
    """J = L + lambda |theta| cannot be worked, and no number is given for it; its gradient is."""
    text = sheet("l1", ("--at", "theta=-2, lamda=3, dL/dtheta=5", "--format", "text", "--no-check"))[0]
    numbers = text[text.index("Numerical example") :]
    assert not re.search(r"^ *[JL] =", numbers, re.MULTILINE)
    assert re.search(r"∂J/∂θ = .* = 2$", numbers, re.MULTILINE)


# Text, and the same bytes every time


@pytest.mark.parametrize(("name", "lang"), EACH)
def test_text_is_no_latex(name, lang):
    """Unicode only: no backslash, no dollar; nothing left unfilled."""
    text = sheet(SHEETS[name][0], (*SHEETS[name][1:], "--lang", lang, "--format", "text"))[0]
    assert not set("\\$\x00\x01\x02\x03") & set(text)
    assert "None" not in text and "Text(" not in text and "{}" not in text


@pytest.mark.parametrize(("name", "lang"), EACH)
def test_latex_is_complete(name, lang):
    """Nothing left unfilled, brackets balanced, plain ASCII in English."""
    tex = chosen(name, lang)
    assert not set("\x00\x01\x02\x03") & set(tex)
    assert "None" not in tex and "Text(" not in tex and "Partial" not in tex.replace("Partial derivative", "")
    bare = tex.replace(r"\{", "").replace(r"\}", "")
    assert bare.count("{") == bare.count("}")
    assert lang == "zh" or tex.isascii()


ALL = """
import gc
from hashlib import sha256
from derive.problems import names
from {module} import sheet
gc.disable()
kinds = [(format, lang) for format in ("tex", "text", "json") for lang in ("en", "zh")][::{order}]
for name in names():
    for format, lang in kinds:
        page = sheet(name, ["--format", format, "--lang", lang, "--no-check"])[0].encode()
        print(name, format, lang, len(page), sha256(page).hexdigest())
"""


def test_the_same_bytes_every_time():
    """Two processes that hash differently print the same sheets: one derives each of them anew, the other prints all
    that share a derivation from that one, as the tests do, in the opposite order."""
    ways = {"1": ("derive.cli.sheet", 1), "4242": ("tests.shared_sheets", -1)}
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", ALL.format(module=module, order=order)],
            cwd=ROOT, stdout=-1, encoding="utf-8", env=os.environ | {"PYTHONHASHSEED": seed},
        )
        for seed, (module, order) in ways.items()
    ]  # fmt: skip
    first, second = (sorted(run.communicate(timeout=600)[0].splitlines()) for run in runs)
    assert len(first) == 6 * len(names()) and min(int(line.split()[3]) for line in first) > 500
    assert first == second
