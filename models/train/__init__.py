"""Training with quantisation in the loop, and exact export. PyTorch is imported here only."""
