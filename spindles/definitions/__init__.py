"""What a spindle is made of: steps, drawn or listed, what goes in and what comes out. Pure.

A drawing and a list of steps are two views of one definition; the drawing is what is stored.
"""
