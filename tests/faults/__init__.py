"""The simulation's faults, and that the real office answers as its model does."""
