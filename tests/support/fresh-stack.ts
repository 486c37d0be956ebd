import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { inLab, tryInLab, type CommandResult } from "./lab";

const checkout = path.join(__dirname, "..", "..");

/** Settings without which the lab has no charts for a stack. */
const ofLab = [
  "vaultChart",
  "vaultChartRepository",
  "certManagerChart",
  "podinfoChart",
  "podinfoChartVersion",
];

/** The project in another directory, with a state and a passphrase of its own and no stack yet, and the lab's CA. */
export class FreshStack {
  private constructor(readonly project: string) {}

  static async create(): Promise<FreshStack> {
    const project = mkdtempSync(path.join(tmpdir(), "fresh-"));
    const left = /^(node_modules|\.git|\.pki|lab|tests|Pulumi\.\w+\.yaml)$/;
    cpSync(checkout, project, {
      recursive: true,
      filter: (source) => !left.test(path.relative(checkout, source)),
    });
    symlinkSync(path.join(checkout, "node_modules"), path.join(project, "node_modules"));
    const script =
      'umask 077; pulumi config get caBundle >"$0/ca.pem"; pulumi config get caPassphrase >"$0/pass"; mkdir "$0/state"';
    await inLab(["sh", "-c", script, project]);
    return new FreshStack(project);
  }

  /** Runs a command there; does not throw when it fails. */
  async run(...command: string[]): Promise<CommandResult> {
    const { project } = this;
    return tryInLab([
      ...["env", "-C", project, "-u", "PULUMI_STACK", "-u", "PULUMI_OPTION_CONFIG_FILE"],
      ...[`PULUMI_BACKEND_URL=file://${project}/state`, `PULUMI_CONFIG_PASSPHRASE_FILE=${project}/pass`],
      ...command,
    ]);
  }

  /** `npm run setup` with all answers, for a stack `fresh` in namespaces that nothing else has. */
  async setUp(): Promise<CommandResult> {
    const lab = JSON.parse(await inLab(["pulumi", "config", "--json"]));
    return this.run(
      ...["npm", "run", "-s", "setup", "--", "--stack=fresh", "--domains=fresh.example"],
      ...["--vaultLoadBalancerIp=192.168.1.243", "--vaultNamespace=fresh-vault"],
      ...["--certManagerNamespace=fresh-cert-manager", "--podinfoNamespace=fresh-podinfo"],
      ...[`--ca-file=${this.project}/ca.pem`, `--ca-passphrase-file=${this.project}/pass`],
      ...ofLab.map((name) => `--${name}=${lab[`cert-manager-vault:${name}`].value}`),
    );
  }

  async preview(): Promise<CommandResult> {
    return this.run("pulumi", "preview", "--stack=fresh", "--non-interactive", "--color=never");
  }

  remove(): void {
    rmSync(this.project, { recursive: true, force: true });
  }
}
