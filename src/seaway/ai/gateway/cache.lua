-- The kept answer, or the right to ask for it.
--
-- KEYS: the answer, its lock. ARGV: who would ask, ms for which the lock holds.
-- Returns the answer; else 1 where the lock is taken now, and 0 where another has it.

local found = redis.call('GET', KEYS[1])
if found then
  return found
end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return 1
end
return 0
