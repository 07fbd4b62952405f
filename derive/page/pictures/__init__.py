"""Pictures of computational graphs: what is drawn, where it goes (layout), how it is written (svg, tikz)."""
