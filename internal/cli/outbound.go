package cli

import (
	"context"
	"flag"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/portal"
)

// outboundOut is an outbound webhook as it is printed.
type outboundOut struct {
	ID      int64     `json:"id"`
	Name    string    `json:"name"`
	URL     string    `json:"url"`
	Events  []string  `json:"events"`
	Token   string    `json:"application_token"`
	Paused  bool      `json:"paused"`
	Waiting int64     `json:"waiting"`
	Dead    int64     `json:"dead"`
	Created time.Time `json:"created"`
}

func outboundOutOf(o app.Outbound) outboundOut {
	return outboundOut{o.ID, o.Name, o.URL, o.Events, o.Token, o.State.Paused, o.State.Waiting, o.State.Dead, o.Created}
}

func outboundAddCommand() command {
	return command{
		name: "outbound add", summary: "Makes an outbound webhook, which tells a handler of events.",
		help: `Each event is posted to the handler as a form with the application_token. The signing secret is printed once.

  portico outbound add --name CRM --handler http://crm:8080/in --event ONTASKADD,ONUSERADD`,
		define: func(fs *flag.FlagSet) runner {
			var f app.OutboundForm
			fs.StringVar(&f.Name, "name", "", "a `NAME` to know it by")
			fs.StringVar(&f.URL, "handler", "", "the `URL` of the handler")
			fs.Var((*list)(&f.Events), "event", "what it hears of: `EVENTS`, separated by commas; all is every one")
			owner := fs.String("user", "", "the `USER` who adds it (the first administrator)")
			return func(ctx context.Context, e *env, _ []string) error { return e.outboundAdd(ctx, f, *owner) }
		},
	}
}

func (e *env) outboundAdd(ctx context.Context, f app.OutboundForm, owner string) error {
	switch {
	case f.URL == "":
		return misuse("--handler is missing")
	case len(f.Events) == 0:
		return misuse("--event is missing")
	}
	return e.changePortal(ctx, "", func(p *portal.Portal) error {
		u, err := person(ctx, p, owner)
		if err != nil {
			return err
		}
		if len(f.Events) == 1 && strings.EqualFold(f.Events[0], "all") {
			f.Events = nil
			for _, x := range p.Apps.OutboundEvents() {
				f.Events = append(f.Events, x.Name)
			}
		}
		made, err := p.Apps.CreateOutbound(ctx, u.Ref(), f)
		if err != nil {
			return err
		}
		out := struct {
			outboundOut
			Secret string `json:"signing_secret"`
		}{outboundOutOf(made.Outbound), made.SigningSecret}
		return e.print(out, func() {
			e.say("The outbound webhook %s was made.\n", out.Name)
			e.facts([2]string{"Number", strconv.FormatInt(out.ID, 10)}, [2]string{"Handler", out.URL}, [2]string{"Events", strings.Join(out.Events, ",")},
				[2]string{"application_token", out.Token}, [2]string{"Signing secret", out.Secret + "   (shown only now)"})
		})
	})
}

func outboundListCommand() command {
	return listing[app.Outbound, outboundOut]{
		name: "outbound list", summary: "Lists the outbound webhooks.",
		none:    "There are no outbound webhooks.",
		columns: []string{"NUMBER", "NAME", "HANDLER", "EVENTS", "PAUSED", "WAITING", "PUT ASIDE"},
		list: func(ctx context.Context, p *portal.Portal) ([]app.Outbound, error) {
			return p.Apps.Outbounds(ctx, operator)
		},
		out: outboundOutOf,
		row: func(_ *env, o app.Outbound) []string {
			return []string{
				strconv.FormatInt(o.ID, 10), o.Name, o.URL, strings.Join(o.Events, ","), yes(o.State.Paused),
				strconv.FormatInt(o.State.Waiting, 10), strconv.FormatInt(o.State.Dead, 10),
			}
		},
	}.command()
}

// outboundCommand is a command on one outbound webhook.
func outboundCommand(name, summary, done string, do func(ctx context.Context, p *portal.Portal, id int64) error) command {
	return command{
		name: name, args: "NUMBER", summary: summary,
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, args []string) error {
				id, err := numberOf("an outbound webhook", args[0])
				if err != nil {
					return err
				}
				return e.changePortal(ctx, "", func(p *portal.Portal) error {
					if err := do(ctx, p, id); err != nil {
						return err
					}
					return e.print(struct {
						ID int64 `json:"id"`
					}{id}, func() { e.say("The outbound webhook %d %s.", id, done) })
				})
			}
		},
	}
}

func outboundPauseCommand() command {
	return outboundCommand("outbound pause", "Holds back what is for an outbound webhook.", "was paused",
		func(ctx context.Context, p *portal.Portal, id int64) error {
			_, err := p.Apps.PauseOutbound(ctx, operator, id)
			return err
		})
}

func outboundResumeCommand() command {
	return outboundCommand("outbound resume", "Sends what was held back for an outbound webhook.", "was resumed",
		func(ctx context.Context, p *portal.Portal, id int64) error {
			_, err := p.Apps.ResumeOutbound(ctx, operator, id)
			return err
		})
}

func outboundRemoveCommand() command {
	return outboundCommand("outbound remove", "Removes an outbound webhook; what waits for it is not sent.", "was removed",
		func(ctx context.Context, p *portal.Portal, id int64) error {
			return p.Apps.RemoveOutbound(ctx, operator, id)
		})
}
