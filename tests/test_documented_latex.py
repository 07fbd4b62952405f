"""Each example of docs/latex.md is read as the line below it says, or refused with its words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_latex_kinds import taken

from derive.errors import ReadError
from derive.transcribe.model import pasted

DOCUMENT = (Path(__file__).parent.parent / "docs" / "latex.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```latex\n(.*?)```\n(Refused: )?`([^`]*)`", DOCUMENT, re.S)


def test_no_example_is_without_its_line() -> None:
    assert len(EXAMPLES) == DOCUMENT.count("```latex") > 10


@pytest.mark.parametrize(("text", "refused", "said"), EXAMPLES, ids=[text[:40] for text, _, _ in EXAMPLES])
def test_an_example_is_read_as_the_document_says(text: str, refused: str, said: str) -> None:
    if refused:
        with pytest.raises(ReadError, match=re.escape(said)):
            pasted(text)
    else:
        assert taken(text) == said
