"""How long the sheets are on paper: pages of A4 by Typst in brief detail, beside what a teacher would hand out.

The last page counts as far as it is filled.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from table import Row

from derive.cli.sheet import sheet

REACH = {
    ("logistic",): 1.5, ("relu-mse",): 3, ("bptt",): 3, ("bptt", "--T", "5"): 2.5, ("lstm",): 4,
    ("lstm", "--hidden", "vector"): 4, ("gru",): 4, ("softmax-ce",): 2, ("mlp",): 3, ("attention",): 3,
    ("layer-norm",): 2.5, ("batch-norm",): 3, ("adam",): 3, ("dropout",): 3,
}  # fmt: skip
END = "\n#context [#metadata((here().page(), here().position().y / page.height))<end>]\n"


def rows() -> Iterator[Row]:
    """One row for each sheet that has a reach."""
    for command, reach in REACH.items():
        yield Row(f"13 pages: {' '.join(command)}", pages(command), reach, 1.0, "pages", "exact")


def pages(command: tuple[str, ...]) -> float:
    """The pages of one sheet, of the last one the part that is filled."""
    import typst

    name, *options = command
    text = str(sheet(name, [*options, "--format", "typst"])[0]) + END
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sheet.typ"
        file.write_text(text, encoding="utf-8")
        ((page, filled),) = json.loads(typst.query(str(file), "<end>", field="value"))
    return float(page - 1 + filled)
