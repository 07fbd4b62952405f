"""The command line: sheets on standard output, one clear line for what cannot be used, never a traceback."""

import gc
import json
import os
import re
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from derive import Problem, Text, __version__
from derive.check.report import Report
from derive.cli import COMMANDS, Command, checking
from derive.cli.doctor import cells
from derive.cli.listing import LAYERS
from derive.cli.main import run
from derive.errors import UsageError
from derive.expressions import functions
from derive.expressions.functions import BY_NAME
from derive.memo import forget
from derive.problem import GROUPS
from derive.problems import layer_tasks, load, load_layers, names
from derive.solution import Solution
from tests.shared_sheets import shared

gc.enable()  # the command switches it off for its one second; a test session is longer

ROOT = Path(__file__).parent.parent
FORMATS, LANGUAGES = ("tex", "text", "json"), ("en", "zh")
LOGISTIC = "w1=0.5, w2=-0.5, b=0, x1=1, x2=1, y=0"
BPTT = "w_hx=1, w_hh=1/2, w_qh=2, y=1, dL/do_3=1"


@pytest.fixture
def cli(capsys):
    """Run a command in this process: (status, standard output, standard error)."""

    def command(*argv):
        status = run(argv)
        return status, *capsys.readouterr()

    return command


def outside(*argv, **environment):
    """Run a command in its own process, bytes decoded as UTF-8."""
    return subprocess.run(
        [sys.executable, "-m", "derive", *argv],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env=os.environ | environment,
        timeout=60,
    )


def one_line(status, out, err):
    """Status 2, nothing on standard output, one line on standard error that is no accident."""
    assert (status, out) == (2, "")
    assert err.startswith("derive: ") and err.endswith("\n") and err.count("\n") == 1
    assert "Traceback" not in err and "internal error" not in err
    return err


# What works


@pytest.mark.parametrize("argv", [[], ["--help"], ["-h"], ["help"]])
def test_help(cli, argv):
    """The commands, in a screenful."""
    status, out, err = cli(*argv)
    assert (status, err) == (0, "")
    assert all(command in out for command in ("derive list", "derive NAME", "derive check", "derive code"))
    assert len(out.splitlines()) <= 24


def test_a_command_is_a_module_and_a_row(cli, monkeypatch):
    """A made-up command runs, is listed by --help, and is a hint for what is nearly its name."""
    module = types.ModuleType("greeting")
    module.run = lambda argv: print("hello", *argv) or 0
    monkeypatch.setitem(sys.modules, "greeting", module)
    assert cli("greet")[0] == 2
    monkeypatch.setitem(COMMANDS, "greet", Command("greeting", "greet NAME", "says hello"))
    assert cli("greet", "you") == (0, "hello you\n", "")
    assert re.search(r"\n  derive greet NAME +says hello\n", cli("--help")[1])
    assert "did you mean greet?" in one_line(*cli("gret"))


def test_version(cli):
    """The version, alone on its line."""
    assert cli("--version") == (0, f"derive {__version__}\n", "")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_list(cli, lang):
    """Every problem once, under the name of its group, with title, sizes and every choice, in 80 columns."""
    status, out, err = cli("list", "--lang", lang)
    assert (status, err) == (0, "")
    assert max(map(cells, out.splitlines())) <= 80
    found, choices, name = {}, {}, ""
    for section in out.split("\n\n")[1:]:
        group, *lines = section.splitlines()
        for line in lines:
            if line.startswith("   "):
                choices[name] = [*choices.get(name, []), *line.split()]
            else:
                name, title = line.split(maxsplit=1)
                found[name] = (group, title)
    for name, problem in ((name, load(name)) for name in names()):
        sizes = f" [{' '.join(s.name for s in problem.sizes)}]" if problem.sizes else ""
        assert found.pop(name) == (GROUPS[problem.group].pick(lang), problem.title.pick(lang) + sizes)
        assert choices.pop(name, []) == [w for o in problem.options for w in (o.flag, "|".join(o.choices))]
    for name in layer_tasks():
        assert found.pop(name) == (LAYERS.pick(lang), load_layers(name).title.pick(lang))
    assert not found and not choices


