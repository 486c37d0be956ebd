// Command kubernetes-plugin is the official Pulumi provider for Kubernetes. Its own main package is generated when
// upstream makes a release and is not in the published module; all it does is what stands here.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

// The module's own schema.json, which the build puts beside this file.
//
//go:embed schema.json
var schema []byte

func main() {
	provider.Serve("kubernetes", version.Version, schema, nil)
}
