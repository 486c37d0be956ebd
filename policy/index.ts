import { PolicyPack } from "@pulumi/policy";
import { pkiRules } from "./pki-rules";
import { secretRules } from "./secret-rules";

new PolicyPack("cert-manager-vault", {
  description: "What a PKI of Vault and cert-manager should never have",
  enforcementLevel: "mandatory",
  policies: [...pkiRules, ...secretRules],
});
