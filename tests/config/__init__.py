"""Tests of the platform itself."""
