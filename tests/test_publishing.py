"""PDF: the engine chosen, the bytes compiled, and a TeX that untrusted text can neither read, run nor hang with.

Each attack is made twice. As words of a user it comes out as those words; as TeX, written by an enemy who got past the
escaping, it fails in the confined engine, and, where that does no harm, is shown to succeed without the confinement.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from derive import Graph
from derive.errors import DeriveError, UsageError
from derive.page import blocks
from derive.page import sentences as say
from derive.page.formats.formats import Document
from derive.page.formats.tex import render
from derive.page.formats.tex.words import escape
from derive.page.print.formulas import Formulas
from derive.page.typesetting import by_tex, confinement, engines
from derive.page.typesetting.needs import needs
from derive.page.typesetting.specials import MALFORMED, forbidden
from derive.page.typesetting.typeset import complaint, typeset

SECRET = "TheSecretOfTheUser"
HEAD, FOOT = "\\documentclass{article}\\begin{document}x\n", "\n\\end{document}\n"


def engine(program: str = "pdflatex") -> engines.Engine:
    """An engine by its program; skips where it is missing, fails where it must be there."""
    found = engines.system(program)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no {program}")
    return found


def hostile(tex: str, program: str = "pdflatex", seconds: float = 20) -> str:
    """What an attack brings to light: the text of the PDF, its own bytes and the log; the error where TeX refuses."""
    try:
        done = typeset(HEAD + tex + FOOT, engine(program), seconds)
    except UsageError as error:
        return str(error)
    return f"{done.log}{done.pdf.decode('latin-1')}"


def careless(tex: str, folder: Path, *options: str, program: str = "pdflatex") -> str:
    """The same attack on TeX as it is usually called."""
    (folder / "sheet.tex").write_text(HEAD + tex + FOOT, encoding="utf-8")
    command = [engine(program).path, "-interaction=nonstopmode", *options, "sheet.tex"]
    env = {k: v for k, v in os.environ.items() if not k.startswith("open")} | {"max_print_line": "10000"}
    subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return (folder / "sheet.log").read_text(errors="replace")


# Words of a user

ATTACKS = (
    r"\input{/etc/passwd}", r"\immediate\write18{touch /tmp/owned}", r"\openin5=/etc/passwd", "^^5cinput{/etc/passwd}",
    r"\loop\iftrue\repeat", r"\def\x{\x\x}\x", "}}}{{{", "50 % off", "a\nb\n\n\\par c", r"\end{document}", "$$",
    "_^&#~", r"\catcode`\%=12", "\x00\x01\x02\x03\x1b[31m\x7f", "\u202ereversed\u200b", "é ñ ü Å ő", "αβ → ∞ ≤ ∂",
    "损失函数，好。", "😀 \U0001f9e0 א ب", "--T 5 <<x>> ?`!`,,y''", "\\", "{x}", "[x] *",
    "\\special{pdf:fstream @x (/etc/passwd)}", "e\u0301\u0334",
)  # fmt: skip


@pytest.mark.parametrize("text", ATTACKS, ids=ascii)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_words_are_only_words(text, lang):
    """No command but those of the table, every bracket closed, one line, no control character."""
    tex = escape(text, lang)
    commands = set(re.findall(r"\\([a-zA-Z]+|.)", tex))
    assert not commands & {"input", "write", "immediate", "openin", "loop", "def", "end", "catcode", "special", "par"}
    assert "^^" not in tex and tex.isprintable()
    bare = re.sub(r"\\[{}$&#%_^]", "", tex)
    assert bare.count("{") == bare.count("}") and bare.count("$") % 2 == 0
    assert not set("&#%_~") & set(re.sub(r"\$[^$]*\$|\\['`^\"~=.]\{\w\}", "", bare))


def hostile_sheet(lang: str) -> str:
    """A page whose title, statement, heading, sentence, reason and cells are attacks."""
    words = [say.plain(" ".join(ATTACKS[n::3])) for n in range(3)]
    page = [
        blocks.Title(words[0], words[1], words[2]),
        blocks.Heading(words[0]),
        blocks.Heading(words[1], 2),
        blocks.Paragraph(words[2]),
        blocks.Table((words[0], "x"), tuple((text, "\\input{x}") for text in ATTACKS)),
        blocks.Heading(words[2], boxed=True),
    ]
    return render(Document(lambda detail: page, Formulas("latex", (), ()), lang))


@pytest.mark.tex
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_page_of_attacks_compiles_and_shows_them(lang, tmp_path):
    """All of them together, in every place of a page; the words are there to read."""
    page = hostile_sheet(lang)
    found = typeset(page, engines.chosen(needs(page)))
    (tmp_path / "page.pdf").write_bytes(found.pdf)
    text = subprocess.run(["pdftotext", tmp_path / "page.pdf", "-"], capture_output=True, encoding="utf-8").stdout
    assert r"\input{/etc/passwd}" in text and "50 % off" in text and "^^5cinput" in text and "--T 5" in text
    assert "root:" not in text and "损失函数" in text


TITLES = {  # of other alphabets, each with what the macro gets
    "Жук и вес": r"\other{0416,0443,043A,0438,0432,0435,0441}{Жук и вес}",
    "a вес": r"a \other{0432,0435,0441}{вес}",
    "سلام": r"\other[Script=Arabic]{0633,0644,0627,0645}{\beginR سلام\endR}",
    "שלום 한국": r"\other[Script=Hebrew]{05E9,05DC,05D5,05DD}{\beginR שלום\endR} \other{D55C,AD6D}{한국}",
}


@pytest.mark.parametrize("title", TITLES)
def test_another_alphabet_asks_for_a_font(title):
    """Words of one alphabet stand together with their code points, turned where they are read from right to left."""
    assert escape(title) == escape(title, "zh") == TITLES[title]


@pytest.mark.tex
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_another_alphabet_is_set(lang, tmp_path, capsys):
    """A title in letters that LaTeX's own fonts lack; what no font has stands as its code point, and a line says so."""
    sheet = [blocks.Title(say.plain("x Жук ☃ \U0001242f"), None)]
    page = render(Document(lambda detail: sheet, Formulas("latex", (), ()), lang))
    try:
        (tmp_path / "page.pdf").write_bytes(by_tex(page))
    except UsageError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))
    text = subprocess.run(["pdftotext", tmp_path / "page.pdf", "-"], capture_output=True, encoding="utf-8").stdout
    said = capsys.readouterr().err
    assert ("Жук" in text) is ("U+0416" not in said) and ("☃" in text) is ("U+2603" not in said)
    assert "[U+1242F]" in text and said.count("\n") == 1 and "no font here has" in said and "U+1242F" in said


