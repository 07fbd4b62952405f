"""How often `derive grade` is right, on answers whose truth torch has told: the figures of docs/grading.md.

    python tests/grade_figures.py                    # goes on where it stopped; two processes
    python tests/grade_figures.py mlp lstm           # of some problems
    python tests/grade_figures.py --report           # only prints what has been measured so far

Right answers and wrong ones stand in tests/answers; mutants are further single edits of right ones, kept where
torch has an opinion. A derivation is three right lines of a problem with one of them made wrong, or none: the
first wrong line has to be found, and a right derivation has to be called right. F1 is the harmonic mean of these
two shares, as the benchmarks of step graders have it (ProcessBench, https://arxiv.org/abs/2412.06559).

Each verdict is written down as soon as it is there, one file for each problem and commit, so that a run can be
stopped and taken up again; a problem that takes longer than `--limit` seconds is left with what it has, and said to be
unfinished.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from grade_answers import NAMES, derivations, edited, first_wrong, lines, verdict

END = {"kind": "end"}
Row = dict[str, Any]


def commit() -> str:
    """The commit that is measured, with a plus where files differ from it."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"], capture_output=True, text=True, cwd=Path(__file__).parent
    )
    return told.stdout.strip() or "unknown"


def measured(name: str, known: dict[str, Row]) -> Iterator[Row]:
    """A row for each answer of a problem that is not known yet: what it is, and what it was called."""
    cases = [("right", x, True) for x in lines("right", name)] + [("wrong", x, False) for x in lines("wrong", name)]
    mutants = (("mutant", text, truth) for text, truth in edited(name))
    for kind, text, truth in (case for some in (cases, mutants) for case in some):
        if text not in known:
            start = time.process_time()
            told = verdict(name, text)
            yield {"kind": kind, "truth": truth, "told": told, "seconds": time.process_time() - start, "text": text}
    for text, place in derivations(name):
        if text not in known:
            yield {"kind": "derivation", "truth": place, "told": first_wrong(name, text), "text": text}
    yield END


def held(path: Path) -> list[Row]:
    """The rows that were measured before."""
    return [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def measure(name: str, path: Path) -> None:
    """Measure what is missing of one problem."""
    known = {row.get("text", ""): row for row in held(path)}
    with path.open("a", encoding="utf-8") as file:
        for row in measured(name, known):
            print(json.dumps(row, ensure_ascii=False), file=file, flush=True)


def started(name: str, path: Path, limit: float) -> None:
    """Measure one problem in a process of its own, for so many seconds at most."""
    if END in held(path):
        return
    here = [sys.executable, __file__, "--one", name, "--into", str(path.parent)]
    try:
        status = subprocess.run(here, timeout=limit, capture_output=True, text=True)
        said = "done" if status.returncode == 0 else status.stderr.strip().splitlines()[-1]
    except subprocess.TimeoutExpired:
        said = f"stopped after {limit:.0f} s"
    print(f"{name:26} {len(held(path)):4} {said}", flush=True)


# what is told
def counted(rows: Iterable[Row]) -> Counter[tuple[str, str]]:
    """How many of each kind got each verdict."""
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row["kind"] == "derivation":
            found[
                "derivation, " + ("right" if row["truth"] is None else "wrong"), "missed" if misjudged(row) else "found"
            ] += 1
        else:
            found[f"{row['kind']}, {'right' if row['truth'] else 'wrong'}", row["told"]] += 1
    return found


def misjudged(row: Row) -> bool:
    """Whether a verdict is the opposite of the truth; of answers that were written by hand, whether it is none."""
    if row["kind"] == "derivation":
        return bool(row["truth"] != row["told"])
    return row["told"] == ("wrong" if row["truth"] else "right") or (row["kind"] == "right" and row["told"] != "right")


def f1(found: Counter[tuple[str, str]]) -> float:
    """The harmonic mean of two shares: first wrong lines that are found, and right derivations called right."""
    shares = []
    for kind in ("derivation, wrong", "derivation, right"):
        of = found[kind, "found"] + found[kind, "missed"]
        shares.append(found[kind, "found"] / of if of else 0.0)
    return 2 * shares[0] * shares[1] / (shares[0] + shares[1]) if any(shares) else 0.0


def report(names: Iterable[str], into: Path) -> None:
    """Print the figures, the misjudged, and what was not measured to its end."""
    rows = {name: held(into / f"{name}.jsonl") for name in names}
    told = [(name, row) for name, some in rows.items() for row in some if row != END]
    found = counted(row for _, row in told)
    print(f"commit {into.name}")
    for (kind, verdict_), count in sorted(found.items()):
        print(f"{kind:22} {verdict_:12} {count}")
    slowest = max((row.get("seconds", 0.0) for _, row in told), default=0.0)
    print(f"F1 {f1(found):.3f}; the slowest answer took {slowest:.1f} s")
    for name, row in told:
        if misjudged(row):
            print(name, row["kind"], row["truth"], row["told"], repr(row["text"]), sep="\t")
    unfinished = [f"{name} ({len(some)})" for name, some in rows.items() if END not in some]
    print(f"finished: {len(rows) - len(unfinished)} of {len(rows)}; not finished:", ", ".join(unfinished) or "none")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--into", type=Path, default=Path(tempfile.gettempdir()) / "grade_figures" / commit())
    parser.add_argument("--limit", type=float, default=600)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--one", default="")
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    if options.one:
        measure(options.one, options.into / f"{options.one}.jsonl")
        return
    names = options.names or NAMES
    if not options.report:
        with ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(lambda name: started(name, options.into / f"{name}.jsonl", options.limit), names))
    report(names, options.into)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
