// Command coredns is CoreDNS with the plugins that a small cluster's DNS needs and no others: upstream's full set pulls
// in the client libraries of several clouds.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/hosts"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/template"
)

func init() {
	// The order in which a query passes them, whatever order the Corefile has: answers from templates come after those
	// from the cluster, so a template can say "no such name" for everything else.
	dnsserver.Directives = []string{"health", "ready", "errors", "cache", "hosts", "kubernetes", "template", "forward"}
}

func main() { coremain.Run() }
