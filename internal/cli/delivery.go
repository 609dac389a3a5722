package cli

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/portal"
)

// deliveryOut is a delivery as it is printed.
type deliveryOut struct {
	ID       int64      `json:"id"`
	Event    string     `json:"event"`
	AppID    int64      `json:"app_id"`
	HookID   int64      `json:"outbound_id"`
	URL      string     `json:"url"`
	State    string     `json:"state"`
	Attempts int64      `json:"attempts"`
	Created  time.Time  `json:"created"`
	LastAt   *time.Time `json:"last_at"`
	Status   int        `json:"status"`
	Answer   string     `json:"answer"`
}

func deliveryListCommand() command {
	return command{
		name: "delivery list", summary: "Lists the newest deliveries of events.",
		help: "What an attempt sent and what was answered is in the console: Developer resources, Console, Deliveries.",
		define: func(fs *flag.FlagSet) runner {
			var q event.DeliveryQuery
			state := fs.String("state", "", "those in a `STATE`: pending, sent or dead (put aside)")
			fs.StringVar(&q.Event, "event", "", "those of an `EVENT`")
			fs.Int64Var(&q.AppID, "app", 0, "those for the application with a `NUMBER`")
			fs.StringVar(&q.Handler, "handler", "", "those whose handler's address has a `TEXT` in it")
			fs.IntVar(&q.Limit, "limit", 20, "`HOW-MANY` of them, at most 200")
			return func(ctx context.Context, e *env, _ []string) error { return e.deliveryList(ctx, q, *state) }
		},
	}
}

func (e *env) deliveryList(ctx context.Context, q event.DeliveryQuery, state string) error {
	if state != "" {
		s, ok := event.ParseState(state)
		if !ok {
			return misuse("--state is pending, sent or dead, not %q", state)
		}
		q.State = &s
	}
	if q.Limit < 1 || q.Limit > event.MaxDeliveries {
		return misuse("--limit is a number from 1 to %d", event.MaxDeliveries)
	}
	return e.inPortal(ctx, "", func(p *portal.Portal) error {
		page, err := p.Events.Deliveries(ctx, q)
		if err != nil {
			return err
		}
		out, rows := []deliveryOut{}, [][]string{}
		for _, d := range page.Items {
			out = append(out, deliveryOut{
				d.ID, d.Event, d.Lane.AppID, d.Lane.HookID, d.Lane.URL, d.State.String(), d.Attempts, d.Created, stamp(d.LastAt), d.Status, d.Answer,
			})
			rows = append(rows, []string{
				strconv.FormatInt(d.ID, 10), d.Event, d.State.String(), strconv.FormatInt(d.Attempts, 10), strconv.Itoa(d.Status), d.Lane.URL,
			})
		}
		return e.print(out, func() {
			e.table("There are no such deliveries.", []string{"NUMBER", "EVENT", "STATE", "ATTEMPTS", "STATUS", "HANDLER"}, rows)
		})
	})
}

func deliveryRetryCommand() command {
	return command{
		name: "delivery retry", summary: "Puts back deliveries that were put aside, to be sent by the running server.",
		help: "Without a flag it puts back all of them.",
		define: func(fs *flag.FlagSet) runner {
			var q event.DeliveryQuery
			id := fs.Int64("number", 0, "only the one with a `NUMBER`")
			fs.StringVar(&q.Event, "event", "", "those of an `EVENT`")
			fs.Int64Var(&q.AppID, "app", 0, "those for the application with a `NUMBER`")
			fs.StringVar(&q.Handler, "handler", "", "those whose handler's address has a `TEXT` in it")
			return func(ctx context.Context, e *env, _ []string) error {
				return e.changePortal(ctx, "", func(p *portal.Portal) error {
					n := int64(1)
					var err error
					if *id != 0 {
						err = p.Events.Retry(ctx, operator, *id)
					} else {
						n, err = p.Events.RetryAll(ctx, operator, q)
					}
					if err != nil {
						return err
					}
					return e.print(struct {
						Retried int64 `json:"retried"`
					}{n}, func() { e.say("%d were put back.", n) })
				})
			}
		},
	}
}

