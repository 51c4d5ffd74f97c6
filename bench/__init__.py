"""Measurements. One file a benchmark, each with main(argv): ./dev bench NAME."""
