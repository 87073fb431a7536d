"""What must happen at once on the server, as Lua."""

STORE = """
-- KEYS: value, lock, tags…   ARGV: payload, milliseconds, token ('' = whoever computed it)
if ARGV[3] ~= '' and redis.call('GET', KEYS[2]) ~= ARGV[3] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
for i = 3, #KEYS do
  redis.call('SADD', KEYS[i], KEYS[1])
  if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', KEYS[i], ARGV[2])
  end
end
return 1
"""
"""Store a value under its tags. With a token only while the lock is still held under it: a lock is
broken by every deletion, so a value computed before an invalidation is never stored after it."""

LOCK = """
-- KEYS: lock, tags…   ARGV: token, milliseconds, value key
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
for i = 2, #KEYS do
  redis.call('SADD', KEYS[i], ARGV[3])
  if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', KEYS[i], ARGV[2])
  end
end
return 1
"""
"""Take the right to compute a value; the tags know of it from now on, and can revoke it."""

UNLOCK = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""

DROP_TAG = """
-- KEYS: tag   ARGV: prefix of locks, key that stays ('' = none)
local dropped, stays = 0, false
for _, name in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if name == ARGV[2] then
    stays = true
  else
    dropped = dropped + redis.call('DEL', name)
    redis.call('DEL', ARGV[1] .. name)
    redis.call('SREM', KEYS[1], name)
  end
end
if not stays then redis.call('DEL', KEYS[1]) end
return dropped
"""
"""Delete everything stored under a tag, revoke what is being computed, forget the tag; a key that
is to stay stays, and so does its tag."""
