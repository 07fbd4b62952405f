"""What follows from a recurrence, on the page."""
