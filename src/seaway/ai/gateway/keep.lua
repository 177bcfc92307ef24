-- Give locks back, and keep answers where there are any.
--
-- KEYS: for each the answer, its lock. ARGV: for each who asked, the answer, ms to keep it, or 0.

for i = 1, #KEYS / 2 do
  local key, lock = KEYS[i * 2 - 1], KEYS[i * 2]
  local who, answer, ms = ARGV[i * 3 - 2], ARGV[i * 3 - 1], ARGV[i * 3]
  if ms ~= '0' then
    redis.call('SET', key, answer, 'PX', ms)
  end
  if redis.call('GET', lock) == who then
    redis.call('DEL', lock)
  end
end
return #KEYS
