"""This room puts the sections of the solution sheet in order, as blocks for a page and as data for JSON."""
