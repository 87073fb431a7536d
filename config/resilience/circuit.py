"""The shared state of one circuit, as the storage of one pybreaker call.

pybreaker's own `CircuitRedisStorage` reads the state and then, in further commands, counts and
switches, so that between processes a count can be lost, and in half-open every process lets its own
call through. Here each decision is one Lua script on the server, timed by the server's clock:

    enter   -> closed (go on), half-open (you hold the one trial), open (refused, seconds left)
    fail    -> counts; opens at the limit; a failed trial opens again
    succeed -> zeroes the count; a trial that succeeds closes

One hash holds `failures`, `until` (refuse until, ms), `trial` (token) and `trial_until`. A trial is
given up after `TRIAL_SECONDS`: its holder may have been killed.
"""

import secrets
from datetime import datetime
from typing import Any

from pybreaker import STATE_CLOSED, STATE_HALF_OPEN, CircuitBreakerStorage
from redis import Redis

from config import valkey
from config.exceptions import ExternalServiceException
from config.resilience.transient import is_transient

TRIAL_SECONDS = 120
FORGET_SECONDS = 24 * 3600

_NOW = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local key = KEYS[1]
"""
ENTER = (
    _NOW
    + """
local s = redis.call('HMGET', key, 'until', 'trial_until')
if not s[1] then return {'closed', 0} end
local left = math.max(s[1] - now, s[2] and (s[2] - now) or 0)
if left > 0 then return {'open', left} end
redis.call('HSET', key, 'trial', ARGV[1], 'trial_until', now + ARGV[2])
return {'half-open', 0}
"""
)
FAIL = (
    _NOW
    + """
local trial = redis.call('HGET', key, 'trial')
if redis.call('HEXISTS', key, 'until') == 1 then
  if trial ~= ARGV[1] then return 0 end
  redis.call('HDEL', key, 'trial', 'trial_until')
  redis.call('HSET', key, 'until', now + ARGV[3])
  return tonumber(ARGV[2])
end
local failures = redis.call('HINCRBY', key, 'failures', 1)
if failures >= tonumber(ARGV[2]) then redis.call('HSET', key, 'until', now + ARGV[3]) end
redis.call('EXPIRE', key, ARGV[4])
return failures
"""
)
SUCCEED = """
local key = KEYS[1]
local s = redis.call('HMGET', key, 'until', 'trial')
if not s[1] or s[2] == ARGV[1] then redis.call('DEL', key) end
return 1
"""
RELEASE = """
local key = KEYS[1]
if redis.call('HGET', key, 'trial') == ARGV[1] then
  redis.call('HDEL', key, 'trial', 'trial_until')
end
return 1
"""


class SharedCircuit(CircuitBreakerStorage):
    """The state of a circuit as seen by one call. Unreachable state counts as closed.

    `state` is decided once, on entry; pybreaker's later look-ups see that decision, and its writes
    become the scripts above. `seconds_left` says how long a refused call has to wait.
    """

    def __init__(self, name: str, *, failures: int, seconds: float) -> None:
        super().__init__(name)
        self._key = f"nodeloom:circuit:{name}"
        self._token = secrets.token_hex(8)
        self._limit = failures
        self._open_ms = round(seconds * 1000)
        self._counted = 0
        self._excused = False
        self._unrelated = False
        self.seconds_left = 0.0
        self._state = self._enter()

    def _run(self, script: str, *args: Any, otherwise: Any = 0) -> Any:
        def question(client: Redis) -> Any:
            return client.eval(script, 1, self._key, *args)

        return valkey.ask(question, otherwise)

    def _enter(self) -> str:
        state, left = self._run(ENTER, self._token, TRIAL_SECONDS * 1000, otherwise=(b"closed", 0))
        self.seconds_left = left / 1000
        return bytes(state).decode()

    @property
    def state(self) -> str:
        """closed, half-open (this call holds the trial) or open."""
        return self._state

    @state.setter
    def state(self, state: str) -> None:
        if state == STATE_CLOSED and self._state == STATE_HALF_OPEN:
            self._run(RELEASE if self._unrelated else SUCCEED, self._token)
            self._excused = True  # the count is zeroed; pybreaker asks for it once more
        self._state = state

    def excuses(self, error: BaseException) -> bool:
        """Return whether `error` says nothing against the service: callers' own errors, our bugs.

        An outside 4xx during the trial is still an answer, hence closes; an error that never
        reached the service gives the trial back.
        """
        if is_transient(error):
            return False
        self._unrelated = not isinstance(error, ExternalServiceException)
        self._excused = True
        return True

    def increment_counter(self) -> None:
        """Count one failure; opens the circuit at the limit, and after a failed trial."""
        self._counted = self._run(
            FAIL, self._token, self._limit, self._open_ms, FORGET_SECONDS + self._open_ms // 1000
        )

    def reset_counter(self) -> None:
        """Zero the count after a success. Excused errors leave it as it is."""
        if self._state == STATE_CLOSED and not self._excused:
            self._run(SUCCEED, self._token)

    @property
    def counter(self) -> int:
        """Consecutive failures after the one just counted."""
        return int(self._counted)

    @property
    def success_counter(self) -> int:
        """One success is enough to close."""
        return 1

    @property
    def opened_at(self) -> datetime | None:
        """Not kept: the server's clock decides, on entry."""
        return None

    @opened_at.setter
    def opened_at(self, moment: datetime) -> None:
        """Nothing to do: the FAIL script has set when the circuit may be tried again."""
