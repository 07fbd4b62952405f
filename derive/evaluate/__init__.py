"""Numbers for expressions: one compiler, several array libraries."""
