"""
What runs inside Redis: one script an operation, with Redis's own clock.

Each does what its twin in Python does (`_buckets`, `_circuits`, `_slots`, `policies._budget`); one
suite of tests holds for both. Every script names its keys, so that a cluster can place it.
"""

from __future__ import annotations

from typing import Final

_NOW: Final = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local function text(number) return string.format('%.6f', number) end
local function keep(key, seconds) redis.call('PEXPIRE', key, math.ceil(seconds * 1000)) end
"""

# A missing key is a full bucket.
BUDGET: Final = """
local capacity, change = tonumber(ARGV[1]), tonumber(ARGV[2])
local left = tonumber(redis.call('GET', KEYS[1]) or capacity)
if left + change < 0 then return {0, tostring(left)} end
left = left + change
if left >= capacity then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], left, 'EX', 86400) end
return {1, tostring(left)}
"""

# KEYS: the state of the circuit, its calls by slot. A probe whose process has vanished is
# forgotten when the time for which the circuit is open has passed once more.
CIRCUIT_ENTER: Final = (
    _NOW
    + """
local open_for = tonumber(ARGV[1])
local said = redis.call('HMGET', KEYS[1], 'state', 'epoch', 'until', 'probing')
local state, epoch = said[1] or 'closed', tonumber(said[2] or 0)
if state == 'closed' then return {1, epoch, '0', 0, ''} end
local ends, probing = tonumber(said[3] or 0), tonumber(said[4] or 0)
if now < ends then return {0, epoch, text(ends - now), 0, ''} end
if now < probing then return {0, epoch, text(open_for), 0, ''} end
redis.call('HSET', KEYS[1], 'state', 'half-open', 'probing', text(now + open_for))
keep(KEYS[1], open_for + 3600)
return {1, epoch, '0', 1, state == 'half-open' and '' or state}
"""
)

CIRCUIT_LEAVE: Final = (
    _NOW
    + """
local rate, least, step = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local slots, open_for = tonumber(ARGV[4]), tonumber(ARGV[5])
local began, probe, failed = tonumber(ARGV[6]), ARGV[7] == '1', ARGV[8] == '1'
local said = redis.call('HMGET', KEYS[1], 'state', 'epoch')
local state, epoch = said[1] or 'closed', tonumber(said[2] or 0)
local function become(new, ends)
  redis.call('HSET', KEYS[1], 'state', new, 'epoch', epoch + 1, 'until', text(ends), 'probing', 0)
  redis.call('DEL', KEYS[2])
  keep(KEYS[1], open_for + 3600)
  return {state, new}
end
if began ~= epoch then return {} end
if probe then
  if failed then return become('open', now + open_for) end
  return become('closed', 0)
end
if state ~= 'closed' then return {} end
local slot = math.floor(now / step)
redis.call('HINCRBY', KEYS[2], slot .. ':all', 1)
if failed then redis.call('HINCRBY', KEYS[2], slot .. ':bad', 1) end
keep(KEYS[2], step * slots * 2)
if not failed then return {} end
local all, bad = 0, 0
local counts = redis.call('HGETALL', KEYS[2])
for i = 1, #counts, 2 do
  local at, kind = string.match(counts[i], '(%d+):(%a+)')
  if tonumber(at) <= slot - slots then redis.call('HDEL', KEYS[2], counts[i])
  elseif kind == 'all' then all = all + tonumber(counts[i + 1])
  else bad = bad + tonumber(counts[i + 1]) end
end
if all >= least and bad >= rate * all then return become('open', now + open_for) end
return {}
"""
)

# KEYS: the leases by when they end, and the limit. ARGV after the fourth: leases given back.
SLOTS_ENTER: Final = (
    _NOW
    + """
local id, lasts, initial = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
for i = 4, #ARGV do redis.call('ZREM', KEYS[1], ARGV[i]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now))
local said = redis.call('HMGET', KEYS[2], 'limit', 'epoch')
local limit, epoch = tonumber(said[1] or initial), tonumber(said[2] or 0)
if redis.call('ZCARD', KEYS[1]) >= math.floor(limit) then return {0, epoch, tostring(limit)} end
redis.call('ZADD', KEYS[1], text(now + lasts), id)
keep(KEYS[1], lasts + 1)
return {1, epoch, tostring(limit)}
"""
)

SLOTS_LEAVE: Final = """
local id, verdict, began = ARGV[1], ARGV[2], tonumber(ARGV[3])
local initial, most, least = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local decrease = tonumber(ARGV[7])
local said = redis.call('HMGET', KEYS[2], 'limit', 'epoch', 'successes')
local before, epoch = tonumber(said[1] or initial), tonumber(said[2] or 0)
local limit, successes = before, tonumber(said[3] or 0)
local running = redis.call('ZCARD', KEYS[1])
redis.call('ZREM', KEYS[1], id)
if verdict == 'overloaded' then
  if began == epoch then
    limit, epoch, successes = math.max(least, before * decrease), epoch + 1, 0
  end
