import { execFile, spawn, type ChildProcess } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { GetSchemaRequest } from "@pulumi/pulumi/proto/provider_pb";
import { layOutPackage } from "../../packaging/build";

const execute = promisify(execFile);
// The one that Pulumi's own clients are made with.
const grpc = createRequire(require.resolve("@pulumi/pulumi"))(
  "@grpc/grpc-js",
) as typeof import("@grpc/grpc-js");
const checkout = path.join(__dirname, "..", "..");

/**
 * The package as a user gets it: packed by npm, unpacked into a folder of its own beside the dependencies that it
 * declares, and no others. Nothing is fetched.
 */
export class InstalledPackage {
  private constructor(
    /** Folder of a program that has installed the package. */
    readonly program: string,
    /** Files in the package, sorted. */
    readonly files: string[],
  ) {}

  static async make(): Promise<InstalledPackage> {
    const folder = mkdtempSync(path.join(tmpdir(), "package-"));
    const laidOut = path.join(folder, "laid-out");
    layOutPackage(laidOut);
    const { stdout } = await execute("npm", ["pack", "--json", "--offline", "--pack-destination", folder], {
      cwd: laidOut,
    });
    const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    const program = path.join(folder, "program");
    const installed = path.join(program, "node_modules", "cert-manager-vault");
    mkdirSync(installed, { recursive: true });
    await execute("tar", ["-xzf", path.join(folder, filename), "-C", installed, "--strip-components=1"]);
    writeFileSync(path.join(program, "package.json"), "{}");
    for (const name of Object.keys(manifestIn(installed).dependencies)) {
      const link = path.join(program, "node_modules", name);
      mkdirSync(path.dirname(link), { recursive: true });
      symlinkSync(path.join(checkout, "node_modules", name), link);
    }
    return new InstalledPackage(program, files.map((file) => file.path).sort());
  }

  get folder(): string {
    return path.join(this.program, "node_modules", "cert-manager-vault");
  }

  get manifest(): Manifest {
    return manifestIn(this.folder);
  }

  read(file: string): string {
    return readFileSync(path.join(this.folder, file), "utf8");
  }

  /** Runs JavaScript in the program's folder, and gives what it prints. */
  async run(script: string): Promise<string> {
    const running = execute(process.execPath, ["-"], { cwd: this.program, maxBuffer: 16 * 1024 * 1024 });
    running.child.stdin!.end(script);
    return (await running).stdout;
  }

  /** Checks a TypeScript program against the package's types, and gives what the compiler says; empty when all is well. */
  async typeCheck(text: string): Promise<string> {
    const file = path.join(this.program, "index.ts");
    writeFileSync(file, text);
    const compiler = path.join(checkout, "node_modules", "typescript", "bin", "tsc");
    const typeRoots = path.join(checkout, "node_modules", "@types");
    const options = `--noEmit --strict --skipLibCheck --module nodenext --types node --typeRoots ${typeRoots}`;
    return execute(process.execPath, [compiler, ...options.split(" "), file], { cwd: this.program }).then(
      () => "",
      (error: { stdout: string }) => error.stdout,
    );
  }

  /** The schema that the package has as Pulumi's plugin, which programs in other languages use it by. */
  async servedSchema(): Promise<unknown> {
    const { port, process: server } = await this.serve();
    try {
      const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
      const text = await new Promise<string>((resolve, reject) =>
        client.getSchema(new GetSchemaRequest(), (fault, answer) =>
          fault ? reject(fault) : resolve(answer.getSchema()),
        ),
      );
      client.close();
      return JSON.parse(text);
    } finally {
      server.kill();
    }
  }

  private async serve(): Promise<{ port: string; process: ChildProcess }> {
    const host = path.join(this.program, "node_modules", "@pulumi", "pulumi", "cmd", "run-plugin");
    // Nothing listens at the engine's address: a plugin calls it only when it makes something.
    const server = spawn(process.execPath, [host, this.folder, "127.0.0.1:9"], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: server.stdout })) {
      return { port: line.trim(), process: server };
    }
    throw new Error("the plugin ended without telling its port");
  }

  remove(): void {
    rmSync(path.dirname(this.program), { recursive: true, force: true });
  }
}

interface Manifest {
  version: string;
  private?: boolean;
  main: string;
  types: string;
  dependencies: Record<string, string>;
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as Manifest;
}

/** Names of the TypeScript files of a folder of the checkout and of those in it, without the ending. */
export function sourcesOf(folder: string): string[] {
  return readdirSync(path.join(checkout, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.replace(/\.ts$/, ""));
}
