// Lua scripts for atomic steps that no single Redis command does; each uses one key, as Redis Cluster requires.
// Time is that of the server, so that the clocks of the nodes need not agree. Needs Redis 6.2 (GETDEL, MINID, "(" ranges).

const milliseconds = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)`

/**
 * An empty log gets a first entry, so that every cursor names an entry and an emptied store is detected; its sequence
 * number is a random one of the caller, so that two incarnations of a log never share an id, not even in one millisecond.
 */
const ensureLog = (random: string) => `
  local function newest() return redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1) end
  local last = newest()
  if #last == 0 then
    local id = redis.call('EXISTS', KEYS[1]) == 0 and string.format('%.0f', now) .. '-' .. ${random} or '*'
    redis.call('XADD', KEYS[1], id, 'p', '')
    last = newest()
  end
  last = last[1][1]`

export const redisScripts = {
  storeReplace: {
    numberOfKeys: 1,
    lua: `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
      redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1`,
  },
  storeRemove: {
    numberOfKeys: 1,
    lua: `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end return redis.call('DEL', KEYS[1])`,
  },
  storeIncrement: {
    numberOfKeys: 1,
    lua: `local n = redis.call('INCR', KEYS[1])
      if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end return n`,
  },
  /** The key of the set expires with its last member. */
  storeAddMember: {
    numberOfKeys: 1,
    lua: `${milliseconds}
      redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
      redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
      local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
      if #last > 0 then redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', last[2])) end return 1`,
  },
  storeMembers: {
    numberOfKeys: 1,
    lua: `${milliseconds} return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf')`,
  },
  /**
   * `p` is the id of the previous entry: a chain by which a reader detects missing entries. ARGV: change, channel, age,
   * random.
   */
  storeAnnounce: {
    numberOfKeys: 1,
    lua: `${milliseconds} ${ensureLog('ARGV[4]')}
      local id = redis.call('XADD', KEYS[1], 'MINID', '~', string.format('%.0f', now - ARGV[3]), '*', 'p', last, 'c', ARGV[1])
      redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', 100000)
      redis.call('PUBLISH', ARGV[2], id) return id`,
  },
  /** ARGV: cursor or '', limit, random. Returns the newest id and the entries after the cursor. */
  storeChanges: {
    numberOfKeys: 1,
    lua: `${milliseconds} ${ensureLog('ARGV[3]')}
      if ARGV[1] == '' then return {last, {}} end
      return {last, redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])}`,
  },
} as const

export type RedisScript = keyof typeof redisScripts
