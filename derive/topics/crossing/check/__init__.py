"""The check of crossings."""
