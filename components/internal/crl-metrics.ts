/** What a PkiDistributionPoint tells Prometheus of the CRLs that it serves, each a gauge. */
export const crlMetrics = {
  /** Labels `mount`; 1 while the list of a mount's issuers can be had from Vault, else 0. */
  mountReadable: "pki_mount_readable",
  /** Labels `mount`, `issuer` (ID) and `crl` (`complete` or `delta`); 1 while this CRL can be had, else 0. */
  crlReadable: "pki_crl_readable",
  /** The same labels; when the CRL was made, in seconds since 1970. Of one that cannot be had, that of the last one. */
  thisUpdate: "pki_crl_this_update_timestamp_seconds",
  /** The same labels; when the CRL ends. */
  nextUpdate: "pki_crl_next_update_timestamp_seconds",
};

/** Service of HAProxy that answers with these metrics. */
export const crlMetricsService = "crl-metrics";

/** What Vault says, with status 500, for an issuer without a key or without the right to sign CRLs. */
const noCrl = "unable to find CRL for issuer";

/**
 * The script in Lua for HAProxy that makes the metrics. Its arguments are an address without a path, at which Vault
 * answers the requests below without a login, and the mount paths.
 *
 * Vault writes every request into its audit log, and a CRL is a new one once a day, so an answer is told for five
 * minutes, to whoever asks how often. All reading together ends within the ten seconds that Prometheus waits.
 */