def test_names_with_tex_in_them_are_refused():
    """A name is letters, digits and underscores: nothing of it could reach a page otherwise."""
    for name in (r"\input", "x}", "a%b", "$", "x y z^2"):
        with pytest.raises((DeriveError, ValueError)):
            Graph("g").parameter(name)


# Reading

READS = {
    "input": r"\input{%s}",
    "openin": r"\newread\r\openin\r=%s \ifeof\r\else\read\r to\l\typeout{\meaning\l}\fi",
    "dump": r"\typeout{\pdffiledump offset 0 length 18 {%s}}",
    "stream": r"\pdfcompresslevel=0 \immediate\pdfobj stream file {%s}\pdfrefobj\pdflastobj",
}


@pytest.mark.tex
@pytest.mark.parametrize("how", READS)
def test_no_file_is_read(how, tmp_path):
    """An absolute path, a path upwards: the confined engine does not read them; the careless one does."""
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    seen = (SECRET, SECRET.encode().hex().upper())
    up = os.path.relpath(secret, Path(confinement.environment()["HOME"]) / "derive-x")
    for path in (str(secret), up):
        found = hostile(READS[how] % path)
        assert not any(word in found for word in seen)
    log = careless(READS[how] % secret, tmp_path)
    pdf = tmp_path / "sheet.pdf"
    assert any(w in log or w.encode() in (pdf.read_bytes() if pdf.exists() else b"") for w in seen) or how == "input"
    if how == "input":
        assert f"({secret}" in log


