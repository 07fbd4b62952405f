"""HTML pages in a real browser: every formula typeset, nothing asked of the network, nothing wider than the window."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from browser import Browser, chromium
from sympy import Symbol
from test_sheets import SHEETS

from derive.language import Text
from derive.page.blocks import Equations, Heading, Paragraph, Picture, Row, Table, Title
from derive.page.formats.formats import Document
from derive.page.formats.html import render
from derive.page.formats.html.drawings import inlined
from derive.page.formats.html.outline import slug
from derive.page.formats.html.vendored import HERE, katex_style
from derive.page.pictures import colours
from derive.page.print.formulas import Formulas
from tests.shared_sheets import sheet

PACKAGE = Path(str(HERE))
PHONE, DESK = 360, 1280
WIDTH = "return document.documentElement.scrollWidth"  # a phone shows as much as it must: innerWidth would grow
SEEN = "return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility()).length"
STATE = "return [document.documentElement.lang, document.documentElement.dataset.detail]"
CLICK = "document.querySelector(arguments[0]).click()"


@pytest.fixture(scope="module")
def browser():
    """One browser for all pages."""
    found = chromium()
    yield found
    found.close()


@pytest.fixture
def page(browser, tmp_path):
    """Opens HTML as a file of its own."""

    def opened(html: str, fragment: str = "", width: int = DESK) -> Browser:
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        browser.media()
        browser.open(path, fragment, width)
        return browser

    return opened


def written(*case: str) -> str:
    """One sheet as HTML."""
    return sheet(case[0], (*case[1:], "--format", "html"))[0]


def sources(html: str) -> int:
    """How many formulas the file holds."""
    return len(re.findall(r'<span class="m[ "]', html[html.index("<body>") :]))


def typeset(browser: Browser) -> tuple[int, list[str]]:
    """How many formulas are typeset, and what those say that cannot be."""
    done = browser.run("return document.querySelectorAll('.m.done > .katex').length")
    wrong = "'.katex-error, .katex-html [style*=\"rgb(192, 0, 1)\"]'"  # cannot be read; is not allowed
    failed = f"return [...document.querySelectorAll({wrong})].map((e) => e.title + (e.dataset.latex || e.textContent))"
    return done, browser.run(failed)


# Every other problem, for a browser takes seconds for a page; all pages are of the same blocks.
CASES = [
    *list(SHEETS.values())[::2],
    ("lstm", "--T", "3"),
    ("logistic", "--hessian", "w1,w2,b"),
    ("lstm", "--jacobian", "h,c", "--no-check"),
]


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_page(case, page):
    """In both languages and details, at a desk and on a phone."""
    html = written(*case)
    browser = page(html)
    switches = ["[data-lang=en]", "[data-lang=zh]"]
    if 'button" data-detail' in html:
        switches = [f"{a}|{b}" for a in switches for b in ("[data-detail=brief]", "[data-detail=full]")]
    for switch in switches:
        for button in switch.split("|"):
            browser.run(CLICK, f"button{button}")
        assert browser.run(SEEN, ".m:not(.done)") == 0
        for width in (DESK, PHONE):
            browser.size(width)
            assert browser.run(WIDTH) <= width, (switch, width)
    assert typeset(browser) == (sources(html), [])
    assert (browser.said(), browser.asked()) == ([], [])


# Switches

LONG = ("bptt", "--T", "50", "--no-check")


def test_language(page):
    """Everything that is read changes with the language; the address keeps it."""
    browser = page(written(*LONG))
    texts = []
    for lang in ("en", "zh"):
        browser.run(CLICK, f"button[data-lang={lang}]")
        assert browser.run("return document.documentElement.lang") == lang
        assert browser.run(f"return document.querySelector('button[data-lang={lang}]').ariaPressed") == "true"
        assert browser.run(SEEN, f"main [lang={'en' if lang == 'zh' else 'zh'}]") == 0
        words = (
            "return [document.title, document.querySelector('main').innerText, document.querySelector('nav').ariaLabel]"
        )
        texts.append(browser.run(words))
    assert all(a != b for a, b in zip(*texts, strict=True))
    assert not re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", texts[1][1])
    assert browser.run("return location.hash") == "#lang=zh"


def test_detail(page):
    """Brief shows a few steps with dots between, full shows all fifty."""
    browser = page(written(*LONG))
    brief = browser.run(SEEN, ".equations .row")
    browser.run(CLICK, "button[data-detail=full]")
    full = browser.run(SEEN, ".equations .row")
    # Three, dots and two stand in the brief; going backward, the last time has a step of its own; more besides.
    assert full - brief >= (50 - 6) + (49 - 6)
    assert browser.run("return location.hash") == "#detail=full"


def test_folding(page):
    """Every step folds into its result, by its own heading and all together."""
    browser = page(written("logistic", "--no-check"))
    steps = browser.run(SEEN, "details.step")
    assert browser.run(SEEN, ".result") == 0 and browser.run(SEEN, "details.step .equations") >= steps
    browser.run(CLICK, "#step-2 summary")
    assert browser.run("return document.querySelector('#step-2').open") is False
    shown = "return [...document.querySelectorAll('#step-2 .result .m')].map((e) => e.dataset.latex)"
    assert browser.run(shown) == [r"\frac{\partial L}{\partial z}", "{}= a", "{}-y"]
    browser.run(CLICK, "button[data-fold]")
    assert browser.run(SEEN, ".result") == steps and browser.run(SEEN, "details.step .equations") == 0
    browser.run(CLICK, "button[data-fold]")
    assert browser.run(SEEN, ".result") == 0


def test_theme(page):
    """Light and dark as the system has it, and the other way by the switch; words stand out in both."""
    browser = page(written("logistic", "--no-check"))
    contrasts = []
    for scheme in ("light", "dark"):
        browser.media(scheme=scheme)
        for _ in range(2):
            contrasts += [contrast(browser, where) for where in ("body", ".why", "nav a", ".link")]
            before = browser.run("return getComputedStyle(document.body).backgroundColor")
            browser.run(CLICK, "button[data-theme]")
            assert browser.run("return getComputedStyle(document.body).backgroundColor") != before
    assert min(contrasts) >= 4.5  # WCAG AA


def contrast(browser: Browser, selector: str) -> float:
    """The ratio of luminances of an element's text and the page, as WCAG 2 defines it."""
    find = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    colours = [browser.run(find, selector, "color"), browser.run(find, "body", "backgroundColor")]
    a, b = sorted(luminance(tuple(map(int, re.findall(r"\d+", c)[:3]))) for c in colours)
    return (b + 0.05) / (a + 0.05)


