"""The CUDA backend: fused kernels, arrays on the device, and the ring between it and the host."""