@pytest.mark.tex
def test_no_picture_of_the_user_is_read(tmp_path):
    """A PDF of the user's is not taken into the page."""
    private = tmp_path / "private.pdf"
    private.write_bytes(typeset(HEAD + "private" + FOOT, engine()).pdf)
    attack = rf"\pdfximage{{{private}}}\pdfrefximage\pdflastximage"
    assert hostile(attack).startswith("TeX stopped")
    assert "private.pdf" in careless(attack, tmp_path) and (tmp_path / "sheet.pdf").exists()


SPECIALS = {
    "fstream": r"\special{pdf:fstream @x (%s)}\special{pdf:put @catalog << /X @x >>}",
    "image": r"\special{pdf:image (%s)}",
    "picture": r'\XeTeXpdffile "%s"',
    "postscript": r"\special{psfile=%s}",
}


@pytest.mark.tex
@pytest.mark.parametrize("how", SPECIALS)
def test_the_driver_of_xetex_is_asked_for_nothing(how, tmp_path):
    """xdvipdfmx reads whatever a special names; such a page is refused before it sees it."""
    private = tmp_path / "private.pdf"
    private.write_bytes(typeset(HEAD + SECRET + FOOT, engine()).pdf)
    found = hostile(SPECIALS[how] % private, program="xelatex")
    assert ("TeX stopped" if how == "picture" and sys.platform == "linux" else "refused") in found
    if how != "postscript":  # which needs ghostscript
        careless(SPECIALS[how] % private, tmp_path, program="xelatex")
        empty = tmp_path / "empty"
        empty.mkdir()
        careless("", empty, program="xelatex")
        assert (tmp_path / "sheet.pdf").stat().st_size > 1.5 * (empty / "sheet.pdf").stat().st_size


def test_specials_that_cannot_be_read_are_refused():
    """Damaged output is no way round."""
    assert forbidden(b"") == MALFORMED
    assert forbidden(bytes([255, 0])) == MALFORMED
    special = b"pdf:fstream @x (/etc/passwd)"
    assert forbidden(bytes([239, len(special)]) + special + bytes([248])) == special.decode()
    assert forbidden(bytes([239, 9]) + b"color pop" + bytes([248])) is None


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")
def test_the_kernel_keeps_the_lock(tmp_path, monkeypatch):
    """Any program, not only TeX: a file beside its folder is not read and not written; without the lock it is."""
    secret, folder = tmp_path / "secret.txt", tmp_path / "folder"
    secret.write_text(SECRET)
    folder.mkdir()
    command = ["/bin/sh", "-c", f"cat {secret} > found; echo x > {tmp_path}/written"]
    confinement.run(command, folder)
    if (tmp_path / "written").exists():
        pytest.skip("this kernel has no Landlock")
    assert (folder / "found").read_text() == ""
    monkeypatch.setattr(confinement, "locked", lambda *a: nullcontext())
    confinement.run(command, folder)
    assert (folder / "found").read_text() == SECRET and (tmp_path / "written").exists()


# Running, writing, hanging


@pytest.mark.tex
@pytest.mark.parametrize("program", ["pdflatex", "xelatex"])
def test_no_command_is_run(program, tmp_path):
    """write18 and a pipe do nothing; with shell escape they would."""
    mark = tmp_path / "owned"
    attack = rf"\immediate\write18{{touch {mark}}}\input{{|touch {mark}}}"
    hostile(attack, program)
    assert not mark.exists()
    careless(rf"\immediate\write18{{touch {mark}}}", tmp_path, "-shell-escape", program=program)
    assert mark.exists()


