"""How apps add kinds of steps, and things that run: what stands between them and the engine.

The engine knows plans and kinds of steps, nothing of features. An app's `steps.py` says which kinds
it adds; its `runnables` say how an entity of it becomes a run. Both join in `AppConfig.ready()`.
"""
