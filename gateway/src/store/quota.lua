-- One account of a day's or a month's quota. Which day or month it is, this server's clock says (UTC).
-- KEYS[1] a hash: `number` of the period; `sum` of what the gateways say they took; for each gateway `sequence taken run`;
-- `run`: this server's, since it was started or took over; what it knows of before may be older than what gateways know;
-- `known` and `since`: what somebody remembered of all when this server did not, and what was taken since then.
-- Returns how many units may be spent, what all took, which period it is, and for how many seconds; nothing where
-- something later was said already.
local gateway, sequence = 'g:' .. ARGV[1], tonumber(ARGV[2])
local need, want = tonumber(ARGV[3]), tonumber(ARGV[4])
local period, limit = ARGV[5], tonumber(ARGV[6])
local number, taken = tonumber(ARGV[7]), tonumber(ARGV[8])
local unsaid, known = tonumber(ARGV[9]), tonumber(ARGV[10])
local gateways = tonumber(ARGV[11])

local seconds = tonumber(redis.call('TIME')[1])
local day = math.floor(seconds / 86400)
local present, ends = day, (day + 1) * 86400
if period == 'month' then
  local function days_of(year, month)
    if month == 2 then
      local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
      return leap and 29 or 28
    end
    return (month == 4 or month == 6 or month == 9 or month == 11) and 30 or 31
  end
  local year, month, rest = 1970, 1, day
  while rest >= days_of(year, month) do
    rest = rest - days_of(year, month)
    month = month + 1
    if month > 12 then
      year, month = year + 1, 1
    end
  end
  present, ends = year * 12 + month - 1, (day - rest + days_of(year, month)) * 86400
end

local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or ''
local stored = redis.call('HMGET', KEYS[1], 'number', 'sum', 'known', 'since', gateway, 'run')
if stored[1] and tonumber(stored[1]) ~= present then
  redis.call('DEL', KEYS[1])
  stored = {}
end
local sum, remembered, since = tonumber(stored[2]) or 0, tonumber(stored[3]) or 0, tonumber(stored[4]) or 0
if stored[6] ~= run then
  -- What gateways remember is compared with what was known until now, and what is taken from now on added to either.
  remembered, since = math.max(sum, remembered + since, 0), 0
end

local mine = 0
if number >= present then
  mine = taken
  if stored[5] then
    local heard, before, heard_in = string.match(stored[5], '^(%d+) (%d+) (%w*)$')
    if sequence <= tonumber(heard) then
      return {}
    end
    sum = sum + taken - tonumber(before)
    if heard_in == run then
      since = since + taken - tonumber(before)
    else
      -- Heard by an earlier run: what it said since is in what somebody remembers.
      since, remembered = since + unsaid, math.max(remembered, known)
    end
  else
    -- New here, or this server has forgotten it: then it remembers what it was told of all.
    sum, since = sum + taken, since + unsaid
    remembered = math.max(remembered, known)
  end
elseif stored[5] then
  -- It speaks of a period that is over, after it was heard in this one: that was sent long ago.
  return {}
end

local total = math.max(sum, remembered + since, 0)
local left, granted = limit - total, 0
if want > 0 and left >= need then
  -- The nearer the end, the smaller the leases, lest the last units lie where nobody asks for them.
  granted = math.min(want, math.max(need, math.floor(left / (2 * gateways))))
  mine, sum, since, total = mine + granted, sum + granted, since + granted, total + granted
end

redis.call('HSET', KEYS[1], 'number', present, 'sum', sum, 'known', remembered, 'since', since, 'run', run)
-- It stays until the period ends, also of gateways that ended: what they say last may be said twice.
redis.call('HSET', KEYS[1], gateway, string.format('%d %d %s', sequence, mine, run))
redis.call('EXPIREAT', KEYS[1], ends + 3600)
return { granted, total, present, ends - seconds }
