"""Views of a derivation: the document, and one file for each format."""
