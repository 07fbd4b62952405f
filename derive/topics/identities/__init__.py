"""Pairs of nodes that are shown to be the same."""
