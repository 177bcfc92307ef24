-- Give the lock back, and keep an answer where there is one.
--
-- KEYS: the answer, its lock. ARGV: who asked, then the answer and ms to keep it, if any.

if ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
if redis.call('GET', KEYS[2]) == ARGV[1] then
  redis.call('DEL', KEYS[2])
end
return 1
