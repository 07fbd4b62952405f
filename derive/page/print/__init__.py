"""Mathematics as text. Importing the modules named here fills the table of printers, `printer.write`."""

from derive.page.print import derivatives as derivatives
from derive.page.print import functions as functions
from derive.page.print import matrices as matrices
from derive.page.print import names as names
from derive.page.print import norms as norms
from derive.page.print import shapes as shapes
from derive.page.print import sums as sums
from derive.page.print import words as words
