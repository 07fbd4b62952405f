"""Mathematics as LaTeX and as plain text: one printer, two alphabets."""