@pytest.mark.tex
def test_no_file_is_written_outside(tmp_path):
    """openout to an absolute path fails; TeX as it is by default is already that careful, so nothing is compared."""
    hostile(rf"\newwrite\w\immediate\openout\w={tmp_path}/owned.txt \immediate\write\w{{x}}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.tex
@pytest.mark.parametrize("program", ["pdflatex", "xelatex"])
@pytest.mark.parametrize("loop", [r"\loop\iftrue\repeat", r"\def\x{\x}\x", r"\loop\message{x}\iftrue\repeat"])
def test_nothing_runs_for_ever(loop, program):
    """An endless page is stopped in time, with one line, and its process is gone."""
    begin = time.monotonic()
    assert "did not finish within 2 seconds" in hostile(loop, program=program, seconds=2)
    assert time.monotonic() - begin < 30


def test_children_are_ended_too(tmp_path):
    """What a stopped program had started does not live on."""
    if os.name != "posix":
        pytest.skip("needs a shell")
    with pytest.raises(UsageError, match="did not finish"):
        confinement.run(["/bin/sh", "-c", "sleep 60 & echo $! > child; wait"], tmp_path, 1)
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the child still runs")


@pytest.mark.tex
def test_memory_and_disk_are_bounded(monkeypatch):
    """A page that grows without end, and a file that does, end with one line."""
    assert "TeX stopped" in hostile(r"\def\x#1{\x{#1#1}}\x{aaaaaaaa}")
    monkeypatch.setitem(confinement.BOUNDS, "RLIMIT_FSIZE", 1 << 20)
    flood = r"\newwrite\w\immediate\openout\w=f \newcount\n \loop\immediate\write\w{\number\n xxxxxxxxxxxxxxxxxxxxxxxx}"
    assert "TeX stopped" in hostile(flood + r"\advance\n1 \ifnum\n<1000000\repeat", seconds=60)


@pytest.mark.tex
def test_variables_of_the_user_change_nothing(tmp_path, monkeypatch):
    """A class, a configuration and an rc file of the user's own are not seen."""
    (tmp_path / "article.cls").write_text(r"\errmessage{the wrong class}")
    (tmp_path / "texmf.cnf").write_text("openin_any = a\nshell_escape = t\n")
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    for name in ("TEXINPUTS", "TEXMFHOME", "TEXMFCNF", "HOME", "openin_any_pdflatex"):
        monkeypatch.setenv(name, "a" if name.startswith("open") else f"{tmp_path}:")
    assert hostile("").endswith("%%EOF\n")
    assert SECRET not in hostile(READS["openin"] % secret)
    assert set(confinement.environment()) >= {"openin_any", "openout_any"}
    assert "TEXINPUTS" not in confinement.environment()


# The route


@pytest.mark.tex
def test_a_tex_error_is_one_line():
    """TeX's own complaint and the line of the page."""
    with pytest.raises(UsageError, match=r"^TeX stopped: Undefined control sequence\. \(line 2\)[^\n]*$"):
        typeset(HEAD + r"\nonsense" + FOOT, engine())
    assert complaint("") == "it ended without a word"


PAGE = "\\documentclass[11pt]{article}\n\\usepackage{lmodern}\n\\usepackage{no-such,amsmath}\n\\begin{document}"


def test_needs_are_read_from_the_page():
    """Class, packages and fonts; the engine follows from the class."""
    found = needs(PAGE)
    assert found.program == "pdflatex"
    assert {"article.cls", "no-such.sty", "amsmath.sty", "lmr10.pfb"} <= set(found.files)
    assert needs(PAGE.replace("{article}", "{ctexart}")).program == "xelatex"


def test_a_tex_that_lacks_something_is_refused(monkeypatch):
    """One line says what it lacks, and that Typst needs none."""
    monkeypatch.setattr(engines, "system", lambda program: engines.Engine(program, program))
    monkeypatch.setattr(engines, "missing", lambda e, files: ())
    assert engines.chosen(needs(PAGE)).program == "pdflatex"
    monkeypatch.setattr(engines, "missing", lambda e, files: files[2:4])
    with pytest.raises(UsageError, match=r"pdflatex lacks no-such\.sty, .*--engine typst needs none"):
        engines.chosen(needs(PAGE))


@pytest.mark.tex
def test_the_probe_tells_truly():
    """A file that is there and one that is not."""
    assert engines.missing(engine("pdflatex"), ("amsmath.sty", "no-such-file.sty")) == ("no-such-file.sty",)


def test_without_any_tex_there_is_one_line(monkeypatch):
    """It names the packages that Chinese needs."""
    monkeypatch.setattr(shutil, "which", lambda *a, **k: None)
    with pytest.raises(UsageError, match=r"there is no xelatex .*texlive-lang-chinese"):
        engines.chosen(needs(PAGE.replace("{article}", "{ctexart}")))


@pytest.mark.tex
def test_the_page_delivered_is_the_page_compiled(monkeypatch, tmp_path):
    """to_latex and to_pdf: the same bytes reach TeX; the file is a PDF in the language asked for."""
    seen = []

    def watched(page, *rest):
        seen.append(page)
        return typeset(page, *rest)

    monkeypatch.setattr("derive.page.typesetting.typeset.typeset", watched)
    g = Graph("标题 and a title")
    w, x = g.parameter("w"), g.input("x")
    g.loss("L", (w * x) ** 2)
    solution = g.derive()
    solution.to_pdf(tmp_path / "sheet.pdf", engine="tex")
    assert seen == [solution.to_latex()]
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(UsageError, match="cannot be written"):
        solution.to_pdf(tmp_path / "nowhere" / "sheet.pdf", check=False)


# The command line


def command(*argv: str, **words) -> subprocess.CompletedProcess:
    """derive in a process of its own."""
    return subprocess.run([sys.executable, "-m", "derive", *argv], capture_output=True, timeout=120, **words)


@pytest.mark.tex
@pytest.mark.parametrize("engine", ["typst", "tex"])
def test_the_command_writes_a_pdf(engine, tmp_path):
    """To a file, or to a pipe; neither says a word."""
    options = ("l1", "--no-check", "--format", "pdf", "--engine", engine)
    piped, filed = command(*options), command(*options, "-o", str(tmp_path / "l1.pdf"))
    assert piped.returncode == filed.returncode == 0 and piped.stderr == filed.stderr == filed.stdout == b""
    assert piped.stdout.startswith(b"%PDF") and (tmp_path / "l1.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_pdf_is_not_written_to_a_terminal():
    """One line that says to give -o, before any work."""
    leader, follower = os.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "derive", "l1", "--format", "pdf"], stdout=follower, stderr=subprocess.PIPE, timeout=60
    )
    os.close(leader)
    os.close(follower)
    assert done.returncode == 2
    (line,) = done.stderr.decode().splitlines()
    assert line == "derive: a PDF is not for a terminal; give a file with -o, or let it go to a pipe"


