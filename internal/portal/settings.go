package portal

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/conformance"
	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/web"
)

// Documents are the settings of a portal, for the command line.
func Documents() []setting.Document {
	return []setting.Document{
		setting.DocumentOf(setting.GeneralKey, "What the portal is called."),
		setting.DocumentOf(setting.APIKey, "Limits of the REST API, whether webhooks are treated leniently, and whether answers warn developers."),
		setting.DocumentOf(audit.RetentionKey, "For how many days entries of the audit log are kept; 0 is for ever."),
		setting.DocumentOf(event.SettingsKey, "Where events may be posted, and how long deliveries are kept."),
		setting.DocumentOf(file.PublicKey, "Whether files may be shown by public links, and for how many days."),
		setting.DocumentOf(file.LimitsKey, "How large a file may be, and all files of the portal together."),
		setting.DocumentOf(im.RulesKey, "How long messages may be changed by who sent them, and whether linked sites are asked for previews."),
		setting.DocumentOf(console.SettingsKey, "What the console logs and for how long."),
	}
}

// ChangeSetting changes the fields of a setting that raw, a JSON object, names.
func (p *Portal) ChangeSetting(ctx context.Context, d setting.Document, raw []byte) error {
	return p.Audit.ChangeSetting(ctx, p.Settings, d, raw)
}

// messageRules are what the administrators decided about messages.
func (p *Portal) messageRules(ctx context.Context) (im.Rules, error) {
	return setting.Load(ctx, p.Settings, im.RulesKey)
}

// policy is how the REST API treats its callers now. It is asked for every request, so what cannot be read is what it was.
func (p *Portal) policy(ctx context.Context) rest.Policy {
	a, err := setting.Load(ctx, p.Settings, setting.APIKey)
	if err != nil {
		if last := p.lastPolicy.Load(); last != nil {
			return *last
		}
		return rest.Policy{}
	}
	now := policyOf(a)
	if last := p.lastPolicy.Load(); last == nil || *last != now {
		p.lastPolicy.Store(&now)
	}
	return now
}

func policyOf(a setting.API) rest.Policy {
	return rest.Policy{
		Limits: rest.Limits{
			Burst: a.Burst, PerSecond: a.PerSecond, Operating: time.Duration(a.OperatingSeconds) * time.Second,
		},
		Lenient: a.Lenient, Unprotected: a.Unprotected, Warnings: a.Warnings,
	}
}

// warnings tells in words in which respects a call departs from the documentation of its method.
func warnings(m *rest.Method, kind rest.AuthKind, params phpform.Value) []string {
	var out []string
	for _, w := range conformance.Check(m, kind, params) {
		out = append(out, w.Text()+" See "+w.Page)
	}
	return out
}

// name is what the portal is called.
func (p *Portal) name() string {
	g, err := setting.Load(context.Background(), p.Settings, setting.GeneralKey)
	if err != nil || g.Name == "" {
		return p.config.Name
	}
	return g.Name
}

// banner tells administrators of settings with which applications do not meet what they will in the cloud.
func (p *Portal) banner(v web.Viewer) *web.Banner {
	if !v.May(access.ChangeSettings) {
		return nil
	}
	now := p.policy(context.Background())
	b := &web.Banner{URL: settingweb.LimitsURL, Link: "API limits"}
	switch {
	case now.Lenient:
		b.Text = "This portal is lenient about webhooks: they may call methods that the cloud keeps for applications."
	case now.Unprotected:
		b.Text = "The protection of the server is turned off."
	default:
		return nil
	}
	return b
}

// fromProxy puts the client's address, which a trusted proxy tells, in the place of the proxy's own: everything behind it
// counts, throttles and logs by RemoteAddr.
func (p *Portal) fromProxy(r *http.Request) *http.Request {
	if !p.config.TrustProxy {
		return r
	}
	client := web.ClientAddr(r)
	if client == "" {
		return r
	}
	r = r.WithContext(r.Context()) // a copy that may be changed
	r.RemoteAddr = net.JoinHostPort(client, "0")
	return r
}
