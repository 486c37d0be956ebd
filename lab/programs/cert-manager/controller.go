package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/logs"

	"github.com/cert-manager/cert-manager/internal/apis/config/shared"
	"github.com/cert-manager/cert-manager/pkg/apis/certmanager"
	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/healthz"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/server"

	// These register themselves when imported: upstream's default controllers and issuers, without ACME (which
	// brings the libraries of many clouds) and Venafi (whose library cannot be had as a Go module everywhere).
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificate-shim/ingresses"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/vault"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/metrics"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	_ "github.com/cert-manager/cert-manager/pkg/controller/clusterissuers"
	_ "github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/vault"
)

// clusterScoped are the controllers that do not run when only one namespace is watched.
var clusterScoped = []string{"clusterissuers"}

func leaderElectionFlags(fs *pflag.FlagSet, le *shared.LeaderElectionConfig) {
	fs.BoolVar(&le.Enabled, "leader-elect", le.Enabled, "perform leader election")
	fs.StringVar(&le.Namespace, "leader-election-namespace", le.Namespace, "namespace of the leader election lease")
	fs.DurationVar(&le.LeaseDuration, "leader-election-lease-duration", le.LeaseDuration, "leader election lease duration")
	fs.DurationVar(&le.RenewDeadline, "leader-election-renew-deadline", le.RenewDeadline, "leader election renew deadline")
	fs.DurationVar(&le.RetryPeriod, "leader-election-retry-period", le.RetryPeriod, "leader election retry period")
}

