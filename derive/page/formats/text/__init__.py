"""Plain text with Unicode mathematics, for a terminal or an e-mail."""

from derive.page.formats.text.writer import render as render
