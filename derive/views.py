"""The views of a solution: a sheet in every format, code, a picture of the graph, plots."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from sympy import Symbol

from derive.chain.closed_forms.recursion import ClosedForm
from derive.chain.closed_forms.values import Solved
from derive.chain.derivation import Derivation, Step
from derive.display import shown
from derive.topics.matrix_form.forms import Forms

if TYPE_CHECKING:
    from derive.check.report import Report
    from derive.code.signature import Signature
    from derive.page.pictures.picture import GraphPicture
    from derive.page.plots.plot import Plot
    from derive.topics.expectation.argument import Expected
    from derive.topics.stability.conditions import Analysis


class Views:
    """What a solution is shown as. Every sheet is checked first, unless `check` is False."""

    derivation: Derivation
    sizes: dict[str, int]
    if TYPE_CHECKING:  # what a solution has

        @property
        def steps(self) -> tuple[Step, ...]: ...
        @property
        def closed_forms(self) -> tuple[ClosedForm, ...]: ...
        @property
        def values(self) -> tuple[Solved, ...]: ...
        @property
        def analyses(self) -> tuple[Analysis, ...]: ...
        @property
        def matrices(self) -> Forms: ...
        @property
        def expectations(self) -> tuple[Expected, ...]: ...
        @property
        def _chosen(self) -> dict[Symbol, int]: ...
        def verify(self) -> Report: ...

    def to_latex(self, lang: str = "en", check: bool = True, detail: str = "brief") -> str:
        """The sheet as a complete LaTeX document. Errors: VerificationError if a line fails its check."""
        return self.to("tex", lang, check, detail)

    def to_pdf(self, path: str | PathLike[str], lang: str = "en", check: bool = True, detail: str = "brief") -> None:
        """Write the sheet as PDF. Errors: UsageError if no TeX can set the page or `path` cannot be written."""
        from derive.page.typesetting.files import write

        write(self.to("pdf", lang, check, detail), path)

    def to_text(self, lang: str = "en", check: bool = True, detail: str = "brief") -> str:
        """The sheet as plain Unicode text."""
        return self.to("text", lang, check, detail)

    def to_html(self, lang: str = "en", check: bool = True, detail: str = "brief") -> str:
        """The sheet as one HTML file that needs no network; it holds both languages and details, opened in these."""
        return self.to("html", lang, check, detail)

    def to_markdown(self, lang: str = "en", check: bool = True, detail: str = "brief") -> str:
        """The sheet as Markdown with formulas in dollars."""
        return self.to("markdown", lang, check, detail)

    def to_json(self, lang: str = "en", check: bool = True, detail: str = "brief") -> str:
        """The sheet as JSON: nodes, steps, gradients, conditions, verification."""
        return self.to("json", lang, check, detail)

    def to_code(self, target: str = "numpy", signature: Signature | None = None) -> str:
        """A Python module with forward and backward, for "numpy" or "torch"; with a signature also that function.

        Errors: UsageError for another target.
        """
        from derive.code.module import code

        return code(self.derivation, target, signature)

    def picture(self, operations: Sequence[str] | None = None) -> GraphPicture:
        """The computational graph as a picture; with `operations` such as ["dot", "add", "max"], written in these.

        A notebook shows it; `svg(lang)`, `tikz(lang)`. Errors: ModelError, UsageError for an operation that is missing.
        """
        from derive.page.pictures.picture import GraphPicture

        if operations is None:
            return GraphPicture(self.derivation, self._chosen)
        from derive.topics.primitives.program import rewritten

        return GraphPicture(rewritten(self.derivation, operations).derivation, self._chosen, values=True)

    def plot(self, what: str = "norms") -> Plot:
        """ "norms" of adjoints against distance, or "regions" of parameters; `save(file)`, and a notebook shows it.

        Errors: UsageError where nothing is claimed about a recurrence, or without matplotlib.
        """
        from derive.topics.stability.plots.plots import plot

        return plot(self.derivation, self.analyses, what)

    def to(self, format: str, lang: str = "en", check: bool = True, detail: str = "brief") -> Any:
        """The sheet in the format of that name: a string, or the bytes of a format such as "pdf".

        Errors: VerificationError if a line fails its check, UsageError for an unknown format, language or detail.
        """
        from derive.sheet.part import Part
        from derive.sheet.render import render

        report = self.verify() if check else None
        if report is not None:
            report.require()
        part = Part(
            self.derivation,
            self.steps,
            self.sizes,
            report,
            closed=self.closed_forms,
            values=self.values,
            analyses=self.analyses,
            matrices=self.matrices,
            expectations=self.expectations,
        )
        return render([part], format, lang, detail)

    def _repr_markdown_(self) -> str:
        return shown(self)
