"""The NumPy backend: the specification of what every other backend computes."""
