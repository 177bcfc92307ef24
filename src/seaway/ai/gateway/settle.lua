-- Correct what was reserved by what was used, in the buckets where it was reserved.
--
-- KEYS: each window. ARGV: for each its bucket, and what to add, which may be less than nothing.
-- A bucket that has left its window is left alone.

for i = 1, #KEYS do
  local bucket, amount = ARGV[i * 2 - 1], tonumber(ARGV[i * 2])
  local kept = redis.call('HGET', KEYS[i], bucket)
  if kept then
    amount = math.max(amount, -tonumber(kept))
    redis.call('HINCRBY', KEYS[i], bucket, string.format('%.0f', amount))
    redis.call('HINCRBY', KEYS[i], 't', string.format('%.0f', amount))
  end
end
return #KEYS
