"""What can be measured: the catalogue of targets and the drivers that start them."""
