import { LuaFactory, type LuaEngine } from "wasmoon";

/** What stands behind the proxy answers; `silence` is no answer. */
export type Answer = { status: number; body?: string | Buffer } | "silence";

/** What a client of the proxy's own service gets. */
export interface ServiceAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * As much of HAProxy's interface for Lua as a service needs that asks others by http; a script's arguments are those of
 * `lua-load`. Bytes come and go as hexadecimal, because strings of JavaScript are no bytes.
 */
const haproxy = `
services = {}
local function bytes(hex)
  return (hex:gsub("..", function(pair) return string.char(tonumber(pair, 16)) end))
end
core = {
  now = function() return { sec = math.floor(seconds()), usec = math.floor(seconds() % 1 * 1000000) } end,
  Warning = function(text) warn_of(text) end,
  register_service = function(name, mode, action)
    assert(mode == "http")
    services[name] = action
  end,
  httpclient = function()
    return {
      get = function(_, request)
        local status, hex = ask(request.url, request.timeout):match("^(%d+) (%x*)$")
        return { status = math.tointeger(status), body = bytes(hex) }
      end,
    }
  end,
}
function load_script(...)
  assert(load(script))(...)
end
function answer_of(name)
  local parts = { headers = {}, body = "" }
  services[name]({
    set_status = function(_, status) parts.status = status end,
    add_header = function(_, name, value) parts.headers[name] = value end,
    start_response = function() parts.started = true end,
    send = function(_, text)
      assert(parts.started)
      parts.body = parts.body .. text
    end,
  })
  return parts
end
`;

/** A script in Lua as HAProxy would run it, in a proxy whose clock and whose answers from behind are the test's. */
export class LuaProxy {
  /** Seconds since 1970. */
  now = 1_800_000_000;
  /** By URL; what is not here has status 404. */
  readonly answers: Record<string, Answer> = {};
  /** URLs that were asked since the last look. */
  asked: string[] = [];
  readonly warnings: string[] = [];

  private constructor(private readonly engine: LuaEngine) {}

  static async load(script: string, ...args: string[]): Promise<LuaProxy> {
    const engine = await new LuaFactory().createEngine();
    const proxy = new LuaProxy(engine);
    engine.global.set("script", script);
    engine.global.set("seconds", () => proxy.now);
    engine.global.set("warn_of", (text: string) => proxy.warnings.push(text));
    engine.global.set("ask", (url: string, timeout: number) => proxy.ask(url, timeout));
    await engine.doString(haproxy);
    engine.global.get("load_script")(...args);
    return proxy;
  }

  /** What a service of the script answers. */
  serve(name: string): ServiceAnswer {
    const { status, headers, body } = this.engine.global.get("answer_of")(name);
    return { status, headers: { ...headers }, body };
  }

  close(): void {
    this.engine.global.close();
  }

  private ask(url: string, timeout: number): string {
    this.asked.push(url);
    const answer = this.answers[url] ?? { status: 404, body: '{"errors":[]}\n' };
    if (answer === "silence") {
      // HAProxy tries twice, and gives its own answer.
      this.now += (2 * timeout) / 1000;
      return "504 ";
    }
    return `${answer.status} ${Buffer.from(answer.body ?? "").toString("hex")}`;
  }
}
