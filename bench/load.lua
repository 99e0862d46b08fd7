-- The load that wrk sends, and its figures as one line of JSON.
--
-- Settings come in the environment: BENCH_PATH; BENCH_BODIES, a file with one request body a line, which are taken in
-- rotation, each after a token for its Authorization header and a tab, where it has one; BENCH_SECONDS, the length of
-- the run; BENCH_DELAY_MS, the mean pause of a connection between two requests (0: none); BENCH_DRAIN_MS: so long
-- before the end only /healthz is asked, so that every counted request is answered.

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } bench_time;
  int clock_gettime(int clock, bench_time *time);
]]

local path = os.getenv("BENCH_PATH")
local seconds = tonumber(os.getenv("BENCH_SECONDS"))
local delay_ms = tonumber(os.getenv("BENCH_DELAY_MS") or "0")
local drain_ms = tonumber(os.getenv("BENCH_DRAIN_MS") or "0")
local monotonic = 1
local now = ffi.new("bench_time")

local function now_ms()
  ffi.C.clock_gettime(monotonic, now)
  return tonumber(now.seconds) * 1000 + tonumber(now.nanoseconds) / 1e6
end

local threads = {}
function setup(thread)
  thread:set("index", #threads)
  table.insert(threads, thread)
end

local requests = {}
local health
local next_request
local last_ms
local told = false

sent = 0

function init()
  for line in io.lines(os.getenv("BENCH_BODIES")) do
    local token, body = line:match("^(%S+)\t(.*)$")
    local headers = { ["Content-Type"] = "application/json", ["Authorization"] = token and "Bearer " .. token }
    table.insert(requests, wrk.format("POST", path, headers, body or line))
  end
  health = wrk.format("GET", "/healthz", {})
  next_request = math.floor(index * #requests / 2) % #requests + 1
  math.randomseed(index + 1)
  if delay_ms > 0 then
    delay = function() return math.random(0, 2 * delay_ms) end
  end
end

-- wrk asks once for a request of the first thread before it begins, to see what it looks like.
local function begin()
  told = true
  if index == 0 then sent = -1 end
  io.stderr:write("begun\n")
end

function request()
  if not told then begin() end
  if drain_ms > 0 then
    local time_ms = now_ms()
    last_ms = last_ms or time_ms + seconds * 1000 - drain_ms
    if time_ms > last_ms then return health end
  end
  sent = sent + 1
  local chosen = requests[next_request]
  next_request = next_request % #requests + 1
  return chosen
end

function done(summary, latency)
  local asked = 0
  for _, thread in ipairs(threads) do asked = asked + thread:get("sent") end
  local errors = summary.errors
  io.write(string.format(
    '\n{"answered":%d,"asked":%d,"seconds":%.6f,"refused":%d,"lost":%d,' ..
    '"p50_us":%d,"p90_us":%d,"p99_us":%d,"max_us":%d}\n',
    summary.requests, asked, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max))
end
