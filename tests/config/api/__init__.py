"""Tests of the API base."""
