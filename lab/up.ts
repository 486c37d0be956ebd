import { buildCharts } from "./build-charts";
import { buildImages } from "./build-images";
import { buildPrograms } from "./build-programs";
import { buildTimes } from "./build-times";
import { checkCgroups, removeCgroups } from "./cgroups";
import { fetchPage } from "./client";
import { installAddons, waitForAddons, waitForNode } from "./cluster/addons";
import { importImages } from "./cluster/images";
import type { Cluster } from "./cluster/kubectl";
import { layoutOf } from "./cluster/layout";
import { startNode } from "./cluster/node";
import { installDebianPackages } from "./debian-packages";
import { checkDiskSpace } from "./disk-space";
import { seconds } from "./elapsed";
import { ensureNamespaces, findNamespaces, setHosts } from "./namespaces";
import { ensureOfflineCa, type OfflineCa } from "./offline-ca";
import { paths } from "./paths";
import { linkPrograms } from "./programs-on-path";
import { forgetInterruptedRun, prepareStack, runProgram, stackOutputs } from "./stack";
import { runSteps, type Step } from "./steps";

/**
 * From a bare machine to a page that a client trusts; what is in place already is only checked.
 * @param goal `node` ends when the node serves what it held before and the stack has its settings, without running the
 * program
 */
export async function up(goal: "page" | "node" = "page"): Promise<void> {
  const started = Date.now();
  const timesBefore = JSON.stringify(buildTimes());
  const layout = layoutOf(paths.runDirectory);
  let programs!: Awaited<ReturnType<typeof buildPrograms>>;
  let charts!: Awaited<ReturnType<typeof buildCharts>>;
  let images!: Awaited<ReturnType<typeof buildImages>>;
  let cluster!: Cluster;
  let ca!: OfflineCa;
  let url!: string;

  const build: Step[] = [
    { name: "cgroups", run: checkCgroups },
    { name: "free disk space", run: checkDiskSpace },
    { name: "Debian packages", run: installDebianPackages },
    { name: "programs", run: async (progress) => void (programs = await buildPrograms(progress)) },
    { name: "charts", run: async (progress) => void (charts = await buildCharts(programs, progress)) },
    { name: "images", run: async (progress) => void (images = await buildImages(programs, progress)) },
  ];

  const node: Step[] = [
    {
      name: "namespaces",
      run: async () => {
        const isNew = findNamespaces(paths.runDirectory) === undefined;
        cluster = {
          layout,
          namespaces: await ensureNamespaces(paths.runDirectory, [paths.checkout, paths.cacheRoot]),
        };
        linkPrograms(layout.bin, programs);
        if (!isNew) return;
        // A lab that was killed leaves the cgroups of its containers; the kubelet would spend minutes looking for them.
        await removeCgroups(paths.runDirectory);
        await forgetInterruptedRun(cluster);
      },
    },
    {
      name: "node",
      run: async () => {
        const startedComponents: string[] = [];
        await startNode(cluster, programs, (component) => startedComponents.push(component));
        return startedComponents.length > 0
          ? `started ${startedComponents.join(", ")}`
          : "all components healthy";
      },
    },
    {
      name: "images into the node",
      run: async () =>
        `${await importImages(cluster.namespaces, layout, images)} of ${images.length} imported`,
    },
    {
      name: "cluster DNS, volumes, ingress controller",
      run: async () => {
        await waitForNode(cluster);
        await installAddons(cluster);
        await waitForAddons(cluster);
      },
    },
  ];

  const stack: Step[] = [
    { name: "the owner's offline CA", run: async () => void (ca = ensureOfflineCa(layout.offlineCa)) },
    { name: "the stack's settings", run: () => prepareStack(cluster, ca, charts) },
  ];

  const page: Step[] = [
    {
      name: "pulumi up",
      run: async (progress) => {
        await runProgram(cluster, progress);
        const outputs = await stackOutputs(cluster);
        url = String(outputs["url"]);
        setHosts(paths.runDirectory, [(outputs["dnsEntries"] as { hosts: string }).hosts]);
      },
    },
    {
      name: "the page",
      run: async () => {
        const answer = await fetchPage(cluster, url, ca);
        return `podinfo ${answer.version} on ${answer.hostname}`;
      },
    },
  ];

  await runSteps([...build, ...node, ...stack, ...(goal === "page" ? page : [])]);
  const times = buildTimes();
  if (JSON.stringify(times) !== timesBefore) printBuildTimes(times);
  if (goal === "node") return;
  process.stdout.write(`OK ${url} trusted via "${ca.rootCommonName}" in ${seconds(Date.now() - started)}\n`);
}

function printBuildTimes(times: ReturnType<typeof buildTimes>): void {
  process.stderr.write("Build times:\n");
  for (const { name, seconds: taken } of times) {
    process.stderr.write(`  ${seconds(taken * 1000).padStart(7)}  ${name}\n`);
  }
}
