"""Builds firmware images for targets, and tells how large they are."""
