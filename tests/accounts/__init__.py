"""Tests of accounts: who signs in, what they may do, and the wall between organisations."""
