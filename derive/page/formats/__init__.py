"""The formats of a page: each writes the blocks of a sheet as one string, or as bytes."""
