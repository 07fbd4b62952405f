"""Count what of torch's lists and of the Matrix Cookbook can be written, into `docs/coverage.md`: make coverage."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from coverage_of_torch.page import report
from coverage_of_torch.tried import tried

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"


def main(argv: Sequence[str]) -> int:
    """Try the rows named, or all; with all the page is written. The exit status is 1 where a row with a model fails."""
    found = tried(argv)
    for s, done in found.items():
        for r in done:
            if r.failure and (argv or not r.row.why):
                print(f"{r.row.name}: {r.failure}")
        good = [r for r in done if not r.failure]
        print(f"{s.title}: {len(good)} of {len(done)}, {sum(not r.row.form for r in good)} by their own definition")
    if not argv:
        PAGE.write_text("\n".join(line.rstrip() for line in report(found)) + "\n", encoding="utf-8")
    return int(any(r.failure and not r.row.why for done in found.values() for r in done))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