elseif verdict == 'ok' and before < most and running * 2 > before then
  successes = successes + 1
  if successes >= before then limit, successes = math.min(most, before + 1), 0 end
end
redis.call('HSET', KEYS[2], 'limit', limit, 'epoch', epoch, 'successes', successes)
redis.call('EXPIRE', KEYS[2], 86400)
return {tostring(before), tostring(limit)}
"""

# KEYS: when the buckets will be full, who waits by order of coming, what they wait for. Those who
# wait must ask again when they were told to; whoever is late by more than a quarter of a second
# has vanished, or goes to the end of the line.
RATE_TAKE: Final = (
    _NOW
    + """
local id, tokens = ARGV[1], tonumber(ARGV[2])
local request_pace, request_tolerance = tonumber(ARGV[3]), tonumber(ARGV[4])
local token_pace, token_tolerance = tonumber(ARGV[5]), tonumber(ARGV[6])
local said = redis.call('HMGET', KEYS[1], 'requests', 'tokens', 'not_before')
local requests_full = math.max(tonumber(said[1] or 0), now)
local tokens_full = math.max(tonumber(said[2] or 0), now) - tonumber(ARGV[7]) * token_pace
tokens_full = math.max(tokens_full, now)
local not_before = tonumber(said[3] or 0)
for i = 8, #ARGV do
  redis.call('ZREM', KEYS[2], ARGV[i])
  redis.call('HDEL', KEYS[3], ARGV[i])
end
local ahead, ahead_tokens, placed = 0, 0, false
for _, other in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  if other == id then placed = true break end
  local ends, cost = string.match(redis.call('HGET', KEYS[3], other) or '', '([^:]+):(.+)')
  if ends and tonumber(ends) > now then
    ahead, ahead_tokens = ahead + 1, ahead_tokens + tonumber(cost)
  else
    redis.call('ZREM', KEYS[2], other)
    redis.call('HDEL', KEYS[3], other)
  end
end
local wait, limit = not_before - now, 'retry-after'
local function ask(full, pace, tolerance, before, amount, name)
  if pace <= 0 then return end
  local other = full + before * pace + math.min(amount * pace, tolerance) - tolerance - now
  if other > wait then wait, limit = other, name end
end
ask(requests_full, request_pace, request_tolerance, ahead, 1, 'requests')
ask(tokens_full, token_pace, token_tolerance, ahead_tokens, tokens, 'tokens')
if ahead == 0 and wait < 0.000001 then
  requests_full, tokens_full = requests_full + request_pace, tokens_full + tokens * token_pace
  redis.call('ZREM', KEYS[2], id)
  redis.call('HDEL', KEYS[3], id)
  wait = 0
else
  wait = math.max(wait, 0.002)
  if not placed then
    redis.call('ZADD', KEYS[2], redis.call('HINCRBY', KEYS[1], 'served', 1), id)
  end
  redis.call('HSET', KEYS[3], id, text(now + wait + 0.25) .. ':' .. text(tokens))
  keep(KEYS[2], wait + 3600)
  keep(KEYS[3], wait + 3600)
end
redis.call('HSET', KEYS[1], 'requests', text(requests_full), 'tokens', text(tokens_full))
keep(KEYS[1], math.max(requests_full, tokens_full, not_before) - now + 3600)
return {text(wait), limit, text(now)}
"""
)

# Gives back, takes over what the server says, or stops everything for a while: seconds, or ''.
RATE_ADJUST: Final = (
    _NOW
    + """
local back_requests, back_tokens = tonumber(ARGV[1]), tonumber(ARGV[2])
local request_pace, request_tolerance = tonumber(ARGV[3]), tonumber(ARGV[4])
local token_pace, token_tolerance = tonumber(ARGV[5]), tonumber(ARGV[6])
local requests_left, tokens_left = tonumber(ARGV[7]), tonumber(ARGV[8])
local closed, pause = tonumber(ARGV[9]), tonumber(ARGV[10])
local said = redis.call('HMGET', KEYS[1], 'requests', 'tokens', 'not_before')
local requests_full = math.max(tonumber(said[1] or 0), now) - back_requests * request_pace
local tokens_full = math.max(tonumber(said[2] or 0), now) - back_tokens * token_pace
local not_before = tonumber(said[3] or 0)
if closed then not_before = math.max(not_before, now + closed) end
if requests_left then
  requests_full = math.max(requests_full, now + request_tolerance - requests_left * request_pace)
end
if tokens_left then
  tokens_full = math.max(tokens_full, now + token_tolerance - tokens_left * token_pace)
end
if pause then
  local ends = now + pause
  not_before = math.max(not_before, ends)
  if request_pace > 0 then
    requests_full = math.max(requests_full, ends + request_tolerance - request_pace)
  elseif token_pace > 0 then
    tokens_full = math.max(tokens_full, ends + token_tolerance)
  end
end
redis.call('HSET', KEYS[1], 'requests', text(requests_full), 'tokens', text(tokens_full),
  'not_before', text(not_before))
keep(KEYS[1], math.max(requests_full, tokens_full, not_before) - now + 3600)
return 1
"""
)
