"""What nothing can be better than: the least that the same work costs, measured in the same run."""