def test_statements_stand_alone():
    """No number of an exercise, and no source that the reader does not have; Chinese sentences are Chinese."""
    for name, problem in ((name, load(name)) for name in names()):
        words = [t for r in problem.readings if r.label for t in (r.label,)] + [problem.title, problem.statement]
        for text in words:
            assert not re.search("exercise|the source|printed", text.en), (name, text.en)
            assert not re.search("原题|题目的|习题", text.zh), (name, text.zh)


def test_a_group_that_is_none_is_refused():
    """A problem says its group, and only a known one."""
    with pytest.raises(UsageError, match="unknown group 'nets' of a problem; choose one of regression, "):
        Problem(Text("a", "甲"), Text("b", "乙"), "nets")


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize(("name", "words"), [("list", ["--lang"]), ("check", ["NAME", "--T", "--points", "--seed"])])
def test_help_of_a_command(cli, name, words, flag):
    """What it does and its options."""
    status, out, err = cli(name, flag)
    assert (status, err) == (0, "")
    assert out.startswith(f"usage: derive {name}") and all(word in out for word in words)


@pytest.mark.parametrize("name", names())
def test_help_of_a_problem(cli, name):
    """Its own options and those of every sheet."""
    status, out, err = cli(name, "--help")
    assert (status, err) == (0, "")
    problem = load(name)
    own = [*(f"--{size.name}" for size in problem.sizes), *(option.flag for option in problem.options)]
    page = ["--at", "--lr", "--lang", "--format", "--output", "--detail", "--no-check"]
    assert all(option in out for option in own + page)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", names())
def test_sheets_in_every_format_and_language(cli, name, format, lang):
    """Each is complete and in its language; nothing is said on standard error."""
    with shared():
        status, out, err = cli(name, "--format", format, "--lang", lang, "--no-check")
    assert (status, err) == (0, "")
    assert out.endswith("\n") and load(name).title.pick(lang) in out
    if format == "tex":
        assert out.startswith(r"\documentclass") and out.endswith("\\end{document}\n")


@pytest.mark.parametrize("name", names())
def test_sheets_are_checked_in_silence(cli, name):
    """With the check, and still nothing on standard error."""
    with shared():
        status, out, err = cli(name, "--format", "text")
    assert (status, err) == (0, "")
    model = load(name).readings[0].build(**load(name).choices({})).model()
    averages = ("a sum over all outcomes", "compared with its integral")
    what = (
        ("torch.autograd",)
        if model.has_loss
        else averages
        if model.stated
        else ("fractions", "computed again by torch")
    )
    assert "Verification" in out and any(w in " ".join(out.split()) for w in what)


@pytest.mark.parametrize("name", names())
def test_json_holds_the_derivation(cli, name):
    """Strict JSON with the keys of the contract; every parameter has a gradient or is said to be unreachable."""
    status, out, err = cli(name, "--format", "json")
    assert (status, err) == (0, "")
    whole = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert {"nodes", "steps", "gradients", "conditions", "verification"} <= whole.keys()
    for step in whole["steps"]:
        assert all(step[key] and isinstance(step[key], str) for key in ("target", "formula", "value", "reason"))
        assert step["formula"].startswith(step["target"])
    parameters = {node["name"] for node in whole["nodes"] if node["wanted"]}
    assert parameters == {item["parameter"] for item in whole["gradients"] + whole["unreachable"]}
    assert whole["verification"] and all(row["ok"] and row["error"] < 1e-9 for row in whole["verification"])


