import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { pageStatus } from "../../components/internal/page-answer";
import { HandshakeTarget, trustedHandshake } from "../../components/internal/trusted-handshake";
import { dnsEntries } from "../../dns-entries";
import { Broken, type Check } from "./check";
import type { Surroundings } from "./surroundings";

const inPage = ({ stack }: Surroundings) => `kubectl -n ${stack.settings.podinfoNamespace}`;

export const ingressHasAddress: Check = {
  id: "ingress",
  name: "the page's Ingress has an address",
  needs: ["cluster"],
  run: async (around) => {
    const ingress = await around.cluster().pageIngress(around.stack.settings.podinfoNamespace);
    if (!ingress) {
      throw new Broken("there is no Ingress my-podinfo", "pulumi up --refresh");
    }
    const address = await around.pageAddress();
    if (!address) {
      const ofClass = ingress.spec?.ingressClassName ?? "the default class";
      throw new Broken(`no controller of ${ofClass} has given it one`);
    }
    return address;
  },
  fix: (around) =>
    `${inPage(around)} describe ingress my-podinfo; and the pods of the ingress controller: kubectl get pods,services -A`,
};

export const hostResolves: Check = {
  id: "dns",
  name: "the page's host resolves to it from here",
  needs: ["ingress"],
  run: async (around) => {
    const { podinfoHost, podinfoAliases } = around.stack.settings;
    const address = (await around.pageAddress()) ?? "";
    const { hosts } = dnsEntries(address, [podinfoHost, ...podinfoAliases]);
    const found = await addresses(podinfoHost);
    const right = isIP(address) ? [address] : await addresses(address);
    if (found.length === 0) {
      throw new Broken(
        `${podinfoHost} does not resolve`,
        `echo '${hosts}' | sudo tee -a /etc/hosts; for all machines: pulumi stack output dnsEntries`,
      );
    }
    if (!found.some((one) => right.includes(one))) {
      throw new Broken(
        `${podinfoHost} resolves to ${found.join(", ")}, and the Ingress is at ${address}`,
        `have /etc/hosts or your DNS server say: ${hosts}`,
      );
    }
    return `${podinfoHost} is ${found.join(", ")}`;
  },
  fix: () => "pulumi stack output dnsEntries, into your DNS server or /etc/hosts",
};

export const pageIsTrusted: Check = {
  id: "page-tls",
  name: "the page's certificate is trusted by the root alone",
  needs: ["ingress"],
  run: async (around) => {
    const { notAfter, chainSubjects } = await trustedHandshake(await pageTarget(around), 10);
    return `${chainSubjects.length} certificates, until ${notAfter}`;
  },
  fix: (around) => `${inPage(around)} describe ingress,certificate,certificaterequest`,
};

export const pageAnswers: Check = {
  id: "page",
  name: "the page answers",
  needs: ["page-tls"],
  run: async (around) => {
    const status = await pageStatus(await pageTarget(around), "/", 10);
    if (status >= 400) {
      throw new Broken(`HTTP status ${status}`);
    }
    return around.stack.pageUrl ?? "";
  },
  fix: (around) => `${inPage(around)} get pods,services,endpointslices`,
};

async function addresses(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}

async function pageTarget(around: Surroundings): Promise<HandshakeTarget> {
  const { settings, rootCaPem } = around.stack;
  return {
    address: (await around.pageAddress()) ?? "",
    port: 443,
    serverName: settings.podinfoHost,
    trustedRootPem: rootCaPem,
  };
}
