"""The rewritten model against the original, and what is kept against what torch saves."""