// reachOut is the settings of deliveries as they are printed.
type reachOut struct {
	RefusePrivate bool               `json:"refuse_private"`
	Allow         []string           `json:"allow"`
	Deny          []string           `json:"deny"`
	Apps          map[int64][]string `json:"apps"`
	KeepSent      int64              `json:"keep_sent_hours"`
	KeepDead      int64              `json:"keep_dead_days"`
}

func deliverySettingsCommand() command {
	return command{
		name: "delivery settings", summary: "Shows or changes where a portal's deliveries may go and how long they are kept.",
		help: `Lists hold addresses, networks and names of hosts; --allow "" empties one. What no flag names stays as it is. A change
holds from the next attempt on. 'portico serve' has flags of the same kind for all portals of a server.

  portico delivery settings --refuse-private --allow 10.1.0.0/16,crm --app 3=127.0.0.1`,
		define: func(fs *flag.FlagSet) runner {
			refuse := fs.Bool("refuse-private", false, "go to the public internet only, and to what is allowed")
			allow := fs.String("allow", "", "`ADDRESSES` that are reached whatever is refused")
			deny := fs.String("deny", "", "`ADDRESSES` that are not reached")
			one := fs.String("app", "", "`NUMBER=ADDRESSES` that one application may reach besides")
			sent := fs.Int64("keep-sent", 0, "`HOURS` that a delivery that was sent is kept")
			dead := fs.Int64("keep-dead", 0, "`DAYS` that one that was put aside is kept")
			return func(ctx context.Context, e *env, _ []string) error {
				changes := map[string]func(*event.Settings) error{
					"refuse-private": func(s *event.Settings) error { s.RefusePrivate = *refuse; return nil },
					"allow":          func(s *event.Settings) error { s.Allow = listOf(*allow); return nil },
					"deny":           func(s *event.Settings) error { s.Deny = listOf(*deny); return nil },
					"app":            func(s *event.Settings) error { return allowOne(s, *one) },
					"keep-sent":      func(s *event.Settings) error { s.KeepSent = *sent; return nil },
					"keep-dead":      func(s *event.Settings) error { s.KeepDead = *dead; return nil },
				}
				var do []func(*event.Settings) error
				fs.Visit(func(f *flag.Flag) {
					if c := changes[f.Name]; c != nil {
						do = append(do, c)
					}
				})
				return e.deliverySettings(ctx, do)
			}
		},
	}
}

// listOf returns what is separated by commas.
func listOf(text string) []string {
	var l list
	_ = l.Set(text) // never fails
	return l
}

// allowOne gives one application addresses of its own.
func allowOne(s *event.Settings, text string) error {
	number, addresses, ok := strings.Cut(text, "=")
	id, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || id <= 0 {
		return misuse("--app is NUMBER=ADDRESSES, not %q", text)
	}
	apps := map[int64][]string{id: listOf(addresses)}
	for other, entries := range s.Apps {
		if other != id {
			apps[other] = entries
		}
	}
	s.Apps = apps
	return nil
}

func (e *env) deliverySettings(ctx context.Context, do []func(*event.Settings) error) error {
	in := e.inPortal
	if len(do) > 0 {
		in = e.changePortal
	}
	return in(ctx, "", func(p *portal.Portal) error {
		s, err := p.Events.Settings(ctx)
		if err != nil {
			return err
		}
		for _, change := range do {
			if err := change(&s); err != nil {
				return err
			}
		}
		if len(do) > 0 {
			if err := p.Events.SaveSettings(ctx, operator, s); err != nil {
				return err
			}
		}
		return e.print(reachOut(s), func() { e.deliveryFacts(s) })
	})
}

func (e *env) deliveryFacts(s event.Settings) {
	lines := [][2]string{
		{"Private addresses refused", yes(s.RefusePrivate)}, {"Always allowed", strings.Join(s.Allow, ", ")}, {"Never reached", strings.Join(s.Deny, ", ")},
	}
	for id, entries := range s.Apps {
		lines = append(lines, [2]string{fmt.Sprint("Allowed for application ", id), strings.Join(entries, ", ")})
	}
	lines = append(lines, [2]string{"Sent ones are kept", fmt.Sprint(s.KeepSent, " hours")}, [2]string{"Those put aside are kept", fmt.Sprint(s.KeepDead, " days")})
	e.facts(lines...)
}