def test_options_reach_the_model(cli):
    """--T, --activation, --loss, --reading, --lr and --detail change the sheet."""
    plain = cli("bptt", "--no-check")
    changed = [
        cli("bptt", "--no-check", *more)
        for more in (["--T", "5"], ["--activation", "tanh"], ["--loss", "squared"], ["--lr", "0.1"])
    ]
    assert all(c[0] == 0 and not c[2] for c in (plain, *changed))
    assert len({plain[1], *(c[1] for c in changed)}) == 5
    both, printed, meant = (
        cli("relu-mse", "--no-check", *more)[1] for more in ([], ["--reading", "stated"], ["--reading", "intended"])
    )
    assert len(both) > len(printed) and len(both) > len(meant) and printed != meant
    brief, full = (cli("bptt", "--no-check", "--T", "50", "--detail", d)[1] for d in ("brief", "full"))
    assert len(brief) < len(full)


def test_output_goes_to_a_file(cli, tmp_path):
    """-o writes what standard output would have got, and says nothing."""
    target = tmp_path / "sheet.tex"
    assert cli("bptt", "--lang", "zh", "--no-check", "-o", str(target)) == (0, "", "")
    assert target.read_text(encoding="utf-8") == cli("bptt", "--lang", "zh", "--no-check")[1]


@pytest.mark.parametrize(
    "name, begins",
    [
        ("x.pdf", b"%PDF"),
        ("x.html", b"<!DOCTYPE html>"),
        ("x.json", b"{"),
        ("x.txt", b"Logistic"),
        ("x", b"\\documentclass"),
    ],
)
def test_the_name_of_a_file_says_its_format(cli, tmp_path, name, begins):
    """As its ending is, tex where it has none."""
    assert cli("logistic", "--no-check", "-o", str(tmp_path / name)) == (0, "", "")
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_check_is_green(cli):
    """Every line ends with ok, exit 0."""
    status, out, err = cli("check", "--points", "60")
    assert (status, err) == (0, "")
    assert {line.split()[0] for line in out.splitlines()} == {*names(), *layer_tasks()}
    assert all(line.endswith("ok") for line in out.splitlines())


def test_several_processes_print_what_one_prints(cli, monkeypatch):
    """In the order asked for, whichever ends first."""
    asked = ("z-loss", "lstm", "logistic", "l1", "bias-variance", "ridge", "lasso", "max")
    found = []
    for share in (len(asked), 4):
        monkeypatch.setattr(checking, "SHARE", share)
        found.append(cli("check", *asked, "--points", "10"))
    assert found[0] == found[1] and found[0][0] == 0
    assert [*dict.fromkeys(line.split()[0] for line in found[1][1].splitlines())] == [*asked]


def test_several_processes_end_with_the_command():
    """What they print to is closed when the command is over; a process that went on would hold it open."""
    wished = "l1 max lasso ridge same-field"
    code = f"from derive.cli import checking, main; checking.SHARE = 2; main.main(['check', *{wished!r}.split()])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=60, check=True)
    assert done.stderr == b"" and len(done.stdout.splitlines()) >= 4


