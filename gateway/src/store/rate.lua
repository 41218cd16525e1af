-- One account of a rate (GCRA): when everything that was taken will be paid for, by this server's clock.
-- KEYS[1] a hash: `paid` in microseconds since 1970, and for each gateway the number of what it said last.
-- Returns how many cells may be spent, and for how long cells are owed then.
local gateway, sequence = ARGV[1], tonumber(ARGV[2])
local need, want = tonumber(ARGV[3]), tonumber(ARGV[4])
local cell, burst = tonumber(ARGV[5]), tonumber(ARGV[6])
local known, remind = tonumber(ARGV[7]), ARGV[8] == '1'
local owed, back = tonumber(ARGV[9]), tonumber(ARGV[10])

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local full = now + burst * cell

local paid = tonumber(redis.call('HGET', KEYS[1], 'paid'))
if not paid or remind then
  -- What a gateway remembers counts where this server does not.
  paid = math.max(paid or now, now + known)
end
paid = math.max(paid, now)

if owed > 0 or back > 0 then
  -- Said twice, it counts once.
  local heard = tonumber(redis.call('HGET', KEYS[1], gateway)) or 0
  if sequence > heard then
    paid = math.max(paid + owed - back * cell, now)
    redis.call('HSET', KEYS[1], gateway, sequence)
  end
end
-- Nobody owes more than the burst: being away makes no ban.
paid = math.min(paid, full)

local free = math.floor((full - paid) / cell + 0.000001)
local granted = 0
if want > 0 and free >= need then
  granted = math.min(free, want)
  paid = paid + granted * cell
end
redis.call('HSET', KEYS[1], 'paid', string.format('%.3f', paid))
redis.call('PEXPIRE', KEYS[1], math.ceil((paid - now) / 1000) + 60000)
return { granted, math.ceil(paid - now) }
