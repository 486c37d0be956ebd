import { existsSync, readFileSync } from "node:fs";
import type { Cluster } from "./cluster/kubectl";
import { layoutOf } from "./cluster/layout";
import { findNamespaces } from "./namespaces";
import { paths } from "./paths";

const help = `The lab: a real single-node cluster on this machine, and the program's page on it.

Usage: npm run -s lab -- COMMAND

  up               build what is missing, start what is not running, run the program, fetch the page
  up --node        the same without running the program: the node, what the cluster held before, the CA, the stack's settings
  down             end the lab and remove its state; what was built stays in ${paths.cacheRoot}
  status           node, pods, Vault's seal, issuer, certificates and URLs; exit status 1 when one of them is not well
  exec COMMAND...  run a command in the lab: kubectl, pulumi, vault, helm, curl, openssl, a shell ...
  logs NAME        log of a component of the node, of "pulumi-up", or of a part of the build; without NAME: their names
  kubeconfig       print the administrator's kubeconfig; its server answers inside the lab only
`;

/** Runs one command of the lab and returns the exit status. Each command loads only what it needs: exec is frequent. */
async function main([command, ...args]: string[]): Promise<number> {
  const layout = layoutOf(paths.runDirectory);
  switch (command) {
    case "up":
      if (args.some((arg) => arg !== "--node"))
        throw new Error(`up does not know ${args.join(" ")}: see lab help`);
      await (await import("./up.js")).up(args.length > 0 ? "node" : "page");
      return 0;
    case "down":
      await (await import("./down.js")).down(paths.runDirectory);
      return 0;
    case "status":
      return (await (await import("./status.js")).printStatus(runningCluster())) ? 0 : 1;
    case "exec":
      if (args.length === 0)
        throw new Error("exec needs a command: npm run -s lab -- exec kubectl get pods -A");
      return (await import("./exec.js")).execInside(runningCluster(), args);
    case "logs":
      return (await import("./logs.js")).printLog(layout, args[0]);
    case "kubeconfig":
      if (!existsSync(layout.kubeconfig)) throw new Error("there is no cluster yet: npm run -s lab -- up");
      process.stdout.write(readFileSync(layout.kubeconfig, "utf8"));
      return 0;
    case undefined:
    case "help":
    case "--help":
    case "-h":
      process.stdout.write(help);
      return command === undefined ? 2 : 0;
    default:
      process.stderr.write(`lab: unknown command "${command}"\n\n${help}`);
      return 2;
  }
}

function runningCluster(): Cluster {
  const namespaces = findNamespaces(paths.runDirectory);
  if (!namespaces) throw new Error("the lab is not running: npm run -s lab -- up");
  return { namespaces, layout: layoutOf(paths.runDirectory) };
}

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: Error) => {
    process.stderr.write(`lab: ${error.message}\n`);
    process.exit(1);
  },
);
