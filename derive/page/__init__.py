"""Pages: the blocks of a sheet, mathematics as text, pictures and plots, every format, and the TeX that sets a PDF."""
