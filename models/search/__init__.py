"""Searches: networks for a task and a device, found, trained, measured."""
