"""Expectations against weighted sums over all outcomes."""
