-- Reserve amounts in several windows for several requests, in turn, for each in all windows or none;
-- and for those that pass, look for a kept answer, or take the right to ask for it.
--
-- A window is a row of buckets, a little finer than the limit needs: what was admitted counts until
-- its whole bucket is older than the window, so that no window of that length ever holds more than
-- the limit. `t` is the sum of all buckets and `h` the oldest of them.
--
-- Time is not the server's, whose clock may jump: each process tells how far it has come by its
-- own steady clock, counted from what it was told here before. The largest is taken.
--
-- KEYS: the clock, then each window, then for each request that looks: its answer, and the lock.
-- ARGV: time in ms, ms to keep the keys, how many windows, ms for which a lock holds; then for each
-- window the width of a bucket in ms, the number of buckets, the limit; then for each request who
-- looks, or nothing, and an amount for each window.
-- Returns {time, bucket of each window..., then for each request 0 and 0, or which window has not
-- so much left and the ms to wait, -1 for never; and what was found: the answer, 1 where the lock
-- is taken now, 0 for neither}

local now = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(ARGV[1]))
redis.call('SET', KEYS[1], string.format('%.0f', now))
local windows = tonumber(ARGV[3])
local widths, counts, limits, totals, indexes, heads, added = {}, {}, {}, {}, {}, {}, {}
local answer = {string.format('%.0f', now)}
for i = 1, windows do
  local key, width, count = KEYS[i + 1], tonumber(ARGV[i * 3 + 2]), tonumber(ARGV[i * 3 + 3])
  local index = math.floor(now / width)
  local found = redis.call('HMGET', key, 't', 'h')
  local total, head = tonumber(found[1] or '0'), tonumber(found[2] or index)
  if index - head > 2 * count then
    redis.call('DEL', key)
    total, head = 0, index
  end
  local before = head
  while head < index - count do
    local gone = redis.call('HGET', key, head)
    if gone then
      total = total - tonumber(gone)
      redis.call('HDEL', key, head)
    end
    head = head + 1
  end
  if head ~= before or not found[2] then
    redis.call('HSET', key, 't', string.format('%.0f', total), 'h', head)
  end
  widths[i], counts[i], limits[i] = width, count, tonumber(ARGV[i * 3 + 4])
  totals[i], indexes[i], heads[i], added[i] = total, index, head, 0
  answer[i + 1] = index
end

local function wait(i, amount)
  if amount > limits[i] then
    return -1
  end
  local needed, head = totals[i] + amount - limits[i], heads[i]
  while needed > 0 and head <= indexes[i] do
    needed = needed - tonumber(redis.call('HGET', KEYS[i + 1], head) or '0')
    head = head + 1
  end
  return math.max((head + counts[i]) * widths[i] - now, 1)
end

local function look(key, lock, who)
  local found = redis.call('GET', key)
  if found then
    return found
  end
  return redis.call('SET', lock, who, 'NX', 'PX', ARGV[4]) and 1 or 0
end

local looks = windows + 2
for first = windows * 3 + 5, #ARGV, windows + 1 do
  local refused, late, found = 0, 0, 0
  for i = 1, windows do
    local amount = tonumber(ARGV[first + i])
    if refused == 0 and amount > 0 and totals[i] + amount > limits[i] then
      refused, late = i, wait(i, amount)
    end
  end
  for i = 1, windows do
    local amount = tonumber(ARGV[first + i])
    if refused == 0 and amount > 0 then
      totals[i], added[i] = totals[i] + amount, added[i] + amount
    end
  end
  if ARGV[first] ~= '' then
    if refused == 0 then
      found = look(KEYS[looks], KEYS[looks + 1], ARGV[first])
    end
    looks = looks + 2
  end
  local last = #answer
  answer[last + 1], answer[last + 2], answer[last + 3] = refused, late, found
end
for i = 1, windows do
  if added[i] > 0 then
    redis.call('HINCRBY', KEYS[i + 1], indexes[i], string.format('%.0f', added[i]))
    redis.call('HINCRBY', KEYS[i + 1], 't', string.format('%.0f', added[i]))
  end
  redis.call('PEXPIRE', KEYS[i + 1], ARGV[2])
end
return answer