def luminance(rgb: tuple[int, ...]) -> float:
    parts = [c / 255 for c in rgb]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_places(page):
    """A link leads to its step, folded or not, and keeps language and detail."""
    browser = page(written(*LONG), "#step-3&lang=zh&detail=full")
    top = "return document.querySelector('#step-3').getBoundingClientRect().top"
    assert 0 <= browser.run(top) < 120
    assert browser.run(STATE) == [
        "zh",
        "full",
    ]
    browser.run("document.querySelector('#step-2').open = false")
    browser.run(CLICK, "#step-2 + a.link")
    assert browser.run("return [location.hash, document.querySelector('#step-2').open]") == [
        "#step-2&lang=zh&detail=full", True,
    ]  # fmt: skip


def test_every_place_has_one_name():
    """Names are those of the English headings, each once; every link has its place."""
    html = written("relu-mse", "--no-check")
    names = re.findall(r' id="([^"]+)"', html[html.index("<main>") :])
    links = re.findall(r'href="#([^"]+)"', html)
    assert len(names) == len(set(names))
    assert set(links) == {name for name in names if not name.endswith("-title")}  # the words of a heading are no place
    assert {"step-1", "step-1-2", "the-model", "the-model-2"} <= set(names)
    assert slug(Text("Step {number}: {x} for {y}", "{number}{x}{y}")(number="3", x=Symbol("x"), y=Text("h", "h"))) == (
        "step-3-for"
    )


def test_a_bad_address_does_nothing(page):
    """What is not known in an address is not believed."""
    browser = page(written("logistic", "--no-check"), "#<script>&lang=xx&detail=%00&__proto__=1&theme=dark")
    assert browser.run(STATE) == [
        "en",
        "brief",
    ]
    assert browser.said() == []


# An exercise

ANSWERED = ".asked > .right"


