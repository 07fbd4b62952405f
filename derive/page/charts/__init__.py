"""Charts: curves on logarithmic axes with labelled points, drawn by the page itself, so that they need no library."""
