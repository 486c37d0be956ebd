#!/bin/bash
# The procedure that this project replaces, as its owner does it by hand: Vault by Helm with Secrets made by kubectl,
# Vault's configuration by the vault CLI in its pod, cert-manager by Helm with the objects of its issuer, podinfo by
# Helm with an annotated Ingress. One step after the other, as it is written down; each waits for what it needs and for
# nothing else. What is different from the source: its faults (a sign path to a role that is not there, domains without
# the page's hosts, keys in a log, an incomplete chain) are mended, the commands come from this machine and not from a
# Job whose image would have to start, and versions are those that the program has.
#
# Usage, in the lab: VAULT_CHART=… CERT_MANAGER_CHART=… PODINFO_CHART=… bash source.sh
# Fails on a cluster that is not empty.
set -euo pipefail
umask 077

# The owner's offline CA; the lab's environment names its root.
ca=${VAULT_CACERT%/certs/ca.cert.pem}
root=$VAULT_CACERT
intermediate=$ca/intermediate/certs/intermediate.cert.pem
# What one step leaves for another, keys among it.
work=${TMPDIR:-/tmp}/bench-source
mkdir -p "$work"
cd "$work"

in_vault() {
  kubectl --namespace vault exec --stdin vault-0 --container vault -- vault "$@"
}

install_vault() {
  # The offline CA's part: the key in clear, the bundle, and a certificate for Vault's listener.
  openssl rsa -in "$ca/intermediate/private/intermediate.key.pem" -passin "file:$ca/private/passphrase" \
    -out decrypted.key.pem 2>openssl.log
  cat "$intermediate" decrypted.key.pem "$root" >bundle.pem
  cat "$intermediate" "$root" >ca-chain.cert.pem
  openssl req -new -newkey rsa:2048 -nodes -keyout listener.key.pem -subj /CN=vault.vault -out listener.csr.pem 2>>openssl.log
  openssl x509 -req -in listener.csr.pem -CA "$intermediate" -CAkey decrypted.key.pem -set_serial "0x$(openssl rand -hex 16)" \
    -days 365 -out listener.cert.pem 2>>openssl.log -extfile /dev/stdin <<'END'
subjectAltName = DNS:vault, DNS:vault.vault, DNS:vault.vault.svc, DNS:localhost, IP:127.0.0.1, IP:192.168.1.242
extendedKeyUsage = serverAuth
END
  cat listener.cert.pem "$intermediate" >listener.chain.pem

  kubectl create namespace vault
  kubectl --namespace vault create secret generic tls-ca --from-file=tls.crt=ca-chain.cert.pem
  kubectl --namespace vault create secret tls vault-ui-tls --cert=listener.chain.pem --key=listener.key.pem
  helm upgrade --install vault "$VAULT_CHART" --namespace vault --values - <<'END'
global: { tlsDisable: false }
injector: { enabled: false }
ui: { enabled: true, serviceType: LoadBalancer, externalPort: 8200, loadBalancerIP: 192.168.1.242 }
server:
  extraEnvironmentVars:
    VAULT_CACERT: /vault/userconfig/tls-ca/tls.crt
  volumes:
    - { name: tls-ca, secret: { secretName: tls-ca } }
    - { name: vault-ui-tls, secret: { secretName: vault-ui-tls } }
  volumeMounts:
    - { name: tls-ca, mountPath: /vault/userconfig/tls-ca, readOnly: true }
    - { name: vault-ui-tls, mountPath: /vault/userconfig/vault-ui-tls, readOnly: true }
  standalone:
    enabled: true
    config: |
      ui = true
      listener "tcp" {
        address            = "0.0.0.0:8200"
        tls_cert_file      = "/vault/userconfig/vault-ui-tls/tls.crt"
        tls_key_file       = "/vault/userconfig/vault-ui-tls/tls.key"
        tls_client_ca_file = "/vault/userconfig/tls-ca/tls.crt"
      }
      storage "file" {
        path = "/vault/data"
      }
  dataStorage: { enabled: true, storageClass: longhorn }
  auditStorage: { enabled: true, storageClass: longhorn }
END
  kubectl --namespace vault wait --for=create pod/vault-0 --timeout=120s
  kubectl --namespace vault wait --for='jsonpath={.status.phase}=Running' pod/vault-0 --timeout=300s
  # It answers "sealed" with status 2 as soon as it listens.
  until status=0 && { in_vault status </dev/null >/dev/null 2>&1 || status=$?; } && [ "$status" -eq 2 ]; do
    sleep 0.2
  done
}

