package cli

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/demo"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/metric"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/server"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	http, https string
	url         string
	demo        bool
	trustProxy  bool
	reach       reachFlags
	logFormat   string
	accessLog   bool
	metrics     string // the token
	tls         server.TLS
}

func serveCommand() command {
	return command{
		name: "serve", summary: "Runs the server.",
		help: `The first start makes a portal and its administrator and prints the sign-in. Later starts keep the data.
Stop it with Ctrl+C or SIGTERM: requests under way are finished first.

HTTPS uses a certificate authority of its own; 'portico ca' tells how to trust it. With a certificate of yours, or for
a public name:

  portico serve --https :443 --tls-cert portal.pem --tls-key portal.key
  portico serve --https :443 --http :80 --acme portal.example.com --acme-email you@example.com

Behind a proxy, name the address that people and applications use:

  portico serve --https "" --http 127.0.0.1:8080 --url https://portal.example.com --trust-proxy`,
		define: func(fs *flag.FlagSet) runner {
			var f serveFlags
			fs.StringVar(&f.http, "http", "127.0.0.1:8080", "listen for HTTP on `ADDR`; empty turns it off")
			fs.StringVar(&f.https, "https", "127.0.0.1:8443", "listen for HTTPS on `ADDR`; empty turns it off")
			fs.StringVar(&f.url, "url", "", "the public `URL`, where it is not that of the listeners")
			fs.BoolVar(&f.demo, "demo", false, "fill a portal that this start makes with demo data")
			fs.BoolVar(&f.trustProxy, "trust-proxy", false, "believe X-Forwarded-Proto and X-Forwarded-For")
			f.reach.define(fs)
			fs.StringVar(&f.tls.Certificate, "tls-cert", "", "answer HTTPS with the certificate in `FILE`, which is read again when it changes")
			fs.StringVar(&f.tls.Key, "tls-key", "", "the `FILE` with its key")
			fs.Var((*list)(&f.tls.ACME.Hosts), "acme", "get certificates for `HOSTS`, separated by commas, from Let's Encrypt or --acme-directory")
			fs.StringVar(&f.tls.ACME.Email, "acme-email", "", "the `ADDRESS` that the issuer writes to")
			fs.StringVar(&f.tls.ACME.Directory, "acme-directory", "", "the `URL` of another issuer")
			fs.StringVar(&f.tls.ACME.CA, "acme-ca", "", "the `FILE` with the authority of that issuer's own certificate")
			fs.BoolVar(&f.accessLog, "access-log", false, "write a line about each request to the log, without secrets")
			fs.StringVar(&f.metrics, "metrics-token", os.Getenv(metricsTokenEnv),
				"answer /metrics to who sends this `TOKEN`, or $"+metricsTokenEnv+", instead of to this machine")
			fs.StringVar(&f.logFormat, "log-format", "text", "the `FORMAT` of the log on the error output: text or json")
			return func(ctx context.Context, e *env, _ []string) error { return e.serve(ctx, f) }
		},
	}
}

// reachFlags say where the deliveries of all portals may go, whatever the settings of a portal say.
type reachFlags struct {
	refusePrivate bool
	allow, deny   []string
}

func (r *reachFlags) define(fs *flag.FlagSet) {
	fs.BoolVar(&r.refusePrivate, "reach-refuse-private", false, "let no portal's deliveries go to private addresses, but those of --reach-allow")
	fs.Var((*list)(&r.allow), "reach-allow", "`ADDRESSES`, networks and names of hosts that deliveries may go to whatever is refused")
	fs.Var((*list)(&r.deny), "reach-deny", "`ADDRESSES`, networks and names of hosts that no portal's deliveries go to")
}

// check returns what is wrong with the flags together.
func (f serveFlags) check() error {
	switch {
	case f.http == "" && f.https == "":
		return misuse("nothing to listen on: give --http or --https an address")
	case (f.tls.Certificate == "") != (f.tls.Key == ""):
		return misuse("--tls-cert and --tls-key go together")
	case f.https == "" && (f.tls.Certificate != "" || len(f.tls.ACME.Hosts) > 0):
		return misuse("certificates are for HTTPS: give --https an address")
	case len(f.tls.ACME.Hosts) == 0 && (f.tls.ACME.Email != "" || f.tls.ACME.Directory != "" || f.tls.ACME.CA != ""):
		return misuse("--acme is missing: name the hosts that get a certificate")
	}
	return nil
}

// metricsTokenEnv names the variable that stands in for --metrics-token: what is on a command line, others can read.
const metricsTokenEnv = "PORTICO_METRICS_TOKEN"

// serve runs the server until ctx ends.
func (e *env) serve(ctx context.Context, f serveFlags) error {
	log, err := e.logger(f.logFormat)
	if err != nil {
		return err
	}
	if f.url != "" {
		if f.url, err = server.CheckURL(f.url); err != nil {
			return misuse("--url: %s", fault.Of(err).Text)
		}
	}
	reach, err := event.ParsePolicy(f.reach.allow, f.reach.deny, f.reach.refusePrivate)
	if err != nil {
		return misuse("--reach-%s: %s", fault.Of(err).Field, fault.Of(err).Text)
	}
	if f.http == "" && f.https == "" {
		return misuse("nothing to listen on: give --http or --https an address")
	}

	if err := f.check(); err != nil {
		return err
	}
	if e.data, err = filepath.Abs(e.data); err != nil {
		return err
	}
	files, err := e.places()
	if err != nil {
		return err
	}
	tuneMemory()
	w := &welcome{env: e, demo: f.demo}
	numbers := metric.New()
	return server.Run(ctx, server.Config{
		Data: e.data, DatabaseURL: e.databaseURL, Files: files, HTTP: f.http, HTTPS: f.https, TLS: f.tls, URL: f.url, Clock: e.clock, Log: log,
		Metrics: numbers, MetricsToken: f.metrics, MethodClass: methodClasses(), AccessLog: f.accessLog,
		Open: func(ctx context.Context, entry server.Entry, publicURL func() string) (server.Portal, error) {
			c, err := e.portalConfig(entry, publicURL)
			if err != nil {
				return nil, err
			}
			c.Log, c.TrustProxy, c.Reach = log.With("portal", entry.Host), f.trustProxy, reach
			c.Observer, c.Backups = numbers.Portal(entry.Host), e.backups(entry)
			p, err := portal.Open(ctx, c)
			if err != nil {
				return nil, err // not p: a nil *Portal is no nil server.Portal
			}
			return p, nil
		},
		Prepare: w.prepare,
		Started: w.print,
	})
}