def test_an_exercise_is_shown_line_by_line(page):
    """By the keyboard: the button of a line has a state that is told, and the line behind it is all that shows."""
    browser = page(sheet("logistic", ("--no-check", "--format", "html", "--blank"))[0], width=400)
    assert browser.run(SEEN, ".reveal") > 10 and browser.run(SEEN, ANSWERED) == 0
    assert browser.run(SEEN, "#the-model .right") > 0  # what the task gives
    button = "#step-2 .reveal"
    state = f"return document.querySelector('{button}').ariaExpanded"
    browser.run(f"document.querySelector('{button}').focus()")
    assert browser.run(state) == "false"
    browser.keys("\ue007")  # Enter
    assert browser.run(state) == "true" and browser.run(SEEN, ANSWERED) == 1
    assert browser.run(f"return document.activeElement === document.querySelector('{button}')")
    assert browser.run("return document.querySelector('.seen .right .m').dataset.latex").startswith("{}=")
    assert browser.run(WIDTH) <= 400 and browser.violations() == []
    browser.keys("\ue007")
    assert browser.run(state) == "false" and browser.run(SEEN, ANSWERED) == 0


def test_all_results_are_hidden_and_shown(page):
    """A solution becomes its exercise and comes back; what is left is what the blank sheet on paper has."""
    browser = page(written("logistic"))
    whole = browser.run(SEEN, "main *")
    told = "#the-check, .lines .why, .lines .right, .result, section:not(#the-model) > .answer"
    assert browser.run(SEEN, told) > 20 and browser.run(SEEN, ".question, .reveal") == 0
    browser.run(CLICK, "button[data-answers]")
    assert browser.run("return location.hash") == "#answers=hidden"
    assert browser.run(SEEN, told) == 0 and browser.run(SEEN, ".question svg") == 1
    links = "return [...document.querySelectorAll('nav a')].filter((e) => e.checkVisibility()).map((e) => e.hash)"
    assert all(browser.run(SEEN, hash) for hash in browser.run(links))
    browser.run(CLICK, "#step-1 .reveal")
    browser.run(CLICK, "button[data-answers]")
    assert browser.run(SEEN, "main *") == whole and browser.run("return location.hash") == ""


@pytest.mark.parametrize("last", ["1", "2"])
def test_the_last_lines_of_a_step_are_asked_for(page, last):
    """The lines before them stand as they do on paper, one by one."""
    browser = page(sheet("logistic", ("--no-check", "--format", "html", "--blank", last))[0])
    count = "return [...document.querySelectorAll('#step-2 .row')].filter((e) => e.checkVisibility()).map((e) => {0})"
    asked = browser.run(count.format("e.querySelector('.right').checkVisibility()"))
    assert asked == [True] * (len(asked) - int(last)) + [False] * int(last) and len(asked) == 7


