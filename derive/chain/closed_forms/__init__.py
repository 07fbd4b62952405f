"""Recursions in time, solved and proved by induction."""