export const crlMetricsScript = String.raw`local vault = ...
local mounts = { select(2, ...) }

local seconds = { known = 300, failed = 15, request = 2, reading = 6 }
local kinds = { { name = "complete", path = "crl/der" }, { name = "delta", path = "crl/delta/der" } }
local uuid = "%x+%-%x+%-%x+%-%x+%-%x+"

-- By mount: whether its issuers are known, and its CRLs by issuer and kind.
local state = {}
local read_again = 0

local function clock()
  local now = core.now()
  return now.sec + now.usec / 1000000
end

-- One element of DER: its tag, where its content begins, and where the next element does.
local function element(der, at)
  local tag, length = der:byte(at, at + 1)
  if not length then
    error("it ends early", 0)
  end
  local content = at + 2
  if length >= 0x80 then
    local octets = length - 0x80
    if octets < 1 or octets > 4 or content + octets > #der + 1 then
      error("it has a length that is none", 0)
    end
    length = string.unpack(">I" .. octets, der, content)
    content = content + octets
  end
  if content + length > #der + 1 then
    error("it ends early", 0)
  end
  return tag, content, content + length
end

local function sequence(der, at)
  local tag, content, after = element(der, at)
  if tag ~= 0x30 then
    error("it is no CRL", 0)
  end
  return content, after
end

-- Seconds since 1970, by the count of days of a calendar whose years begin in March.
local function epoch(year, month, day, hour, minute, second)
  if month < 3 then
    year, month = year - 1, month + 12
  end
  local days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719469
  return ((days * 24 + hour) * 60 + minute) * 60 + second
end

local two = "(%d%d)"
local times = { [0x17] = "^" .. two:rep(6) .. "Z$", [0x18] = "^(%d%d%d%d)" .. two:rep(5) .. "Z$" }

-- A Time of RFC 5280, and where the next element begins.
local function time(der, at)
  local tag, content, after = element(der, at)
  local parts = times[tag] and { der:sub(content, after - 1):match(times[tag]) } or {}
  if #parts ~= 6 then
    error("it lacks one of its two times", 0)
  end
  for index, part in ipairs(parts) do
    parts[index] = math.tointeger(part)
  end
  if tag == 0x17 then
    parts[1] = parts[1] + (parts[1] < 50 and 2000 or 1900)
  end
  return epoch(table.unpack(parts)), after
end

-- When a CRL in DER was made, and when it ends.
local function updates(der)
  local list, past = sequence(der, 1)
  if past ~= #der + 1 then
    error("something follows it", 0)
  end
  local at = sequence(der, list)
  local tag, _, after = element(der, at)
  if tag == 0x02 then
    at = after
  end
  local _, after_algorithm = sequence(der, at)
  local _, after_issuer = sequence(der, after_algorithm)
  local this_update, after_this = time(der, after_issuer)
  return this_update, (time(der, after_this))
end

-- Status and body; without an answer the status is 0.
local function get(path, deadline)
  local left = math.min(seconds.request, deadline - clock())
  if left <= 0 then
    return 0, ""
  end
  local timeout = math.ceil(left * 1000)
  local response = core.httpclient():get({ url = vault .. "/v1/" .. path, timeout = timeout })
  return response.status or 0, response.body or ""
end

local function answered(status)
  return status == 0 and "no answer" or "status " .. status
end

-- Into the log of the pod.
local function warn(what, fault)
  core.Warning(what .. ": " .. fault)
end

-- Whether an answer is a CRL, and then when it was made and when it ends, or else why not.
local function read_updates(status, body)
  if status ~= 200 then
    return false, answered(status)
  end
  return pcall(updates, body)
end

-- A CRL as it is known now, or nil where there is none; before is what was known of it.
local function read_crl(mount, issuer, kind, before, deadline)
  local status, body = get(mount .. "/issuer/" .. issuer .. "/" .. kind.path, deadline)
  -- Of a delta CRL that was there before, this is the loss that Vault with file storage has at each of its starts.
  if (status == 204 and kind.name == "delta" and not before.this_update) or (status >= 400 and body:find("${noCrl}", 1, true)) then
    return nil
  end
  local readable, this_update, next_update = read_updates(status, body)
  if not readable then
    warn(("%s CRL of issuer %s in mount %s"):format(kind.name, issuer, mount), this_update)
    this_update, next_update = before.this_update, before.next_update
  end
  local crl = { issuer = issuer, kind = kind.name, readable = readable }
  crl.this_update, crl.next_update = this_update, next_update
  return crl
end

-- What is known of a mount now, and whether all of it could be read.
local function read_mount(mount, before, deadline)
  local status, body = get(mount .. "/issuers?list=true", deadline)
  local list = status == 200 and body:match('"key_info":%s*(%b{})')
  if not list then
    warn("issuers of mount " .. mount, answered(status))
    return { readable = false, crls = before.crls }, false
  end
  local known, all = { readable = true, crls = {} }, true
  for issuer, about in list:gmatch('"(' .. uuid .. ')":%s*(%b{})') do
    -- Without a key, as the root above an imported CA, it signs no CRL.
    local signs = not about:find('"key_id":%s*""')
    for _, kind in ipairs(signs and kinds or {}) do
      local name = issuer .. kind.name
      local crl = read_crl(mount, issuer, kind, before.crls[name] or {}, deadline)
      known.crls[name] = crl
      all = all and (not crl or crl.readable)
    end
  end
  return known, all
end

local function read_all()
  local began = clock()
  local fresh, all = {}, true
  for _, mount in ipairs(mounts) do
    local known, whole = read_mount(mount, state[mount] or { crls = {} }, began + seconds.reading)
    fresh[mount] = known
    all = all and whole
  end
  state = fresh
  read_again = began + (all and seconds.known or seconds.failed)
end

local function escaped(text)
  return (text:gsub("[\\\"\n]", { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }))
end

-- The text that Prometheus reads: one metric after the other, sorted, so that it is the same for the same state.
local function exposition()
  local lines = {}
  local function metric(name, help, samples)
    table.sort(samples)
    table.insert(lines, "# HELP " .. name .. " " .. help)
    table.insert(lines, "# TYPE " .. name .. " gauge")
    for _, sample in ipairs(samples) do
      table.insert(lines, name .. sample)
    end
  end
  local function each_crl(value)
    local samples = {}
    for mount, known in pairs(state) do
      for _, crl in pairs(known.crls) do
        local number = value(crl, known)
        if number then
          local labels = '{mount="%s",issuer="%s",crl="%s"} %d'
          table.insert(samples, labels:format(escaped(mount), crl.issuer, crl.kind, number))
        end
      end
    end
    return samples
  end
  local readable = {}
  for mount, known in pairs(state) do
    table.insert(readable, ('{mount="%s"} %d'):format(escaped(mount), known.readable and 1 or 0))
  end
  metric("${crlMetrics.mountReadable}", "Whether the issuers of this mount can be had.", readable)
  metric("${crlMetrics.crlReadable}", "Whether this CRL can be had.", each_crl(function(crl, known)
    return known.readable and (crl.readable and 1 or 0)
  end))
  metric("${crlMetrics.thisUpdate}", "When this CRL was made.", each_crl(function(crl)
    return crl.this_update
  end))
  metric("${crlMetrics.nextUpdate}", "When this CRL ends.", each_crl(function(crl)
    return crl.next_update
  end))
  return table.concat(lines, "\n") .. "\n"
end

core.register_service("${crlMetricsService}", "http", function(applet)
  if clock() >= read_again then
    read_all()
  end
  local text = exposition()
  applet:set_status(200)
  applet:add_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
  applet:add_header("Content-Length", tostring(#text))
  applet:start_response()
  applet:send(text)
end)
`;
