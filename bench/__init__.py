"""Measurements. One file per benchmark, each with main(argv): ./dev bench NAME."""
