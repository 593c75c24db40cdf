"""The network: activations, losses, layers, parameters, one forward and backward pass."""
