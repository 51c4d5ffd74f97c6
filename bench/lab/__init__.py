"""What the benchmarks in the lab share."""
