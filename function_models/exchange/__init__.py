"""Models as files: in from formats of others, out to them, and our own format both ways. Pure.

A format is an `Importer`, an `Exporter`, or both (`formats.py`); between file and database stands
the `ModelRecord`. Another format is one more module and one more line in `formats.py`.
"""
