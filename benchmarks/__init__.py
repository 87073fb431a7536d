"""Figures of the running platform, each measured beside a floor or a peer in the same run."""
