import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import * as tls from "node:tls";
import { promisify } from "node:util";
import { checkCluster } from "../../settings/cluster";
import { Broken, type Check } from "./check";

/** What begins and ends on this machine: the way to the cluster, and whom its programs trust. */
export const clusterAnswers: Check = {
  id: "cluster",
  name: "the cluster answers",
  needs: [],
  run: async (around) => {
    const [fault] = await checkCluster(around.stack.kubeConfigSource, {});
    if (fault !== undefined) {
      throw new Broken(fault.replace(/^kubernetes:\w+: /, ""));
    }
    return around.cluster().where;
  },
  fix: () => "kubectl config get-contexts, then: pulumi config set kubernetes:context NAME",
};

export const rootIsTrustedHere: Check = {
  id: "trust-store",
  name: "this machine trusts the root",
  needs: [],
  run: async ({ stack }) => {
    if (!(await machineTrusts(stack.rootCaPem))) {
      const { subject } = new X509Certificate(stack.rootCaPem);
      throw new Broken(`${subject.split("\n").join(", ")} is not in the trust store of this machine`);
    }
    return "";
  },
  fix: () => `pulumi stack output rootCaPem > root.pem && ${trustCommand(process.platform)}`,
};

/** As in README.md, "Trusting your root". */
function trustCommand(platform: NodeJS.Platform): string {
  switch (platform) {
    case "darwin":
      return "sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain root.pem";
    case "win32":
      return "certutil -addstore -f Root root.pem";
    default:
      return (
        "sudo cp root.pem /usr/local/share/ca-certificates/homelab-root.crt && sudo update-ca-certificates " +
        "(Fedora: to /etc/pki/ca-trust/source/anchors/, then update-ca-trust)"
      );
  }
}

async function machineTrusts(rootPem: string): Promise<boolean> {
  const root = new X509Certificate(rootPem);
  // Since Node.js 22.15.
  const read = tls.getCACertificates as typeof tls.getCACertificates | undefined;
  if (read) {
    return read("system").some((pem) => new X509Certificate(pem).fingerprint256 === root.fingerprint256);
  }
  const verify = promisify(execFile)("openssl", ["verify"]);
  verify.child.stdin?.end(rootPem);
  return verify.then(
    () => true,
    () => false,
  );
}
