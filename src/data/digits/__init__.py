"""The embedded digits and the script that built them, under a licence of their own.

Owns the file `mnist_5k.npz`. Leaves its reading to `src.data.datasets`.
"""
