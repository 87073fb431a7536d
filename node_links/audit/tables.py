"""Tables of organisations that leave no audit trail, and why; every other one has a trigger."""

EXEMPT = {
    "audit_logs": "It is the trail.",
    "node_metadata": "Follows the entity; what is set on a node stands in the entity's record.",
    "node_chunks": "Derived from the entity's text.",
    "node_postings": "Derived from the entity's text.",
    "node_index_backlog": "Work that waits; it says nothing of what anybody did.",
    "node_events": "Append-only itself.",
    "node_event_sequences": "Counts the events.",
    "event_deliveries": "The course of deliveries; what an operator does to one is an event.",
    "dead_letters": "The course of deliveries; who retried or discarded one stands in the row.",
    "event_dedup_keys": "Kept for a minute, so that an event is published once.",
    "webhook_deliveries": "The course of messages, with a log of its own.",
    "notifications": "What people were told; derived from events.",
    "sagas": "The course of a saga is told by its events, what it changes by other tables.",
    "saga_steps": "The course of a saga.",
    "sop_references": "Derived from the SOP's text.",
    "plans": "What versions compile to; never changed, and only added to.",
    "link_strength_calculations": "Append-only itself; the strength it led to stands in the link.",
    "link_drifts": "Derived from the links and their targets; each change of one is an event.",
    "idempotency_keys": "Answers kept for a day for repeated requests.",
}
