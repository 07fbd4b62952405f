"""The colours and shapes of the kinds, for light and dark paper: told apart by shape too, and readable (WCAG AA).

Each kind has a line and a filling; in the dark the filling is dark and the line light.
"""

from __future__ import annotations

LIGHT = {
    "paper": "#ffffff", "ink": "#1f2933", "soft": "#52606d", "back": "#b3261e",
    "parameter": "#8a4b08", "input": "#1d5a9e", "target": "#1f6b3a", "constant": "#616e7c", "random": "#0b6b6b",
    "node": "#1f2933",
    "loss": "#8e1b4f", "kept": "#6a35b0", "value": "#0a6e31",
}  # fmt: skip
FILLED = {
    "parameter": "#fdf0dc", "input": "#e3effb", "target": "#e2f4e7", "constant": "#eef1f4", "random": "#ddf3f1",
    "node": "#ffffff",
    "loss": "#fbe4ee",
}  # fmt: skip
DARK = {
    "paper": "#14181d", "ink": "#e4e7eb", "soft": "#9aa5b1", "back": "#ff8a80",
    "parameter": "#f2b866", "input": "#8cc2ff", "target": "#86d6a0", "constant": "#aab4bf", "random": "#7fd6cf",
    "node": "#e4e7eb",
    "loss": "#ff9cc4", "kept": "#c8a5ff", "value": "#7fdc9a",
}  # fmt: skip
DARK_FILLED = {
    "parameter": "#3a2a12", "input": "#16304d", "target": "#15351f", "constant": "#2a3138", "random": "#12383a",
    "node": "#1c2229",
    "loss": "#451a2f",
}  # fmt: skip
# Corners as a share of the height: inputs are square, parameters rounded, nodes round; targets are dashed.
ROUND = {"parameter": 0.2, "input": 0.0, "target": 0.0, "constant": 0.2, "random": 0.0, "node": 0.5, "loss": 0.5}
DASHED = {"target": "3 2", "constant": "1 2", "random": "5 1.5"}
NUMBERS = {"value": "value", "slope": "back"}  # the colours of the numbers in a box
THICK = {"loss": 2.4, "parameter": 1.2, "input": 1.2, "target": 1.2, "constant": 1.2, "random": 1.2, "node": 1.2}


def radius(kind: str, width: float, height: float) -> float:
    """The radius of the corners of a box."""
    return min(ROUND[kind] * min(width, height), 14.0)


def _variables(colours: dict[str, str], filled: dict[str, str]) -> str:
    lines = [f"--{k}:var(--derive-{k},{v})" for k, v in colours.items()]
    return ";".join([*lines, *(f"--{k}-fill:var(--derive-{k}-fill,{v})" for k, v in filled.items())])


def _kinds() -> str:
    rules = []
    for kind, thick in THICK.items():
        dash = f";stroke-dasharray:{DASHED[kind]}" if kind in DASHED else ""
        rules.append(
            f".derive-graph .{kind}{{fill:var(--{kind}-fill);stroke:var(--{kind});stroke-width:{thick}{dash}}}"
        )
    return "".join(rules)


STYLE = (
    f"<style>.derive-graph{{{_variables(LIGHT, FILLED)}}}"
    f"@media (prefers-color-scheme:dark){{.derive-graph{{{_variables(DARK, DARK_FILLED)}}}}}"
    ".derive-graph .paper{fill:var(--paper)}"
    ".derive-graph text{fill:var(--ink);text-anchor:middle}"
    ".derive-graph .formula{font-family:KaTeX_Main,'STIX Two Text','Latin Modern Roman','Times New Roman',serif}"
    ".derive-graph .word{font:11px system-ui,-apple-system,'Segoe UI','Noto Sans CJK SC',sans-serif;text-anchor:start;"
    "fill:var(--soft)}"
    ".derive-graph .partial{fill:var(--back);stroke:var(--paper);stroke-width:3px;paint-order:stroke;"
    "stroke-linejoin:round}"
    ".derive-graph .value{fill:var(--value)}.derive-graph .slope{fill:var(--back)}"
    ".derive-graph .time{fill:var(--soft)}"
    ".derive-graph .forward{fill:none;stroke:var(--ink);stroke-width:1.1}"
    ".derive-graph .backward{fill:none;stroke:var(--back);stroke-width:1.1;stroke-dasharray:4 2.4}"
    ".derive-graph .carried{stroke-width:2.2}"
    ".derive-graph .bar{fill:none;stroke:var(--soft);stroke-width:0.8}"
    ".derive-graph .head.ink{fill:var(--ink)}.derive-graph .head.back{fill:var(--back)}"
    ".derive-graph .kept{fill:var(--kept);stroke:var(--paper);stroke-width:1}"
    f"{_kinds()}</style>"
)
