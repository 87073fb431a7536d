"""Pictures of runs, as SVG documents: when each step ran, and how far the run came.

    rows of the run -> TimedRun -> lanes on a scale of time -> template        (timeline)
    plan, or a feature's own drawing -> boxes with the state of each step     (path)

Nothing here reads the database.
"""
