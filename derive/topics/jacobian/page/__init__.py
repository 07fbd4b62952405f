"""A Jacobian on the page."""
