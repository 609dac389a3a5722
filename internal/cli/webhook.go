package cli

import (
	"context"
	"flag"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

// webhookOut is an inbound webhook as it is printed.
type webhookOut struct {
	ID       int64      `json:"id"`
	UserID   int64      `json:"user_id"`
	Title    string     `json:"title"`
	Scopes   []string   `json:"scope"`
	Created  time.Time  `json:"created"`
	LastUsed *time.Time `json:"last_used"`
	UsedFrom string     `json:"used_from"`
	Expires  *time.Time `json:"expires"`
	Disabled *time.Time `json:"disabled"`
}

func webhookOutOf(w app.Webhook) webhookOut {
	return webhookOut{w.ID, w.UserID, w.Title, w.Scopes, w.Created, stamp(w.LastUsed), w.UsedFrom, stamp(w.Expires), stamp(w.Disabled)}
}

func webhookAddCommand() command {
	return command{
		name: "webhook add", summary: "Makes an inbound webhook and prints its address.",
		help: `The address calls methods as the user it was made for: the name of a method follows it. It is printed once.

  portico webhook add --user 1 --scope task,im`,
		define: func(fs *flag.FlagSet) runner {
			var f app.WebhookForm
			fs.Var((*list)(&f.Scopes), "scope", "what it may do: `SCOPES`, separated by commas; * is everything")
			fs.StringVar(&f.Title, "title", "", "a `TITLE` to know it by")
			var last string
			fs.Func("expires", "the last `DAY` on which its address works, as 2026-12-31, where the user is (no end)", func(text string) error {
				_, err := time.Parse(time.DateOnly, text)
				last = text
				return err
			})
			name := fs.String("user", "", "the `USER` it acts as: number, login or e-mail address (the first administrator)")
			url := urlFlag(fs)
			return func(ctx context.Context, e *env, _ []string) error { return e.webhookAdd(ctx, f, *name, last, *url) }
		},
	}
}

func (e *env) webhookAdd(ctx context.Context, f app.WebhookForm, name, last, publicURL string) error {
	if len(f.Scopes) == 0 {
		return misuse("--scope is missing; * gives it everything")
	}
	return e.changePortal(ctx, publicURL, func(p *portal.Portal) error {
		u, err := person(ctx, p, name)
		if err != nil {
			return err
		}
		f.Expires = dayOver(last, u.TimeZone)
		w, code, err := p.Apps.CreateWebhook(ctx, user.Ref{ID: u.ID, Admin: u.Admin, Access: access.OwnWebhooks}, f) // who has the database may
		if err != nil {
			return err
		}
		out := struct {
			URL string `json:"url"`
			webhookOut
		}{p.Apps.WebhookURL(w.UserID, code), webhookOutOf(w)}
		return e.print(out, func() {
			e.say("The webhook was made. It acts as %s.\n", u.DisplayName())
			e.facts([2]string{"Number", strconv.FormatInt(w.ID, 10)}, [2]string{"Scope", strings.Join(w.Scopes, ",")},
				[2]string{"Address", out.URL + "   (shown only now)"})
		})
	})
}

// dayOver returns when a day, as 2026-12-31, is over in a time zone; the zero time for no day. A zone that is not known is UTC.
func dayOver(day, zone string) time.Time {
	where, err := time.LoadLocation(zone)
	if err != nil {
		where = time.UTC
	}
	t, err := time.ParseInLocation(time.DateOnly, day, where)
	if err != nil {
		return time.Time{}
	}
	return t.AddDate(0, 0, 1)
}

func webhookListCommand() command {
	return listing[app.Webhook, webhookOut]{
		name: "webhook list", summary: "Lists the inbound webhooks.",
		none:    "There are no webhooks.",
		columns: []string{"NUMBER", "USER", "TITLE", "SCOPE", "CREATED", "LAST USED", "STATE"},
		list: func(ctx context.Context, p *portal.Portal) ([]app.Webhook, error) {
			return p.Apps.Webhooks(ctx, operator)
		},
		out: webhookOutOf,
		row: func(e *env, w app.Webhook) []string {
			return []string{
				strconv.FormatInt(w.ID, 10), strconv.FormatInt(w.UserID, 10), w.Title, strings.Join(w.Scopes, ","), day(w.Created), day(w.LastUsed),
				string(w.State(e.clock.Now())),
			}
		},
	}.command()
}

func webhookDisableCommand() command {
	return webhookSwitch("webhook disable", "Switches an inbound webhook off; its address is refused.", false)
}

func webhookEnableCommand() command {
	return webhookSwitch("webhook enable", "Switches an inbound webhook on again.", true)
}

func webhookSwitch(name, summary string, on bool) command {
	return command{
		name: name, args: "NUMBER", summary: summary,
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, args []string) error {
				id, err := numberOf("a webhook", args[0])
				if err != nil {
					return err
				}
				return e.changePortal(ctx, "", func(p *portal.Portal) error {
					w, err := p.Apps.SwitchWebhook(ctx, operator, id, on)
					if err != nil {
						return err
					}
					return e.print(webhookOutOf(w), func() { e.say("The webhook %d is %s.", id, map[bool]string{true: "on", false: "off"}[on]) })
				})
			}
		},
	}
}

func webhookRemoveCommand() command {
	return command{
		name: "webhook remove", args: "NUMBER", summary: "Removes an inbound webhook; its address is dead at once.",
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, args []string) error {
				id, err := numberOf("a webhook", args[0])
				if err != nil {
					return err
				}
				return e.changePortal(ctx, "", func(p *portal.Portal) error {
					if err := p.Apps.RemoveWebhook(ctx, operator, id); err != nil {
						return err
					}
					return e.print(removed{id, true}, func() { e.say("The webhook %d was removed.", id) })
				})
			}
		},
	}
}
