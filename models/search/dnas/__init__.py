"""Differentiable search of widths and depth, after MicroNets (arXiv 2010.11267, section 4)."""
