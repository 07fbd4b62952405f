"""The rule of gradient descent in symbols, with the derived gradients put in."""
