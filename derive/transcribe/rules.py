"""What each kind of node means: the rule by which a formula reads it."""

from __future__ import annotations

from derive.read.tree import (
    Added,
    Bars,
    Big,
    Bracketed,
    Call,
    Fraction,
    Multiplied,
    Number,
    Root,
    Rows,
    Scripted,
    Symbol,
)
from derive.transcribe.applied import call_of
from derive.transcribe.formulas import Rule
from derive.transcribe.products import multiplied_of
from derive.transcribe.structures import big_of, rows_of
from derive.transcribe.terms import added_of, bars_of, bracketed_of, fraction_of, name_of, number_of, root_of

RULES: dict[type, Rule] = {
    Number: number_of,
    Symbol: name_of,
    Scripted: name_of,
    Added: added_of,
    Multiplied: multiplied_of,
    Fraction: fraction_of,
    Root: root_of,
    Bars: bars_of,
    Bracketed: bracketed_of,
    Call: call_of,
    Big: big_of,
    Rows: rows_of,
}
