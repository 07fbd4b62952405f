"""Limits of values in closed form, towards infinity or zero."""
