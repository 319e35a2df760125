"""Campaigns: many measurements, resumable after anything, that share the machine with others (docs/campaigns.md)."""
