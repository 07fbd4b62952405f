"""What follows from a recurrence: the Jacobian of one step, bounds of it, and when gradients explode or vanish."""