def test_the_latex_of_a_line_is_copied(page):
    """The whole line, as an author would type it; that it is done is told."""
    browser = page(written("logistic", "--no-check"), width=400)
    browser.run("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    browser.run("document.querySelector('#step-3 .copy').focus()")
    browser.keys("\ue007")
    line = r"\frac{\partial L}{\partial w_{1}} = \frac{\partial L}{\partial z} \cdot \frac{\partial z}{\partial w_{1}}"
    assert browser.run("return window.copied").startswith(line) and "{}" not in browser.run("return window.copied")
    assert browser.run("return document.querySelector('[role=status]').innerText") == "LaTeX copied"


@pytest.mark.parametrize(
    "place, width, scheme",
    [("", DESK, "light"), ("#lang=zh&detail=full", 400, "dark")],
)
def test_a_screen_reader_finds_its_way(page, place, width, scheme):
    """axe has nothing to say of a sheet, at a desk and on a phone; the exercise is asked above."""
    browser = page(written("logistic"), place, width)
    browser.media(scheme=scheme)
    assert browser.violations() == []


def test_a_window_that_gets_narrower(page):
    """What no longer fits can be scrolled by the keyboard."""
    browser = page(written("logistic"))
    browser.size(400)
    wide = "[...document.querySelectorAll('.wide')].filter((e) => e.scrollWidth > e.clientWidth)"
    browser.run("return new Promise((done) => setTimeout(done, 200))")
    assert browser.run(f"return {wide}.length > 0 && {wide}.every((e) => e.tabIndex === 0)")


def test_each_button_and_each_heading_has_a_name_of_its_own(page):
    """A list of headings reads no link with each of them, and a list of buttons says which line each is for."""
    browser = page(sheet("logistic", ("--no-check", "--format", "html", "--blank"))[0])
    script = """
        const name = (e) => e.getAttribute("aria-labelledby").split(" ").map((id) => document.getElementById(id))
            .map((part) => part.getAttribute("aria-label") || part.textContent).join(" ");
        return [[...document.querySelectorAll("h2, h3")].filter((h) => h.querySelector("a")).map(name),
                [...document.querySelectorAll(".row .reveal, .row .copy")].map(name)]"""
    headings, buttons = browser.run(script)
    assert headings and not any("Link" in name or "§" in name for name in headings)
    assert len(buttons) > 80 and len({*buttons}) > 20  # one left side may have several lines
    assert not any(name.strip() in ("Show显示", "Copy the LaTeX of this line") for name in buttons)


def test_what_a_screen_reader_cannot_use_is_found(page):
    """What the test above sees: a button without a name, in a colour that is no contrast."""
    bad = '<main><button style="color:#777;background:#888">words</button><button></button>'
    found = page(made(Paragraph(Text("a", "b"))).replace("<main>", bad)).violations()
    assert {line.split()[0] for line in found} >= {"button-name", "color-contrast"}


def test_a_wide_line_says_that_it_goes_on(page):
    """On a phone it is scrolled in its own place, also by the keyboard, and a shadow says so."""
    browser = page(written("lstm", "--T", "3"), width=400)
    wide = "[...document.querySelectorAll('.equations')].filter((e) => e.scrollWidth > e.clientWidth)"
    assert browser.run(f"return {wide}.length") > 0
    assert browser.run(f"return {wide}.every((e) => e.tabIndex === 0)")
    assert "linear-gradient" in browser.run(f"return getComputedStyle({wide}[0]).backgroundImage")
    browser.run(f"{wide}[0].focus()")
    browser.keys("\ue014" * 3)  # the right arrow
    browser.run("return new Promise((done) => setTimeout(done, 300))")
    assert browser.run(f"return {wide}[0].scrollLeft") > 0


# Paper, and a browser without scripts


def test_print(page, tmp_path):
    """On paper there are no switches, and folded steps are open."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    browser = page(written("logistic", "--no-check"))
    browser.run(CLICK, "button[data-fold]")
    browser.media("print")
    assert browser.run(SEEN, ".switches, .contents, .link") == 0
    browser.media()
    (tmp_path / "page.pdf").write_bytes(base64.b64decode(browser.command("Page.printToPDF", {})["data"]))
    done = subprocess.run(["pdftotext", "page.pdf", "-"], cwd=tmp_path, capture_output=True, encoding="utf-8")
    text = " ".join(done.stdout.split())
    assert "collect like terms" in text and "Fold steps" not in text


def test_without_scripts(page, browser):
    """The words and every formula can be read; a sentence says why there are no buttons."""
    browser.command("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page(written("logistic", "--no-check"), width=PHONE)
        shown = browser.driver.find_element("tag name", "body").text
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", {"value": False})
    assert "JavaScript is off" in shown and "σ" in shown and "\\" not in shown and "Fold steps" not in shown


# What an author or a reader may write

ATTACKS = (
    "<script>window.caught=1</script>", "</script><script>window.caught=1</script>", "<img src=x onerror=caught=1>",
    "\" onmouseover=\"window.caught=1", "</style><script>window.caught=1</script>", "</title><script>caught=1</script>",
    "<!--", "]]>", "&lt;b&gt;",
)  # fmt: skip
FORMULAS = (
    r"\href{javascript:window.caught=1}{x}", r"\url{javascript:window.caught=1}", r"</span><script>caught=1</script>",
    r"\includegraphics{http://127.0.0.1/x.png}", r"\htmlClass{done}{x}", r"\htmlData{x=1}{x}",
    r"\htmlStyle{background:url(http://127.0.0.1/)}{x}", r"\rule{9999em}{9999em}", r"\def\x{\x\x}\x",
    r"\text{</script><script>caught=1</script>}", "</script>",
)  # fmt: skip


class Copying(Formulas):
    """Prints a formula that is a string as it stands: what no author can write, here to be tried."""

    def show(self, value):
        return value.name if isinstance(value, Symbol) else super().show(value)


def made(*blocks) -> str:
    """A page of these blocks."""
    return render(Document(lambda detail: blocks, Copying("latex", (), ())))


def test_words_are_escaped(page):
    """Markup in any words is shown, not obeyed."""
    words = [Text(a.replace("{", "").replace("}", ""), a.replace("{", "").replace("}", "")) for a in ATTACKS]
    blocks = [Title(words[5], words[1], words[2])]
    for text in words:
        blocks += [Heading(text), Paragraph(text), Table((text,), ((text.en,),)), Picture(Box(), text)]
        blocks += [Heading(text, 2), Equations((Row(Symbol("x"), Symbol("y"), text),))]
    browser = page(made(*blocks))
    assert browser.run("return [window.caught ?? null, document.scripts.length]") == [None, 2]
    assert browser.run("return document.title") == words[5].en
    shown = browser.driver.find_element("tag name", "main").text
    assert all(text.en in shown for text in words)
    assert (browser.said(), browser.asked()) == ([], [])


def test_hostile_formulas(page):
    """No formula links, loads, grows or runs anything; it is shown as an error."""
    browser = page(made(*(Paragraph(Text("{f}", "{f}")(f=Symbol(f))) for f in FORMULAS)))
    assert browser.run("return [window.caught ?? null, document.scripts.length]") == [None, 2]
    assert browser.run("return document.querySelectorAll('main a[href^=java], main img').length") == 0
    assert browser.run("return document.querySelectorAll('.m').length") == len(FORMULAS)
    assert browser.run(WIDTH) <= DESK
    assert (browser.said(), browser.asked()) == ([], [])


def test_a_wrong_formula_is_found(page):
    """What the tests above count: a formula that KaTeX cannot read is an error."""
    html = made(*(Paragraph(Text("{f}", "{f}")(f=Symbol(f))) for f in ("x", r"\nothing{x}", r"x_{1}_{2}", r"\url{x}")))
    done, failed = typeset(page(html))
    assert (done, sources(html)) == (2, 4)
    assert len(set(failed)) == 3 and all(any(c in f for f in failed) for c in (r"\nothing", "x_{1}_{2}", r"\url"))


def test_an_overflow_is_found(page):
    """What the tests above measure: something wider than a phone."""
    browser = page(
        made(Paragraph(Text("a", "b"))).replace("<main>", '<main><div style="width:400px">x</div>'), width=PHONE
    )
    assert browser.run(WIDTH) > PHONE


def test_the_network_is_refused(page):
    """What the tests above hear: a page that asks for something is refused, and says so."""
    browser = page(made(Paragraph(Text("a", "b"))).replace("<main>", '<main><img src="http://127.0.0.1:9/x.png">'))
    assert any("Content Security Policy" in line for line in browser.said())


# Drawings


class Box:
    """A drawing whose parts refer to each other."""

    def svg(self, lang):
        return (
            '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><defs>'
            f'<marker id="tip"/></defs><path id="tip2" marker-end="url(#tip)"/><text>{lang}</text>'
            '<use href="#tip2"/></svg>'
        )

    def tikz(self, lang):
        return ""


def test_a_page_sets_every_colour_of_a_drawing():
    """The switch decides between light and dark, not the system alone: a colour that the page left out stayed light."""
    style = (PACKAGE / "style.css").read_text(encoding="utf-8")
    own = {"paper", "ink", "node"}  # those of the page itself
    for kind, light in colours.LIGHT.items():
        dark = (
            f"--derive-{kind}: var(" if kind in own else f"--derive-{kind}: light-dark({light}, {colours.DARK[kind]})"
        )
        assert dark in style, kind
    for kind, light in colours.FILLED.items():
        assert kind in own or f"--derive-{kind}-fill: light-dark({light}, {colours.DARK_FILLED[kind]})" in style, kind


def test_drawings_keep_their_names_apart():
    """Each drawing refers to its own parts, also where two say the same name."""
    shown = made(Picture(Box(), Text("a", "b")))
    names = re.findall(r'id="(d[^"]*tip2?)"', shown)
    assert len(set(names)) == 4 and "<?xml" not in shown[20:]
    assert all(shown.count(f"#{name})") + shown.count(f'"#{name}"') == 1 for name in names)
    assert inlined("<svg><text>id</text></svg>") == "<svg><text>id</text></svg>"


# The files


def test_vendored_files_are_small_and_whole():
    """Under a megabyte with its licence; every font in the style sheet is inside it."""
    assert sum(p.stat().st_size for p in (PACKAGE / "katex").rglob("*") if p.is_file()) < 1_000_000
    assert "MIT" in (PACKAGE / "katex" / "LICENSE").read_text(encoding="utf-8")
    style = katex_style()
    assert style.count("@font-face") == style.count("data:font/woff2;base64,") == 20
    assert "url(fonts" not in style and ".ttf" not in style
    assert len(written("logistic", "--no-check")) < 800_000


def test_the_version_is_the_one_that_is_named():
    """The note on how to renew KaTeX names the version that lies beside it."""
    (version,) = re.findall(r'version:"([\d.]+)"', (PACKAGE / "katex" / "katex.min.js").read_text(encoding="utf-8"))
    assert f"# KaTeX {version}," in (PACKAGE / "katex" / "README.md").read_text(encoding="utf-8")
