"""The cache service. Everything in it can be lost at any moment, and nobody may notice.

from config.cache import MISS, cache, key

cache.get_or_set(key(organization_id, "sop", sop.id, sop.revision), load, tags=["entity:sop:1"])
"""

from config.cache.keys import key
from config.cache.service import MISS, CacheService, Miss, cache

__all__ = ["MISS", "CacheService", "Miss", "cache", "key"]
