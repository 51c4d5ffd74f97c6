"""The verbs behind ./dev. One file per group of verbs; standard library only; Python 3.11."""
