// Dynamic volumes for a one-node cluster: every claim gets a directory of its own, offered as a `local`
// volume, so that the kubelet applies the pod's fsGroup to it (it does not for hostPath volumes).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v11/controller"
)

type localDirectories struct {
	root string // the node's directory that holds one directory per volume
	node string // the node's name, for the volumes' node affinity
}

func (l localDirectories) Provision(_ context.Context, o controller.ProvisionOptions) (*v1.PersistentVolume, controller.ProvisioningState, error) {
	if mode := o.PVC.Spec.VolumeMode; mode != nil && *mode != v1.PersistentVolumeFilesystem {
		return nil, controller.ProvisioningFinished, fmt.Errorf("volume mode %s is not offered, only Filesystem", *mode)
	}
	path := filepath.Join(l.root, o.PVName)
	if err := os.MkdirAll(path, 0o770); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	volume := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: o.PVName},
		Spec: v1.PersistentVolumeSpec{
			AccessModes:                   o.PVC.Spec.AccessModes,
			Capacity:                      v1.ResourceList{v1.ResourceStorage: o.PVC.Spec.Resources.Requests[v1.ResourceStorage]},
			PersistentVolumeReclaimPolicy: *o.StorageClass.ReclaimPolicy,
			PersistentVolumeSource:        v1.PersistentVolumeSource{Local: &v1.LocalVolumeSource{Path: path}},
			NodeAffinity: &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{NodeSelectorTerms: []v1.NodeSelectorTerm{{
				MatchExpressions: []v1.NodeSelectorRequirement{
					{Key: v1.LabelHostname, Operator: v1.NodeSelectorOpIn, Values: []string{l.node}},
				},
			}}}},
		},
	}
	return volume, controller.ProvisioningFinished, nil
}

func (l localDirectories) Delete(_ context.Context, volume *v1.PersistentVolume) error {
	path := filepath.Join(l.root, volume.Name)
	if volume.Spec.Local == nil || volume.Spec.Local.Path != path {
		return &controller.IgnoredError{Reason: "the volume's directory is not " + path}
	}
	return os.RemoveAll(path)
}

func run() error {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig file of an account that may manage volumes")
	name := flag.String("provisioner", "", "provisioner name, as StorageClasses give it")
	directory := flag.String("directory", "", "absolute path of the directory that holds the volumes")
	node := flag.String("node", "", "name of the node this runs on")
	metricsPort := flag.Int("metrics-port", 0, "port on 127.0.0.1 for /metrics; 0 for none")
	flag.Parse()
	if *kubeconfig == "" || *name == "" || *node == "" || !filepath.IsAbs(*directory) {
		return errors.New("--kubeconfig, --provisioner, --node and an absolute --directory are needed")
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// One process on one node: an election would only delay the first volume after a restart.
	controller.NewProvisionController(ctx, client, *name, localDirectories{root: *directory, node: *node},
		controller.LeaderElection(false), controller.MetricsAddress("127.0.0.1"),
		controller.MetricsPort(int32(*metricsPort))).Run(ctx)
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "volume-provisioner:", err)
		os.Exit(1)
	}
}
