import { AppsV1Api, AuthorizationV1Api, CustomObjectsApi } from "@kubernetes/client-node";
import { conditionOf, isReady, type CertManagerObject } from "../cluster";
import { failure } from "../status/certificates";
import { Broken, type Check } from "./check";
import { issuerAccount, type Surroundings } from "./surroundings";

const controller = "cert-manager";
const certificates = { group: "cert-manager.io", version: "v1", plural: "certificates" };
const refresh = () => "pulumi up --refresh";
const inCertManager = ({ stack }: Surroundings) => `kubectl -n ${stack.settings.certManagerNamespace}`;

export const certManagerRuns: Check = {
  id: "cert-manager",
  name: "cert-manager runs",
  needs: ["cluster"],
  run: async (around) => {
    const namespace = around.stack.settings.certManagerNamespace;
    const { approverPolicy } = around.stack.settings;
    const parts = ["webhook", "cainjector", ...(approverPolicy ? ["approver-policy"] : [])];
    for (const name of [controller, ...parts.map((part) => `${controller}-${part}`)]) {
      const deployment = await around
        .cluster()
        .ask(AppsV1Api, (api) => api.readNamespacedDeployment({ name, namespace }));
      if (!deployment) {
        throw new Broken(
          `there is no Deployment ${namespace}/${name}`,
          'docs/operations.md, "Drift", writes it again with helm',
        );
      }
      if (deployment.spec?.replicas === 0) {
        throw new Broken(
          `the Deployment ${name} is scaled to 0`,
          `${inCertManager(around)} scale deployment ${name} --replicas=1`,
        );
      }
      if (!deployment.status?.availableReplicas) {
        throw new Broken(`the Deployment ${name} has no pod that is ready`);
      }
    }
    return `controller, ${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
  },
  fix: (around) => `${inCertManager(around)} describe pods`,
};

/** By a Certificate that is only tried: the API server asks the webhook, and keeps nothing. */
export const webhookAnswers: Check = {
  id: "webhook",
  name: "cert-manager's webhook answers",
  needs: ["cert-manager"],
  run: async (around) => {
    const { certManagerNamespace: namespace, clusterIssuerName } = around.stack.settings;
    const body = {
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      metadata: { generateName: "doctor-", namespace },
      spec: {
        secretName: "doctor",
        dnsNames: ["doctor.invalid"],
        issuerRef: { name: clusterIssuerName, kind: "ClusterIssuer", group: certificates.group },
      },
    };
    const tried = await around.cluster().ask(
      CustomObjectsApi,
      (api) =>
        api.createNamespacedCustomObject({
          ...certificates,
          namespace,
          body,
          dryRun: "All",
        }) as Promise<object>,
    );
    if (!tried) {
      throw new Broken("the cluster does not know Certificates: cert-manager's CRDs are missing");
    }
    return "";
  },
  fix: (around) => `${inCertManager(around)} rollout restart deployment cert-manager-webhook`,
};

export const controllerMayAskForTokens: Check = {
  id: "token-right",
  name: `cert-manager may ask for tokens of the ServiceAccount ${issuerAccount}`,
  needs: ["cluster"],
  run: async (around) => {
    const namespace = around.stack.settings.certManagerNamespace;
    const spec = {
      user: `system:serviceaccount:${namespace}:${controller}`,
      resourceAttributes: {
        namespace,
        verb: "create",
        resource: "serviceaccounts",
        subresource: "token",
        name: issuerAccount,
      },
    };
    const review = await around
      .cluster()
      .ask(AuthorizationV1Api, (api) => api.createSubjectAccessReview({ body: { spec } }));
    if (!review?.status?.allowed) {
      throw new Broken(`no Role and RoleBinding in ${namespace} gives ${controller} that right`);
    }
    return "";
  },
  fix: refresh,
};

export const issuerLogsIn: Check = {
  id: "login",
  name: `the ServiceAccount ${issuerAccount} logs in to Vault`,
  needs: ["cluster", "vault-unsealed"],
  run: async (around) => {
    await around.login();
    return "";
  },
  fix: refresh,
};

export const issuerIsReady: Check = {
  id: "issuer",
  name: "the ClusterIssuer is Ready",
  needs: ["cert-manager", "token-right", "sign"],
  run: async (around) => {
    const name = around.stack.settings.clusterIssuerName;
    const issuer = await around.cluster().ask(
      CustomObjectsApi,
      (api) =>
        api.getClusterCustomObject({
          ...certificates,
          plural: "clusterissuers",
          name,
        }) as Promise<CertManagerObject>,
    );
    if (!issuer) {
      throw new Broken(`there is no ClusterIssuer ${name}`);
    }
    if (!isReady(issuer)) {
      throw new Broken(conditionOf(issuer, "Ready")?.message ?? "cert-manager has not looked at it yet");
    }
    return name;
  },
  fix: refresh,
};

export const canaryIsCurrent: Check = {
  id: "canary",
  name: "the canary Certificate is current",
  needs: ["issuer", "webhook"],
  run: async (around) => {
    const {
      certManagerNamespace: namespace,
      clusterIssuerName,
      expiryWarningPercent,
    } = around.stack.settings;
    const name = `${clusterIssuerName}-canary`;
    const canary = await around
      .cluster()
      .ask(
        CustomObjectsApi,
        (api) =>
          api.getNamespacedCustomObject({ ...certificates, namespace, name }) as Promise<CertManagerObject>,
      );
    if (!canary) {
      throw new Broken(`there is no Certificate ${namespace}/${name}`);
    }
    const reason = failure(canary, expiryWarningPercent, new Date());
    if (reason !== undefined) {
      throw new Broken(reason);
    }
    return `until ${canary.status?.notAfter}`;
  },
  fix: refresh,
};
