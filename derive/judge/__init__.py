"""Somebody else's formulas are judged here: each claim in values, against the checked derivation of a model."""