configure_vault() {
  in_vault operator init -key-shares=1 -key-threshold=1 </dev/null >init-keys.txt
  sed -n 's/^Unseal Key 1: //p' init-keys.txt | tr -d '\n' | in_vault write sys/unseal key=- >/dev/null
  # A moment passes between unsealed and active.
  until sed -n 's/^Initial Root Token: //p' init-keys.txt | tr -d '\n' | in_vault login -no-print - 2>/dev/null; do
    sleep 0.2
  done

  in_vault secrets enable pki </dev/null
  in_vault secrets tune -max-lease-ttl=43800h pki </dev/null
  in_vault write pki/config/ca pem_bundle=- <bundle.pem >/dev/null
  in_vault write pki/config/urls issuing_certificates=http://vault.vault:8200/v1/pki/ca \
    crl_distribution_points=http://vault.vault:8200/v1/pki/crl </dev/null
  in_vault write pki/roles/home-lab-dot-local allowed_domains=homelab.local,wsp.local,podinfo allow_subdomains=true \
    allow_bare_domains=true max_ttl=336h </dev/null
  in_vault policy write pki - <<'END'
path "pki/sign/home-lab-dot-local" { capabilities = ["create", "update"] }
END

  in_vault secrets enable -path=pki_int pki </dev/null
  in_vault secrets tune -max-lease-ttl=8760h pki_int </dev/null
  in_vault write -field=csr pki_int/intermediate/generate/internal common_name="homelab.local Vault Intermediate" \
    issuer_name=home-lab-dot-local-int </dev/null >pki_int.csr.pem
  in_vault write -field=certificate pki/root/sign-intermediate csr=- ttl=8760h <pki_int.csr.pem >pki_int.cert.pem
  printf '\n' | cat pki_int.cert.pem - "$intermediate" "$root" |
    in_vault write pki_int/intermediate/set-signed certificate=- >/dev/null
  in_vault write pki_int/roles/home-lab-dot-local allowed_domains=homelab.local,wsp.local,podinfo allow_subdomains=true \
    allow_bare_domains=true max_ttl=24h </dev/null
  in_vault policy write pki_int - <<'END'
path "pki_int/sign/home-lab-dot-local" { capabilities = ["create", "update"] }
END
  in_vault write pki/config/urls \
    issuing_certificates=http://vault.vault:8200/v1/pki/ca,http://vault.vault:8200/v1/pki_int/ca \
    crl_distribution_points=http://vault.vault:8200/v1/pki/crl,http://vault.vault:8200/v1/pki_int/crl </dev/null
  in_vault write pki_int/config/urls \
    issuing_certificates=http://vault.vault:8200/v1/pki/ca,http://vault.vault:8200/v1/pki_int/ca \
    crl_distribution_points=http://vault.vault:8200/v1/pki/crl,http://vault.vault:8200/v1/pki_int/crl </dev/null

  in_vault auth enable kubernetes </dev/null
  in_vault write auth/kubernetes/config kubernetes_host=https://kubernetes.default.svc </dev/null
  in_vault write auth/kubernetes/role/issuer bound_service_account_names=issuer \
    bound_service_account_namespaces=cert-manager token_policies=pki_int token_ttl=24h </dev/null
}

install_cert_manager() {
  kubectl create namespace cert-manager
  kubectl --namespace cert-manager create secret generic ca-bundle --from-file=ca-chain.cert.pem
  kubectl apply --filename - <<'END'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: role-tokenreview-binding }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:auth-delegator" }
subjects: [{ kind: ServiceAccount, name: issuer, namespace: cert-manager }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: cert-manager-issuer, namespace: cert-manager }
rules: [{ apiGroups: [cert-manager.io], resources: [certificates, certificaterequests], verbs: [create, delete] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: cert-manager-issuer-binding, namespace: cert-manager }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: cert-manager-issuer }
subjects: [{ kind: ServiceAccount, name: issuer, namespace: cert-manager }]
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: issuer, namespace: cert-manager }
---
apiVersion: v1
kind: Secret
metadata:
  name: issuer-token
  namespace: cert-manager
  annotations: { kubernetes.io/service-account.name: issuer }
type: kubernetes.io/service-account-token
END
  helm upgrade --install cert-manager "$CERT_MANAGER_CHART" --namespace cert-manager --set crds.enabled=true --wait
  kubectl --namespace cert-manager wait --for='jsonpath={.data.token}' secret/issuer-token --timeout=60s
  kubectl apply --filename - <<'END'
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: { name: vault-issuer }
spec:
  vault:
    server: https://vault.vault:8200
    path: pki_int/sign/home-lab-dot-local
    caBundleSecretRef: { name: ca-bundle, key: ca-chain.cert.pem }
    auth:
      kubernetes:
        mountPath: /v1/auth/kubernetes
        role: issuer
        secretRef: { name: issuer-token, key: token }
END
  kubectl wait --for=condition=Ready clusterissuer/vault-issuer --timeout=300s
}

install_page() {
  kubectl create namespace podinfo
  helm upgrade --install my-podinfo "$PODINFO_CHART" --namespace podinfo --wait --values - <<'END'
ingress:
  enabled: true
  annotations:
    cert-manager.io/cluster-issuer: vault-issuer
    cert-manager.io/common-name: podinfo.wsp.local
  hosts:
    - host: podinfo.wsp.local
      paths: [{ path: /, pathType: ImplementationSpecific }]
  tls:
    - secretName: podinfo-wsp-cert
      hosts: [podinfo, podinfo.wsp.local]
END
  kubectl --namespace podinfo wait --for=create certificate/podinfo-wsp-cert --timeout=60s
  kubectl --namespace podinfo wait --for=condition=Ready certificate/podinfo-wsp-cert --timeout=300s
  until curl -fs -o /dev/null --max-time 5 --cacert "$root" --capath /dev/null \
    --resolve podinfo.wsp.local:443:192.168.1.241 https://podinfo.wsp.local; do
    sleep 0.1
  done
}

install_vault
configure_vault
install_cert_manager
install_page