def test_check_takes_names_and_a_length(cli):
    """Only those asked for, in the order asked for."""
    status, out, err = cli("check", "logistic", "bptt", "--T", "3", "--points", "20", "--seed", "7")
    assert (status, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == ["logistic"] + ["bptt"] * 32


def test_check_in_chinese(cli):
    """The same numbers, the words in Chinese."""
    english = cli("check", "logistic", "relu-mse", "--points", "20")[1].splitlines()
    status, out, err = cli("check", "logistic", "relu-mse", "--points", "20", "--lang", "zh")
    assert (status, err) == (0, "")
    chinese = out.splitlines()
    assert all(line.endswith("一致") and "个量" in line and "quantities" not in line for line in chinese)
    numbers = [[word for word in line.split() if word[0].isdigit()] for line in (*english, *chinese)]
    assert numbers[: len(english)] == numbers[len(english) :]


@pytest.mark.parametrize(("lang", "words"), [("en", "FAILED at dL/dz"), ("zh", "dL/dz 不一致")])
def test_a_failed_check_names_the_quantity(cli, monkeypatch, lang, words):
    """Exit 1, and the line says where."""
    wrong = BY_NAME["sigmoid"]._replace(slope_in_value=lambda a: a * (1 + a))
    monkeypatch.setitem(functions._BY_CLASS, wrong.value, wrong)
    forget()
    try:
        status, out, err = cli("check", "logistic", "--points", "20", "--lang", lang)
    finally:
        forget()
    assert (status, err) == (1, "")
    assert out.rstrip().endswith(words)


def test_a_failed_check_prints_nothing(cli, monkeypatch):
    """Exit 1, nothing on standard output, one line that names the quantity."""
    wrong = BY_NAME["sigmoid"]._replace(slope_in_value=lambda a: a * (1 + a))
    monkeypatch.setitem(functions._BY_CLASS, wrong.value, wrong)
    forget()
    try:
        status, out, err = cli("logistic")
    finally:
        forget()
    assert (status, out) == (1, "")
    assert err.count("\n") == 1 and "dL/dz " in err and "autograd" in err and "Traceback" not in err


# Numbers


@pytest.mark.parametrize(
    "x",
    ["x_1=1, x_2=-2, x_3=1/3", "x1=1,x2=-2,x3=1/3", "x[1]=1, x[2]=-2, x[3]=1/3", "x=1 -2 1/3", " x = 1  -2  1/3 ,"],
)
def test_elements_can_be_typed_in_every_way(cli, x):
    """One meaning, however it is typed: h_3 = 1/3 - 2/2 + 1/4 = -5/12."""
    status, out, err = cli("bptt", "--T", "3", "--format", "text", "--no-check", "--at", f"{BPTT}, {x}")
    assert (status, err) == (0, "")
    assert "-5/12" in out


def test_one_number_for_a_whole_family(cli):
    """x=2 is x_1=2, x_2=2, x_3=2."""
    typed = ("x=2", "x=2 2 2", "x1=2, x2=2, x3=2")
    sheets = {cli("bptt", "--T", "3", "--no-check", "--at", f"{BPTT}, {x}") for x in typed}
    assert len(sheets) == 1 and sheets.pop()[0] == 0


@pytest.mark.parametrize(("typed", "shown"), [("1/3", "1/3"), ("1e-4", "0.0001"), ("-.5", "-0.5"), ("+2.50", "2.5")])
def test_numbers_are_exact(cli, typed, shown):
    """Fractions and powers of ten, as typed; b is the value of z where the weights are 0."""
    status, out, err = cli("logistic", "--format", "text", "--no-check", "--at", f"w1=0,w2=0,b={typed},x1=1,x2=1,y=0")
    assert (status, err) == (0, "")
    assert f"= {shown}\n" in out


def test_the_worked_step_is_on_the_sheet(cli):
    """The catalogue's numbers of 0.2b and 0.5."""
    logistic = cli("logistic", "--format", "text", "--no-check")[1]
    assert all(f" {value}" in logistic for value in ("0.49995", "-0.50005", "-0.00005"))
    meant = cli("relu-mse", "--reading", "intended", "--format", "text", "--no-check")[1]
    assert " 0.99985" in meant
    again = cli("logistic", "--format", "text", "--no-check", "--at", LOGISTIC, "--lr", "1e-4")[1]
    assert all(f" {value}" in again for value in ("0.49995", "-0.50005", "-0.00005"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_some_steps_only(cli, lang):
    """The steps are those of the whole sheet, word by word, and nothing else but the title."""
    whole = cli("relu-mse", "--no-check", "--format", "text", "--lang", lang)[1]
    part = cli("relu-mse", "--no-check", "--format", "text", "--lang", lang, "--steps", "2-3")[1]
    steps = re.findall(r"^(?:Step|第) (\d+)", part, re.MULTILINE)
    assert set(steps) == {"2", "3"}
    body = part[part.index("Step 2" if lang == "en" else "第 2") :].strip()
    assert body.split("\n\n")[0] in whole and len(part) < len(whole) / 4


STEPS = [
    (["--steps", "99"], "the sheet has the steps 1 to"),
    (["--steps", "5-3"], "the first number is the lower one"),
    (["--steps", "x"], "'x'"),
    (["--steps", "3-"], "as in --steps 3 or --steps 3-5"),
    (["--steps", "2,4"], "as in --steps 3 or --steps 3-5"),
    (["--steps", "1", "--format", "json"], "--steps is for pages"),
    (["--steps", "1", "--detail", "answer"], "the sheet has no steps"),
]


# What cannot be used: (arguments, the words that must be in the line)

HUGE = str(10**9)
REFUSED = [
    ([""], "''"),
    (["bttp"], "did you mean bptt?"),
    (["BPTT"], "did you mean bptt?"),
    (["xyzzy"], "logistic"),
    (["list", "extra"], "extra"),
    (["list", "--lang", "fr"], "'fr'"),
    (["bptt", "extra"], "extra"),
    (["bptt", "--bogus"], "--bogus"),
    (["bptt", "--bogus", "3"], "--bogus"),
    (["logistic", "--T", "5"], "--T"),
    (["weight-norm", "--T", "5"], "--T"),
    *((["bptt", "--T", n], repr(n)) for n in ("0", "-1", "2.5", HUGE, "100001", "abc", "", " ", "1e3", "nan", "5 5")),
    (["bptt", "--T", "٣"], "'٣'"),
    (["bptt", "--T=0"], "'0'"),
    (["bptt", "--T"], "--T"),
    (["bptt", "--T", "5", "--T", "5"], "--T: given twice"),
    (["bptt", "--lang", "en", "--T", "5", "--lang", "zh"], "--lang: given twice"),
    (["weight-norm", "--D", "0"], "--D"),
    (["weight-norm", "--D", HUGE], "--D"),
    (["bptt", "--activation", "gelu"], "gelu"),
    (["bptt", "--activation", ""], "--activation"),
    (["bptt", "--loss", "l1"], "l1"),
    (["bptt", "--lang", "fr"], "'fr'"),
    (["bptt", "--lang", ""], "''"),
    (["bptt", "--format", "docx"], "'docx'"),
    (["bptt", "--detail", "all"], "'all'"),
    (["relu-mse", "--reading", "wrong"], "'wrong'"),
    (["logistic", "--lr", "nan"], "'nan'"),
    (["logistic", "--lr", "inf"], "'inf'"),
    (["logistic", "--lr", "fast"], "'fast'"),
    (["logistic", "--lr", "1/0"], "'1/0'"),
    (["logistic", "--lr", "0"], "'0'"),
    (["logistic", "--lr", "-1"], "'-1'"),
    (["logistic", "--lr", ""], "--lr"),
    (["logistic", "--lr"], "--lr"),
    (["bptt", "-o"], "-o"),
    (["bptt", "--no-check", "-o", ""], "-o ''"),
    (["bptt", "--no-check", "-o", "."], "-o ."),
    (["bptt", "-o", "x.docx"], "no format is written to .docx"),
    (["bptt", "-o", "x.pdf", "--format", "tex"], "the name ends as pdf does"),
    (["sheet", "0", "-o", "x.docx"], "no format is written to .docx"),
    (["sheet", "0", "-o", "x.pdf", "--format", "html"], "the name ends as pdf does"),
    (["bptt", "--no-check", "-o", "no/such/folder/sheet.tex"], "no/such/folder/sheet.tex"),
    (["check", "bttp"], "did you mean bptt?"),
    (["check", "logistic", "bttp"], "did you mean bptt?"),
    (["check", "bptt", "--T", "0"], "'0'"),
    (["check", "logistic", "--T", "abc"], "'abc'"),
    (["check", "bptt", "--T", ""], "''"),
    (["check", "logistic", "--points", "0"], "--points"),
    (["check", "logistic", "--points", HUGE], "--points"),
    (["check", "logistic", "--seed", "x"], "--seed"),
    (["check", "--bogus"], "--bogus"),
    (["check", "logistic", "--lang", "fr"], "'fr'"),
    (["check", "logistic", "--seed", "1", "--seed", "1"], "--seed: given twice"),
    (["bptt", "--at", f"{BPTT}, x=1"], "--T"),
]
AT = [
    ("w1=0.5", "w2"),
    ("", "w1"),
    (LOGISTIC + ", q=1", "q"),
    (LOGISTIC + ", z=1", "z"),
    (LOGISTIC + ", w1=3", "w1"),
    *((LOGISTIC[:-1] + y, y) for y in ("nan", "inf", "-inf", "1e999", "-1e999", "1e99999999", "1e-999", "1/0")),
    *((LOGISTIC[:-1] + y, "y") for y in ('__import__("os")', "1+1", "0x10", "1_0", "0=1", "--1", "1 2", "", "١")),
    ("w1", "w1"),
    ("=1", "=1"),
    ("w1=0.5; w2=1", "w1"),
]
AT_FAMILY = [
    ("x_1=1, x_2=1", "x_3"),
    ("x=1 2", "x"),
    ("x=1, x_4=1", "x_4"),
    ("x=1, x_0=1", "x_0"),
    ("x=1, x[1,1]=1", "x[1,1]"),
    (f"x=1, x[{10**30}]=1", "x["),
    ("x_1=1, x1=2, x_2=1, x_3=1", "x1"),
    ("x_1=1, x[1]=2, x_2=1, x_3=1", "x[1]"),
    ("x=1, h_1=1", "h_1"),
    ("x=1, dL/do_2=1", "o_2"),
    ("x=1, dL/dh_3=1", "h_3"),
]
REFUSED += [
    (["logistic", "--no-check", *([] if "json" in argv else ["--format", "text"]), *argv], w) for argv, w in STEPS
]
REFUSED += [(["logistic", "--no-check", "--at", text], words) for text, words in AT]
REFUSED += [(["bptt", "--T", "3", "--no-check", "--at", f"{BPTT}, {text}"], words) for text, words in AT_FAMILY]


@pytest.mark.parametrize(("argv", "words"), REFUSED, ids=[" ".join(argv)[:60] or "nothing" for argv, _ in REFUSED])
def test_refused(cli, argv, words):
    """One line that names the culprit, at once."""
    begin = time.process_time()
    assert words in one_line(*cli(*argv))
    assert time.process_time() - begin < 2


def test_numbers_that_leave_the_range_are_refused(cli):
    """Exact arithmetic knows no overflow, but a sheet prints numbers."""
    at = "w_hx=1e200, w_hh=1e200, w_qh=1e200, y=1, dL/do=1, x=1e200"
    one_line(*cli("bptt", "--T", "3", "--no-check", "--at", at))
    one_line(*cli("bptt", "--T", "3", "--activation", "tanh", "--no-check", "--at", at + ", y=1e999"))


def test_division_by_zero_is_refused(cli):
    """Weight normalisation of the zero vector."""
    one_line(*cli("weight-norm", "--D", "2", "--no-check", "--at", "g=1, v=0, dL/dw=1"))


def test_text_is_never_run(cli, tmp_path, monkeypatch):
    """Python, a shell's words and a template in every place that takes text leave no trace."""
    monkeypatch.chdir(tmp_path)
    python = "__import__('pathlib').Path('trace').touch()"
    for text in (python, "$(touch trace)", "`touch trace`", "; touch trace", "{0.__class__}", "%s%n", "@/etc/passwd"):
        for argv in (
            [text],
            ["bptt", text],
            ["bptt", "--T", text],
            ["bptt", "--activation", text],
            ["bptt", "--lang", text],
            ["logistic", "--lr", text],
            ["logistic", "--at", text],
            ["logistic", "--at", f"w1={text}"],
            ["logistic", "--at", f"{text}=1"],
            ["check", text],
        ):
            one_line(*cli(*argv))
    assert not list(tmp_path.iterdir())


# In a process of its own


def test_the_module_is_the_command():
    """python -m derive, in UTF-8 whatever the terminal says."""
    done = outside("bptt", "--T", "2", "--lang", "zh", "--no-check", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "反向传播" in done.stdout and done.stdout.endswith("\\end{document}\n")


@pytest.mark.parametrize("argv", [["plot"], ["bptt", "--T", "0"]])
def test_refusals_outside(argv):
    """The same line."""
    done = outside(*argv)
    one_line(done.returncode, done.stdout, done.stderr)


def test_a_refusal_does_not_load_torch():
    """What cannot be used is said before the second that torch takes to load."""
    code = "import sys; from derive.cli.main import run; run(['bptt', '--T', '0']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=60).returncode == 0


def test_a_reader_may_leave_early():
    """A closed pipe is no error and makes no noise."""
    command = f"{sys.executable} -m derive lstm --T 300 --detail full --no-check | head -n 1"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60)
    assert done.stdout.startswith(r"\documentclass") and done.stderr == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("argv", [["list"], ["bptt", "--help"], ["bptt", "--no-check"]])
def test_a_full_disk_is_one_line(argv, unbuffered):
    """Standard output that cannot be written is said in one line, status 2."""
    command = [sys.executable, "-m", "derive", *argv]
    env = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, cwd=ROOT, env=env, stdout=full, stderr=subprocess.PIPE, encoding="utf-8")
    one_line(done.returncode, "", done.stderr)


@pytest.mark.skipif(os.name != "posix", reason="needs a shell that closes streams")
@pytest.mark.parametrize("argv", ["list", "bptt --help", "bptt --no-check"])
def test_a_closed_standard_output_is_one_line(argv):
    """`derive list >&-` has nowhere to print."""
    command = f"{sys.executable} -m derive {argv} >&-"
    done = subprocess.run(command, shell=True, cwd=ROOT, stderr=subprocess.PIPE, encoding="utf-8")
    one_line(done.returncode, "", done.stderr)


# Fuzz

WORDS = st.sampled_from(
    [
        *names(), "list", "check", "help", "--help", "-h", "--version", "--T", "--T=3", "--D", "--at", "--lr", "--lang",
        "--format", "--detail", "--no-check", "-o", "--output", "--activation", "--loss", "--reading", "--points",
        "--seed", "-", "--", "0", "1", "2", "3", "-1", "1e3", "nan", "en", "zh", "tex", "text", "json", "brief", "full",
        "tanh", "squared", "printed", "x=1", "x_1=1", "theta=1,lamda=2,dL/dtheta=1", "g=1,v=1,dL/dw=1", "x[1", "=",
        ",", LOGISTIC, "w_hx=1,w_hh=1,w_qh=1,x=1,y=1,dL/do=1", "out.tex",
    ]
)  # fmt: skip
ODD = st.text(st.characters(codec="utf-8", exclude_characters="/\\\0"), max_size=6)  # never a path outside
ARGV = st.lists(WORDS | ODD, max_size=7)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A folder of its own for -o, and no torch: words are tested here, not gradients."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("fuzz"))
        patch.setattr(Solution, "verify", lambda self, points=0, seed=0, **more: Report(()))
        yield


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(argv=st.tuples(st.sampled_from([*names(), "check"]), ARGV).map(lambda both: [both[0], *both[1]]) | ARGV)
def test_random_words_never_raise(alone, capsys, argv):
    """Exit 0, 1 or 2 and at most one line on standard error, which is no accident; nothing printed on failure."""
    status = run(argv)
    out, err = capsys.readouterr()
    assert status in (0, 1, 2)
    assert err.count("\n") <= 1 and "internal error" not in err and "Traceback" not in err
    assert bool(err) == (status == 2)
    assert status == 0 or out == ""


def test_the_overview_fits_a_terminal_of_80_columns():
    from derive.cli.main import overview

    assert max(map(len, overview().splitlines())) <= 80
