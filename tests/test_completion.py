"""`derive completion SHELL`: the script knows every command, problem, option and value, and runs in the shell."""

import contextlib
import io
import shutil
import subprocess

import pytest

from derive.cli import COMMANDS
from derive.cli.main import run
from derive.problems import load, names

LINES = {
    "derive ls": "lstm",
    "derive comp": "completion",
    "derive lstm --hid": "--hidden",
    "derive lstm --hidden ": "scalar vector",
    "derive bptt --loss-at e": "every",
    "derive lstm --format p": "pdf",
    "derive code ls": "lstm",
    "derive code lstm --target n": "numpy",
    "derive check bp": "bptt",
    "derive plot bptt --what ": "norms regions loss",
    "derive my.py --detail f": "full",
    "derive graph my.py --ste": "--steps",
    "derive completion z": "zsh",
    "derive gallery ls": "lstm",
    "derive gallery lstm --no": "--no-check",
    "derive sheet 0 --shu": "--shuffle",
    "derive solve m.tex --det": "--detail",
    "derive lstm --T ": "",
}


@pytest.fixture(scope="module")
def scripts():
    """The script for each shell."""
    found = {}
    for shell in ("bash", "zsh", "fish"):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            assert run(["completion", shell]) == 0
        found[shell] = out.getvalue()
    return found


def test_bash_completes(scripts, tmp_path):
    """The words that the function offers, in one run of the shell, in an empty folder."""
    calls = "".join(f"line={line!r}; ask\n" for line in LINES)
    ask = (
        'ask() { read -ra COMP_WORDS <<< "$line"; [[ $line == *" " ]] && COMP_WORDS+=(""); '
        'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _derive; echo "${COMPREPLY[*]}"; }\n'
    )
    done = subprocess.run(
        ["bash", "-s"], input=scripts["bash"] + ask + calls, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert "command not found" not in done.stderr
    assert dict(zip(LINES, done.stdout.split("\n"), strict=False)) == LINES


def test_every_word_is_in_every_script(scripts):
    """All problems with all of their options, all commands."""
    for script in scripts.values():
        words = {w.removeprefix("--") for w in script.replace('"', " ").replace("'", " ").split()}
        options = {option.flag.removeprefix("--") for name in names() for option in load(name).options}
        assert {*names(), *COMMANDS} | options <= words


def test_fish_completes(scripts, tmp_path):
    """What fish itself offers, where it is there; in a folder without files, which it offers besides."""
    if shutil.which("fish") is None:
        pytest.skip("no fish")
    asked = "".join(f"echo (complete -C {line!r} | string replace -r '\\t.*' '')\n" for line in LINES)
    done = subprocess.run(
        ["fish", "--no-config"], input=scripts["fish"] + asked, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    found = [" ".join(sorted(line.split())) for line in done.stdout.split("\n")]
    assert dict(zip(LINES, found, strict=False)) == {k: " ".join(sorted(v.split())) for k, v in LINES.items()}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_shell_reads_it(scripts, shell):
    """Where the shell is there."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}")
    done = subprocess.run([shell, "-n"], input=scripts[shell], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("argv", [["completion"], ["completion", "tcsh"], ["completion", "bash", "zsh"]])
def test_refused(capsys, argv):
    """Another shell, none, two."""
    assert run(argv) == 2
    assert capsys.readouterr().err.count("\n") == 1
