"""The peer: the same table behind a plain `ModelViewSet`, with none of what the platform adds.

No authentication, no permissions, no row-level security, no entity tags, no rate limits, no events,
no index: what Django and the REST framework cost by themselves.
"""
