"""HTML: one file that needs no network, with both languages and both levels of detail inside."""

from derive.page.formats.html.page import render as render
