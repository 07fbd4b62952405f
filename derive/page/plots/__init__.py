"""Plots: norms of adjoints, regions of parameters, the loss of a training. The only place that imports matplotlib."""
