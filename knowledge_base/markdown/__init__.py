"""Markdown without a database: parsing, outline, passages, links, rendering and keywords.

Import direction inside: parser <- headings, links, blocks, passages <- document <- rendering.
"""
