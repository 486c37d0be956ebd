// The home lab's addresses. The namespaces hide them from the machine, so every lab has the same ones.
export const nodeName = "lab";
export const networkInterface = "lan0";
export const nodeAddress = "192.168.1.10";
export const apiServerUrl = `https://${nodeAddress}:6443`;
export const serviceNetwork = "10.43.0.0/16";
export const apiServerClusterAddress = "10.43.0.1";
export const clusterDnsAddress = "10.43.0.10";
export const podNetwork = "10.42.0.0/24";
export const ingressAddress = "192.168.1.241";
export const vaultAddress = "192.168.1.242";
