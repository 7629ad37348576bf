-- Sends one request per name from a file, and prints the totals of wrk as JSON at the end.

local file, head, before, after

function init(args)
  file = assert(io.open(args[1], 'r'))
  before, after = args[2], args[3]
  head = 'POST ' .. wrk.path .. ' HTTP/1.1\r\nHost: ' .. wrk.host .. ':' .. wrk.port ..
    '\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: '
end

function request()
  local name = file:read('*l')
  if not name then
    file:seek('set')
    name = file:read('*l')
  end
  return head .. (#before + #name + #after) .. '\r\n\r\n' .. before .. name .. after
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"failed":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
