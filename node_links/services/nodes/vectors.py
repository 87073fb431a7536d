"""Vectors that are given to nodes: checked, compared with what is there, stored."""

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.exceptions import ValidationFailed
from node_links.models import NodeMetadata
from node_links.search.embedders.catalogue import model_dimensions
from node_links.search.storing import hand_over
from node_links.search.vectors import NodeVector, check_vector, delete_vectors, insert_vectors
from node_links.services.nodes.addresses import EntityNode

VECTOR = ("vector_embedding", "embedding_model")


def check_given_vector(values: dict[str, Any]) -> None:
    """Refuse a vector in `values` that cannot be stored beside the model named there.

    `vector_embedding` null takes the vector away and needs no model. A vector has as many numbers
    as the vectors of its model, at most 1536. Raises `ValidationFailed`:
    `required` (one without the other), `unknown_model`, `wrong_dimensions`, `not_finite`,
    `no_direction`.
    """
    vector, model = (values.get(name) for name in VECTOR)
    if vector is None and model is None:
        return
    if vector is None:
        raise ValidationFailed.of("/vector_embedding", "required", "A model needs a vector.")
    if model is None:
        raise ValidationFailed.of("/embedding_model", "required", "Say which model made it.")
    dimensions = model_dimensions(model)
    if dimensions is None:
        raise ValidationFailed.of("/embedding_model", "unknown_model", "No such model is known.")
    check_vector(vector, dimensions=dimensions, pointer="/vector_embedding")


@dataclass(slots=True)
class Vectors:
    """The vectors of one write: those that are stored, and those that are to be."""

    present: dict[UUID, str | None] = field(default_factory=dict)
    given: dict[str, list[NodeVector]] = field(default_factory=dict)
    removed: list[NodeMetadata] = field(default_factory=list)
    nodes: dict[UUID, NodeMetadata] = field(default_factory=dict)

    @classmethod
    def of(cls, changes: Iterable[tuple[EntityNode, dict[str, Any]]]) -> "Vectors":
        """Read the present vectors of nodes that are given another one."""
        asked = [found.node.pk for found, values in changes if VECTOR[0] in values]
        if not asked:
            return cls()
        rows = NodeMetadata.objects.filter(pk__in=asked)
        return cls(
            {
                pk: None if vector is None else vector_digest(vector)
                for pk, vector in rows.values_list("pk", "vector_embedding")
            }
        )

    def change(self, node: NodeMetadata, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Return what `values` change about the node's vector, and remember it for `store`."""
        if VECTOR[0] not in values:
            return {}
        vector, model = (values.get(name) for name in VECTOR)
        digest = None if vector is None else vector_digest(vector)
        told = {
            VECTOR[0]: {"old": self.present[node.pk], "new": digest},
            VECTOR[1]: {"old": node.embedding_model or None, "new": model if vector else None},
        }
        same = all(change["old"] == change["new"] for change in told.values())
        if same and (vector is None or node.vector_given_for == node.content_hash):
            return {}
        self.nodes[node.pk] = node
        if vector is None or model is None:
            self.removed.append(node)
        else:
            self.given.setdefault(model, []).append(NodeVector(node.pk, vector))
        return told

    def store(self, *, actor: Actor) -> None:
        """Write what was remembered, and hand it to the features that keep a copy."""
        for model, vectors in self.given.items():
            insert_vectors(actor=actor, vectors=vectors, model=model)
            for one in vectors:
                node = self.nodes[one.node]
                node.embedding_model, node.dimensions = model, len(one.vector)
                node.vector_given_for = node.content_hash
        self._read_moments()
        if self.removed:
            delete_vectors(actor=actor, nodes=[node.pk for node in self.removed])
        for node in self.removed:
            node.embedding_model, node.dimensions = "", None
            node.vector_given_for = None
        if self.nodes:
            hand_over(self.nodes)

    def _read_moments(self) -> None:
        given = [one.node for vectors in self.given.values() for one in vectors]
        if given:
            rows = NodeMetadata.objects.filter(pk__in=given).values_list("pk", "updated_at")
            for pk, moment in rows:
                self.nodes[pk].updated_at = moment


def vector_digest(vector: Sequence[float]) -> str:
    """Return the digest of a vector as PostgreSQL keeps it, in single precision."""
    return digest_of(array("f", [float(number) for number in vector]).tobytes())


def digest_of(value: bytes) -> str:
    """Return the SHA-256 as events name values that are too long to be told."""
    return "sha256:" + hashlib.sha256(value).hexdigest()
