"""Links that runs leave behind: what they used, and what they started."""

from collections.abc import Iterable

from accounts.actors import Actor
from config.db import joined_transaction
from node_links.choices import LinkOrigin
from node_links.events.recording import record_events
from node_links.links.drafts import LinkDraft
from node_links.links.finding import find_nodes
from node_links.services.links.inserting import event_of_creation, insert_links


def record_runtime_links(*, actor: Actor, drafts: Iterable[LinkDraft]) -> int:
    """Note what a run has used (`consumes`) or started (`triggers`); return how many links are new.

    Twice the same is once: a link that is there already, whoever made it, is left as it is. What
    is not there any more cannot be linked and is left out, and so is what a run did with itself.
    The pin of a draft names the version that was used. Compatibility does not bind runs.
    """
    wanted = list({(one.source, one.target, one.link_type): one for one in drafts}.values())
    with joined_transaction():
        nodes = find_nodes(
            organization_id=actor.tenant_id,
            addresses={end for one in wanted for end in (one.source, one.target)},
        )
        known = [
            one
            for one in wanted
            if one.source in nodes and one.target in nodes and one.source != one.target
        ]
        keys = insert_links(actor=actor, drafts=known, nodes=nodes, origin=LinkOrigin.RUNTIME)
        events = [
            event_of_creation(pk, one, LinkOrigin.RUNTIME)
            for pk, one in zip(keys, known, strict=True)
            if pk is not None
        ]
        record_events(actor=actor, events=events)
    return len(events)
