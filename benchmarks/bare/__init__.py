"""The peer: the same table behind a plain `ModelViewSet`, with none of what the platform adds.

No authentication, no permissions, no row-level security, no entity tags, no rate limits, no index:
what Django and the REST framework cost by themselves. Below `recorded/` a write leaves an event and
an audit row, by two inserts in its transaction: what a plain project pays for these.
"""