def test_without_tex_the_command_says_what_to_install(tmp_path):
    """Exit status 2 and one line."""
    done = command(
        "l1", "--no-check", "--lang", "zh", "--format", "pdf", "--engine", "tex", env={"PATH": str(tmp_path)}
    )
    assert done.returncode == 2 and done.stdout == b""
    (line,) = done.stderr.decode().splitlines()
    assert "texlive-lang-chinese" in line and "--engine typst needs none" in line


@pytest.mark.parametrize(("options", "said"), [
    (("--format", "pdf", "--engine", "word"), "choose one of typst, tex"),
    (("--engine", "tex"), "add --format pdf"),
])  # fmt: skip
def test_an_engine_that_is_none_is_refused(options, said):
    done = command("l1", *options)
    assert done.returncode == 2 and said in done.stderr.decode() and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_doctor_tells_what_is_there(lang, tmp_path):
    """Versions, the font for Chinese, TeX in each language; without TeX still an answer, and exit status 0."""
    shown = command("doctor", "--lang", lang)
    text = shown.stdout.decode()
    assert shown.returncode == 0 and all(word in text for word in ("Python", "sympy", "torch", "typst"))
    if shutil.which("xelatex"):
        assert {"en": "xelatex has all", "zh": "xelatex：所需的"}[lang] in text
    bare = command("doctor", "--lang", lang, env={"PATH": str(tmp_path)})
    assert bare.returncode == 0 and {"en": "no xelatex", "zh": "没有 xelatex"}[lang] in bare.stdout.decode()
