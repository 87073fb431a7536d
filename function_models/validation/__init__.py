"""What a drawing that may be saved can still be wrong about: validity and readiness.

Integrity, without which nothing is saved, is `canvas.document`'s. Here every check gives findings;
those that block publication say so. Checks are independent of each other.
"""