// runController runs the controllers. It takes the flags that the chart passes, but --config, and upstream's
// defaults; those live in internal/apis/config/controller/v1alpha1, which imports Venafi, hence the copies here.
func runController(ctx context.Context, args []string) error {
	o := controller.ContextOptions{
		KubernetesAPIQPS: 20, KubernetesAPIBurst: 50,
		IssuerOptions:    controller.IssuerOptions{ClusterIssuerAmbientCredentials: true, ClusterResourceNamespace: "kube-system"},
		SchedulerOptions: controller.SchedulerOptions{MaxConcurrentChallenges: 60},
		IngressShimOptions: controller.IngressShimOptions{
			DefaultIssuerKind: "Issuer", DefaultIssuerGroup: certmanager.GroupName,
			DefaultAutoCertificateAnnotations: []string{"kubernetes.io/tls-acme"},
		},
		CertificateOptions: controller.CertificateOptions{
			CopiedAnnotationPrefixes:                 []string{"*", "-kubectl.kubernetes.io/", "-fluxcd.io/", "-argocd.argoproj.io/"},
			CertificateRequestMinimumBackoffDuration: time.Hour,
			CertificateRequestMaximumBackoffDuration: 32 * time.Hour,
		},
	}
	le := shared.LeaderElectionConfig{Enabled: true, Namespace: "kube-system",
		LeaseDuration: time.Minute, RenewDeadline: 40 * time.Second, RetryPeriod: 15 * time.Second}
	selected := []string{"*"}
	workers, metricsAddr, healthAddr := 5, "0.0.0.0:9402", "0.0.0.0:9403"
	gates, logging := map[string]bool{}, logs.NewOptions()
	var dns01Only bool

	fs := pflag.NewFlagSet("controller", pflag.ContinueOnError)
	fs.StringVar(&o.Kubeconfig, "kubeconfig", "", "kubeconfig, only needed out of a cluster")
	fs.StringVar(&o.Namespace, "namespace", "", "the one namespace to watch, instead of all")
	fs.StringVar(&o.ClusterResourceNamespace, "cluster-resource-namespace", o.ClusterResourceNamespace, "namespace of the Secrets of ClusterIssuers")
	leaderElectionFlags(fs, &le)
	fs.StringSliceVar(&selected, "controllers", selected, "controllers to enable; * for all, -NAME for not that one")
	fs.IntVar(&workers, "concurrent-workers", workers, "workers of each controller")
	fs.StringVar(&o.DefaultIssuerName, "default-issuer-name", "", "issuer for ingresses that name none")
	fs.StringVar(&o.DefaultIssuerKind, "default-issuer-kind", o.DefaultIssuerKind, "kind of that issuer")
	fs.StringVar(&o.DefaultIssuerGroup, "default-issuer-group", o.DefaultIssuerGroup, "group of that issuer")
	fs.BoolVar(&o.EnableOwnerRef, "enable-certificate-owner-ref", false, "make Certificates own their Secrets")
	fs.StringVar(&metricsAddr, "metrics-listen-address", metricsAddr, "address of the metrics server")
	featureGatesFlag(fs, &gates)
	logf.AddFlags(logging, fs)
	// Of ACME, which this lab leaves out; the chart passes the image always and the others if set.
	fs.StringVar(&o.HTTP01SolverImage, "acme-http01-solver-image", "", "not used")
	fs.Var(cliflag.NewMapStringString(&o.HTTP01SolverExtraLabels), "acme-http01-solver-extra-labels", "not used")
	fs.StringVar(&o.HTTP01SolverRuntimeClassName, "acme-http01-solver-runtime-class-name", "", "not used")
	fs.StringSliceVar(&o.DNS01Nameservers, "dns01-recursive-nameservers", nil, "not used")
	fs.BoolVar(&dns01Only, "dns01-recursive-nameservers-only", false, "not used")
	fs.IntVar(&o.MaxConcurrentChallenges, "max-concurrent-challenges", o.MaxConcurrentChallenges, "not used")
	if err := parse(ctx, fs, args, &gates, logging); err != nil {
		return err
	}
	o.DNS01CheckAuthoritative = !dns01Only

	log := logf.FromContext(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	fail := func(err error) error { // stop what runs already, and say why
		cancel()
		return errors.Join(err, g.Wait())
	}
	factory, err := controller.NewContextFactory(ctx, o)
	if err != nil {
		return err
	}
	base, err := factory.Build()
	if err != nil {
		return err
	}
	var enabled []string
	for name := range controller.Known() {
		on := slices.Contains(selected, name) || slices.Contains(selected, "*") ||
			!slices.ContainsFunc(selected, func(s string) bool { return !strings.HasPrefix(s, "-") }) // only "-NAME"s
		if on && !slices.Contains(selected, "-"+name) && (o.Namespace == "" || !slices.Contains(clusterScoped, name)) {
			enabled = append(enabled, name)
		}
	}
	slices.Sort(enabled)
	log.Info("enabled controllers", "controllers", enabled)

	// Metrics, over plain HTTP: the chart passes no metrics TLS flags.
	cm := base.SharedInformerFactory.Certmanager().V1()
	base.Metrics.SetupCertificateCollector(cm.Certificates().Lister())
	base.Metrics.SetupIssuerCollector(cm.Issuers().Lister())
	if slices.Contains(enabled, "clusterissuers") {
		base.Metrics.SetupClusterIssuerCollector(cm.ClusterIssuers().Lister())
	}
	metricsLn, err := server.Listen(ctx, "tcp", metricsAddr)
	if err != nil {
		return err
	}
	metricsServer := base.Metrics.NewServer(metricsLn)
	g.Go(func() error {
		<-ctx.Done()
		stop, done := context.WithTimeout(context.Background(), 5*time.Second)
		defer done()
		return metricsServer.Shutdown(stop)
	})
	g.Go(func() error {
		if err := metricsServer.Serve(metricsLn); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})

	// Health: /livez, the chart's liveness probe.
	healthLn, err := (&net.ListenConfig{}).Listen(ctx, "tcp", healthAddr)
	if err != nil {
		return fail(err)
	}
	health := healthz.NewServer(20 * time.Second)
	g.Go(func() error { return health.Start(ctx, healthLn) })

	elected := make(chan struct{})
	if le.Enabled {
		elector, err := newElector(factory, le, health.LeaderHealthzAdaptor, func() { close(elected) })
		if err != nil {
			return fail(err)
		}
		g.Go(func() error {
			elector.Run(ctx) // returns when the lease is lost, or at shutdown
			if ctx.Err() == nil {
				return errors.New("leader election lost")
			}
			return nil
		})
	} else {
		close(elected)
	}
	select {
	case <-ctx.Done():
		return g.Wait()
	case <-elected:
	}

	for _, name := range enabled {
		ctl, err := controller.Known()[name](factory)
		if err != nil {
			return fail(fmt.Errorf("error starting controller %s: %w", name, err))
		}
		g.Go(func() error { return ctl.Run(workers, ctx) })
	}
	base.SharedInformerFactory.Start(ctx.Done())
	base.KubeSharedInformerFactory.Start(ctx.Done())
	return g.Wait()
}

func newElector(factory *controller.ContextFactory, le shared.LeaderElectionConfig, watch *leaderelection.HealthzAdaptor, elected func()) (*leaderelection.LeaderElector, error) {
	cc, err := factory.Build("leader-election")
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	lock, err := resourcelock.NewWithLabels(resourcelock.LeasesResourceLock, le.Namespace, "cert-manager-controller",
		cc.Client.CoreV1(), cc.Client.CoordinationV1(),
		resourcelock.ResourceLockConfig{Identity: host + "-external-cert-manager-controller", EventRecorder: cc.Recorder},
		map[string]string{"app.kubernetes.io/managed-by": "cert-manager"})
	if err != nil {
		return nil, err
	}
	return leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: lock, LeaseDuration: le.LeaseDuration, RenewDeadline: le.RenewDeadline, RetryPeriod: le.RetryPeriod,
		ReleaseOnCancel: true, WatchDog: watch,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { elected() },
			OnStoppedLeading: func() {},
		},
	})
}
