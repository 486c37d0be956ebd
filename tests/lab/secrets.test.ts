import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { inLab, kubectl } from "../support/lab";
import { assertClean as assertNone, secretNeedles, type Needle } from "../support/secrets";

describe("secrets", function () {
  this.timeout(300_000);

  let needles: Needle[];

  function assertClean(where: string, text: string): void {
    assertNone(needles, where, text);
  }

  before(async () => {
    needles = await secretNeedles();
  });

  it("are encrypted in the exported state", async () => {
    assertClean("the state", await inLab(["pulumi", "stack", "export"]));
  });

  it("are encrypted in the files of the stack", async () => {
    const script =
      'cat "$PULUMI_OPTION_CONFIG_FILE"; find "${PULUMI_BACKEND_URL#file://}" -type f -exec cat {} +';
    assertClean("a file of the backend", await inLab(["sh", "-c", script]));
  });

  it("are in no pod's log", async () => {
    const pods = await kubectl("get", "pods", "-A");
    assert.ok(pods.items.length > 5);
    for (const pod of pods.items) {
      const { namespace, name } = pod.metadata;
      const log = await inLab(["kubectl", "-n", namespace, "logs", name, "--all-containers"]);
      assertClean(`the log of ${namespace}/${name}`, log);
    }
  });

  it("are in no Job, ConfigMap, event or custom resource", async () => {
    const kinds = [
      "jobs",
      "configmaps",
      "events",
      "pods",
      "clusterissuers",
      "certificates",
      "certificaterequests",
    ];
    for (const kind of kinds) {
      assertClean(kind, await inLab(["kubectl", "get", kind, "-A", "-o", "json"]));
    }
  });

  it("are in no Helm release", async () => {
    const secrets = await kubectl("get", "secrets", "-A", "--field-selector", "type=helm.sh/release.v1");
    assert.ok(secrets.items.length >= 3);
    for (const secret of secrets.items) {
      const encoded = Buffer.from(secret.data.release, "base64").toString();
      assertClean(`Helm's ${secret.metadata.name}`, gunzipSync(Buffer.from(encoded, "base64")).toString());
    }
  });

  it("are in no command line while the stack is updated", async () => {
    const seen = new Set<string>();
    let running = true;
    const update = inLab([
      "pulumi",
      "up",
      "--yes",
      "--skip-preview",
      "--non-interactive",
      "--refresh",
    ]).finally(() => (running = false));
    while (running) {
      (await inLab(["sh", "-c", 'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" "\\n"; true']))
        .split("\n")
        .forEach((line) => seen.add(line));
    }
    await update;
    assert.ok(seen.size > 20);
    assertClean("a command line", [...seen].join("\n"));
  });

  it("are in no file that others can read", async () => {
    // By grep, whose list of texts is a file, because temporary files may be many and large.
    const script =
      'list=$(mktemp); trap "rm $list" EXIT; cat >$list; find /tmp /var/tmp -type f -perm /004 -exec grep -lFf $list {} +; true';
    const lines = needles.map(([, needle]) => needle).join("\n");
    assert.equal(await inLab(["sh", "-c", script], { input: lines }), "");
  });
});
