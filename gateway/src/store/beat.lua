-- Who is there. KEYS[1] a hash: for each gateway when it was heard of, and `epoch`, a word that is another one after
-- this server has lost everything, with its run: a server that was started again, or took over, may know what is older.
-- Returns how many gateways there are, and both.
local gateway, forgotten, word = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('HSET', KEYS[1], gateway, now)
redis.call('HSETNX', KEYS[1], 'epoch', word)
local all, epoch, count = redis.call('HGETALL', KEYS[1]), '', 0
for i = 1, #all, 2 do
  if all[i] == 'epoch' then
    epoch = all[i + 1]
  elseif tonumber(all[i + 1]) < now - forgotten then
    redis.call('HDEL', KEYS[1], all[i])
  else
    count = count + 1
  end
end
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or ''
return { count, epoch .. run }
