import type { Kind } from "../components/internal/validate";

export const monitoringKind: Kind = {
  holds: (text) => ["none", "operator", "file"].includes(text),
  wanted:
    "a way: none, operator for objects of the Prometheus Operator, or file for rules that another Prometheus reads",
};

const name = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?";

/** `KEY=VALUE`; https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
export const objectLabel: Kind = {
  holds: (text) => new RegExp(`^([a-z0-9.-]{1,253}/)?${name}=(${name})?$`).test(text),
  wanted: "a label of Kubernetes, KEY=VALUE, such as release=kube-prometheus-stack",
};
