// Command cert-manager is cert-manager's controller, webhook, cainjector and startupapicheck in one binary. Upstream's
// main packages are modules of their own that are not published, so this assembles the four programs from the packages
// of the root module. Most of those are internal, hence this module's name (see go.mod).
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"
	cliflag "k8s.io/component-base/cli/flag"
	logsapi "k8s.io/component-base/logs/api/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	cmdutil "github.com/cert-manager/cert-manager/internal/cmd/util"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util"
	utilfeature "github.com/cert-manager/cert-manager/pkg/util/feature"
)

var commands = map[string]func(context.Context, []string) error{
	"controller":      runController,
	"webhook":         runWebhook,
	"cainjector":      runCAInjector,
	"startupapicheck": runStartupAPICheck,
}

func main() {
	name, args := filepath.Base(os.Args[0]), os.Args[1:]
	if commands[name] == nil && len(args) > 0 { // not called through a link: "cert-manager controller ..."
		name, args = args[0], args[1:]
	}
	run := commands[name]
	if run == nil {
		fmt.Fprintln(os.Stderr, "usage: cert-manager controller|webhook|cainjector|startupapicheck ARGS...")
		os.Exit(2)
	}

	behavior := cmdutil.GracefulShutdown
	if name == "startupapicheck" {
		behavior = cmdutil.AlwaysErrCode
	}
	ctx, exit := cmdutil.SetupExitHandler(context.Background(), behavior)
	defer exit() // may call os.Exit, so deferred first
	logf.InitLogs()
	defer logf.FlushLogs()
	ctrl.SetLogger(logf.Log)
	ctx = logf.NewContext(ctx, logf.Log, name)
	if err := run(ctx, args); err != nil {
		logf.Log.Error(err, "error executing command")
		cmdutil.SetExitCode(err)
	}
}

// parse reads args and puts feature gates and logging into force.
func parse(ctx context.Context, fs *pflag.FlagSet, args []string, gates *map[string]bool, logging *logsapi.LoggingConfiguration) error {
	if err := fs.Parse(args); err != nil {
		return err
	}
	if err := utilfeature.DefaultMutableFeatureGate.SetFromMap(*gates); err != nil {
		return err
	}
	if err := logf.ValidateAndApply(logging); err != nil {
		return err
	}
	v := util.VersionInfo()
	logf.FromContext(ctx).Info("starting cert-manager "+fs.Name(), "version", v.GitVersion, "go_version", v.GoVersion, "platform", v.Platform)
	return nil
}

func featureGatesFlag(fs *pflag.FlagSet, gates *map[string]bool) {
	fs.Var(cliflag.NewMapStringBool(gates), "feature-gates", "A set of key=value pairs that describe feature gates. Options are:\n"+
		strings.Join(utilfeature.DefaultFeatureGate.KnownFeatures(), "\n"))
}
