"""What executes a model on a target, as the host sees it."""
