#!/bin/bash
# Takes away what source.sh has made, whatever of it there is. Runs in the lab; is not measured.
set -uo pipefail
kubectl delete clusterissuers,certificates --all --all-namespaces --ignore-not-found 2>/dev/null
for release in podinfo/my-podinfo cert-manager/cert-manager vault/vault; do
  helm uninstall "${release#*/}" --namespace "${release%/*}" --wait --ignore-not-found
done
kubectl delete namespaces podinfo cert-manager vault --ignore-not-found
# The chart keeps its CRDs.
kubectl delete customresourcedefinitions --selector=app.kubernetes.io/name=cert-manager --ignore-not-found
kubectl delete clusterrolebindings role-tokenreview-binding --ignore-not-found
rm -rf "${TMPDIR:-/tmp}/bench-source"
left=$(kubectl get namespaces podinfo cert-manager vault --ignore-not-found --output=name)
if [ -n "$left" ]; then
  echo "could not be removed: $left" >&2
  exit 1
fi
