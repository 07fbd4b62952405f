"""A model written in LaTeX becomes a Graph: what is a name, what an index, what a shape, and what each thing is for."""
