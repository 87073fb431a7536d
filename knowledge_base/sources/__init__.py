"""Collections of Markdown files: read from a folder or an archive, turned into records and back.

Import direction inside: exceptions, limits <- paths, frontmatter, files <- navigation, collection
<- folder, archive; frontmatter, titles <- record.
"""
