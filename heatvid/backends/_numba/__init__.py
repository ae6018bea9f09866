"""The numba backend: the reference in compiled kernels for the CPU."""
