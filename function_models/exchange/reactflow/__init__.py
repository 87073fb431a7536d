"""React Flow JSON `{nodes, edges, viewport}`: drawings of other tools in, ours out.

A node that is not one of ours becomes a stage, a boundary or an action, and keeps under
`data.foreign` what it was: its `type`, its `data`, and any other key that had to be changed. What
has no place in a drawing of ours stands under `foreign` of the document, each with a reason.
"""
