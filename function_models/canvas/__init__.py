"""What is drawn in a function model: containers, the actions inside them, edges between containers.

Pure: values in, values or violations out. `document.parse_canvas` is the way in.
"""