// methodClasses returns a function that tells to which family a REST method belongs: what its name has before the first dot, when
// there is such a method.
func methodClasses() func(string) string {
	families := map[string]string{}
	for _, m := range portal.Methods() {
		family, _, _ := strings.Cut(m.Name, ".")
		families[family] = family
	}
	return func(method string) string {
		family, _, _ := strings.Cut(method, ".")
		if known, ok := families[strings.ToLower(family)]; ok {
			return known
		}
		return "unknown"
	}
}

// CollectAt is how much the memory of a server may grow, in percent of what is in use, before garbage is collected. What is
// in use is small, a few megabytes, so the usual 100 would collect dozens of times a second under load.
const CollectAt = 400

// tuneMemory makes a busy server collect garbage less often, unless GOGC says how often.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(CollectAt)
	}
}

func (e *env) logger(format string) (*slog.Logger, error) {
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(e.stderr, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(e.stderr, nil)), nil
	}
	return nil, misuse("--log-format is text or json, not %q", format)
}

// signIn is how somebody gets in; it is shown once.
type signIn struct {
	Login    string `json:"login"`
	Password string `json:"password"`
}

// welcome is what a start tells the person who made it.
type welcome struct {
	env  *env
	demo bool

	mu      sync.Mutex
	started bool
	made    map[string]*signIn // by host; of portals that this start made
}

// prepare makes the first administrator of a portal, and the demo data where they were asked for.
func (w *welcome) prepare(ctx context.Context, entry server.Entry, p server.Portal) error {
	made, err := prepare(ctx, p.(*portal.Portal), w.demo, w.env.clock.Now())
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.made == nil {
		w.made = map[string]*signIn{}
	}
	w.made[entry.Host] = made
	if w.started && !w.env.json {
		w.env.say("\nA new portal is ready: %s\n", entry.Host)
		w.env.facts([2]string{"Sign in as", made.Login}, [2]string{"Password", made.Password + "   (shown only now)"})
	}
	return nil
}

// prepare gives a new portal its administrator and returns the sign-in. It stands a run that was cut short: nobody has
// seen the password of that one, so there is a new one.
func prepare(ctx context.Context, p *portal.Portal, withDemo bool, now time.Time) (*signIn, error) {
	made := &signIn{Login: adminLogin, Password: newPassword()}
	u, created, err := p.EnsureAdmin(ctx, firstAdmin(made.Password))
	if err == nil && !created {
		made.Login = u.Login
		err = p.Users.SetPassword(ctx, u.ID, made.Password)
	}
	if err != nil {
		return nil, err
	}
	if !withDemo {
		return made, nil
	}
	return made, demo.Fill(ctx, p, now, made.Password)
}

// print tells that the server is ready.
func (w *welcome) print(s server.Started) {
	defer debug.FreeOSMemory() // starting took memory that is not needed again
	w.mu.Lock()
	defer w.mu.Unlock()
	w.started = true
	e := w.env
	var made *signIn
	for _, m := range w.made { // several portals have been prepared by 'portal add'
		made = m
	}
	out := struct {
		URLs      []string `json:"urls"`
		Addresses []string `json:"addresses"`
		Data      string   `json:"data"`
		CA        string   `json:"ca,omitempty"`
		PID       int      `json:"pid"`
		Admin     *signIn  `json:"admin,omitempty"`
	}{s.Portals, s.Addresses, e.data, s.CA, os.Getpid(), made}
	_ = e.print(out, func() { e.greet(s, made, w.demo) }) // a closed output is no reason to stop serving
}

func (e *env) greet(s server.Started, made *signIn, withDemo bool) {
	e.say("\nPortico is ready.\n")
	var lines [][2]string
	for _, u := range s.Portals {
		lines = append(lines, [2]string{"Portal", u})
	}
	for _, a := range s.Addresses {
		lines = append(lines, [2]string{"Listening on", a})
	}
	lines = append(lines, [2]string{"Data folder", e.data})
	if e.databaseURL != "" {
		lines = append(lines, [2]string{"Database", "PostgreSQL"})
	}
	if s.CA != "" {
		lines = append(lines, [2]string{"CA certificate", s.CA + "   (to trust it: portico ca)"})
	}
	if made != nil {
		lines = append(lines, [2]string{"Sign in as", made.Login}, [2]string{"Password", made.Password + "   (shown only now)"})
	}
	e.facts(lines...)
	switch {
	case made != nil && withDemo:
		e.say("\nThe others of the demo company have the same password: %s, for example.", demo.Colleague)
	case made == nil && withDemo:
		e.say("\nThe data of an earlier start were kept. A new password: portico user password %s", adminLogin)
	case made == nil:
		e.say("\nForgotten the password? portico user password %s", adminLogin)
	}
	e.say("\nCtrl+C stops the server.")
}
