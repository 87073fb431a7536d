"""What function models do when something happens elsewhere."""

from function_models.services.references import heal_references
from node_links.events.appearing import heal_when_it_appears

heal_when_it_appears("function_model_references", heal_references)
