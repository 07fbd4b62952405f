"""What of the derivatives of the Matrix Cookbook, and of sympy's tests of them, comes out: `make coverage`."""
