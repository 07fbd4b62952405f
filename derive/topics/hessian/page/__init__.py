"""Second derivatives on the page."""
