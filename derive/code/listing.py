"""The two passes of a derivation as a sheet prints them: functions of arrays, without the checks of what they get."""

from __future__ import annotations

import re

from derive.chain.derivation import Derivation
from derive.code.passes import backward, forward
from derive.code.source import Source
from derive.code.targets import TARGETS

_SAYS = re.compile(r"  # .*$", re.MULTILINE)  # the formula of a line, which stands above on the page
_GIVEN = re.compile(r"(?:given|values)(?:\.get\(|\[)\"(\w+)\"[\])]")
_READ = re.compile(r"    (\w+) = \1")


def listing(d: Derivation, target: str) -> str:
    """Write the forward and the backward pass for "numpy" or "torch", in ASCII."""
    source = Source(d, TARGETS[target])
    found = [_function(_without_loss(forward(source)) if source.optional else forward(source))]
    return "\n\n\n".join([*found, *([_function(backward(source))] if d.model.has_loss else [])])


def _without_loss(text: str) -> str:
    """A forward pass without the value of an abstract loss, of which only the derivative is given."""
    lines = text.splitlines()
    at = next(n for n, line in enumerate(lines) if line.endswith("is not None:"))
    end = next(n for n, line in enumerate(lines) if n > at and not line.startswith(" " * 8))
    kept = [*lines[:at], *lines[end:]]
    return "\n".join(line for line in kept if "given.get(" not in line)


def _function(text: str) -> str:
    """A pass whose arrays are its arguments."""
    head, *lines = _SAYS.sub("", text).strip("\n").splitlines()
    used = dict.fromkeys(name for line in lines for name in _GIVEN.findall(line))
    body = [_GIVEN.sub(r"\1", line) for line in lines]
    if body[-1].strip() == "return values" and body[-2].lstrip().startswith("values = {"):
        body[-2:] = [body[-2].replace("values =", "return", 1)]
    name = head.removeprefix("def _").partition("(")[0]
    return "\n".join(
        [f"def {name}({', '.join(used)}):", *(line for line in body if line.strip() and not _READ.fullmatch(line))]
    )
