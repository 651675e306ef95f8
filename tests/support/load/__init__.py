"""Load on a server that runs, faults under it, and what it costs."""
