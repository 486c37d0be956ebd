import * as path from "node:path";
import { vaultAddress } from "./cluster/addresses";
import type { Layout } from "./cluster/layout";

// Settings of the person's own shell that would lead a client astray: nothing beyond the lab can be reached, and
// the lab's stack has a passphrase file of its own.
const withheld = /^(https?_proxy|all_proxy|pulumi_config_passphrase|pulumi_access_token)$/i;

/** The environment of every command in the lab: the node's and the stack's addresses, credentials and programs. */
export function labEnvironment(layout: Layout): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !withheld.test(name));
  const cached = (name: string) => path.join(layout.runDirectory, "home", name);
  return {
    ...Object.fromEntries(own),
    PATH: [layout.bin, path.dirname(process.execPath), process.env["PATH"], "/usr/sbin", "/sbin"].join(":"),
    KUBECONFIG: layout.kubeconfig,
    KUBECACHEDIR: cached("kubectl"),
    // Where the program keeps Vault's keys until they are in the state; each lab has a Vault of its own.
    XDG_STATE_HOME: cached("state"),
    PULUMI_BACKEND_URL: `file://${path.join(layout.stack, "state")}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: path.join(layout.stack, "passphrase"),
    PULUMI_STACK: "lab",
    PULUMI_OPTION_CONFIG_FILE: path.join(layout.stack, "Pulumi.lab.yaml"),
    PULUMI_HOME: cached("pulumi"),
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    HELM_CACHE_HOME: cached("helm-cache"),
    HELM_CONFIG_HOME: cached("helm-config"),
    HELM_DATA_HOME: cached("helm-data"),
    VAULT_ADDR: `https://${vaultAddress}:8200`,
    VAULT_CACERT: path.join(layout.offlineCa, "certs/ca.cert.pem"),
  };
}
