"""What some commands cost, counted in calls of Python functions: a number without noise, where a time has much.

`pytest tests/test_effort.py --renew` writes tests/effort.json anew. A change that costs more says in its message why;
one that costs less renews the numbers too, so that the gain is kept. Two runs differ by less than half a per cent, as
sympy asks its assumptions in random order, and some sets are ordered by addresses.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import sympy
import torch

HERE = Path(__file__).parent
RECORDED = HERE / "effort.json"
COMMANDS = ("bptt --T 5 --no-check", "lstm", "check attention --points 100", "mlp --format html --no-check")
VERSIONS = {
    "python": f"{sys.version_info.major}.{sys.version_info.minor}", "sympy": sympy.__version__,
    "numpy": numpy.__version__, "torch": torch.__version__,
}  # fmt: skip
MORE, LESS = 1.03, 0.95

# In a fresh process whose hashes are fixed. Every command runs once, which loads its modules; then all that derive and
# sympy remember is forgotten, and the calls of the second run are counted.
COUNT = """
import io, json, sys
from contextlib import redirect_stdout
from sympy.core.cache import clear_cache
from derive.cli.beginning import as_a_command
as_a_command()
from derive.cli.main import run
from derive.memo import forget

def quietly(words):
    with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")):
        assert run(words) == 0

def calls(words):
    found = 0
    def count(frame, event, of):
        nonlocal found
        found += event == "call"
    quietly(words)
    forget()
    clear_cache()
    sys.setprofile(count)
    try:
        quietly(words)
    finally:
        sys.setprofile(None)
    return found

print(json.dumps({command: calls(command.split()) for command in sys.argv[1:]}))
"""


def counted(*commands: str) -> dict[str, int]:
    """The calls of each command."""
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [sys.executable, "-c", COUNT, *commands], cwd=HERE.parent, env=environment, capture_output=True, check=True
    )
    return json.loads(done.stdout)


def complaints(recorded: dict[str, int], found: dict[str, int]) -> list[str]:
    """One line for each command that costs more than is recorded, or so much less that it is to be recorded."""
    return [
        f"derive {command}: {found.get(command, 0)} calls, {recorded.get(command, 0)} are recorded"
        for command in {**recorded, **found}
        if not LESS <= found.get(command, 0) / max(1, recorded.get(command, 0)) <= MORE
    ]


def test_no_command_costs_more_than_is_recorded(request):
    found = counted(*COMMANDS)
    if request.config.getoption("--renew"):
        RECORDED.write_text(json.dumps({"versions": VERSIONS, "calls": found}, indent=2) + "\n", encoding="utf-8")
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    if recorded["versions"] != VERSIONS:
        pytest.skip(f"the numbers are those of {recorded['versions']}")
    again = "read the profile, or renew on purpose: pytest tests/test_effort.py --renew"
    assert not complaints(recorded["calls"], found), again


def test_five_in_a_hundred_more_are_too_many():
    """And what is gone, what is new, and what costs much less has to be written down."""
    known = {"a": 1000, "b": 1000}
    assert complaints(known, {"a": 1029, "b": 951}) == []
    assert complaints(known, {"a": 1050, "b": 1000}) == ["derive a: 1050 calls, 1000 are recorded"]
    assert complaints(known, {"a": 1000, "b": 900}) == ["derive b: 900 calls, 1000 are recorded"]
    assert len(complaints(known, {"a": 1000, "c": 5})) == 2
