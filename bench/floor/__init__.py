"""Lower bounds: the least that the same work costs, measured in the same run."""
