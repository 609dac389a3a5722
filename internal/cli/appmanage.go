package cli

import (
	"context"
	"flag"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/app/appweb"
	"github.com/portico-hq/portico/internal/portal"
)

// maxHolders is how many people app show lists; the page of the application has all.
const maxHolders = 1000

// appShown is everything that is known of an application, as it is printed.
type appShown struct {
	appOut
	CreatedBy   int64       `json:"created_by"`
	LastUsed    *time.Time  `json:"last_used"`
	OldSecret   *time.Time  `json:"old_secret_until"`
	Events      []eventOut  `json:"events"`
	Bots        []botOut    `json:"bots"`
	Placements  []placeOut  `json:"placements"`
	People      int64       `json:"people"`
	Tokens      []holderOut `json:"tokens"`
	TokenRaces  []raceOut   `json:"token_races"`
	Application string      `json:"application_token"`
}

type eventOut struct {
	Event   string `json:"event"`
	Handler string `json:"handler"`
}

type botOut struct {
	ID   int64  `json:"id"`
	Code string `json:"code"`
}

type placeOut struct {
	Placement string `json:"placement"`
	Handler   string `json:"handler"`
}

type holderOut struct {
	UserID    int64      `json:"user_id"`
	Access    int64      `json:"access"`
	Renewable int64      `json:"renewable"`
	LastUsed  *time.Time `json:"last_used"`
	Address   string     `json:"address"`
}

type raceOut struct {
	UserID int64     `json:"user_id"`
	Kind   string    `json:"kind"`
	Times  int64     `json:"times"`
	Last   time.Time `json:"last"`
}

func appShowCommand() command {
	return command{
		name: "app show", args: "APP", summary: "Shows an application with what it has and whom it acts for.",
		help: "APP is a number or a client_id.",
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, args []string) error {
				return e.inPortal(ctx, "", func(p *portal.Portal) error {
					a, err := findApp(ctx, p, args[0])
					if err != nil {
						return err
					}
					out, err := shownApp(ctx, p, a)
					if err != nil {
						return err
					}
					return e.print(out, func() { e.sayApp(out) })
				})
			}
		},
	}
}

func shownApp(ctx context.Context, p *portal.Portal, a app.App) (out appShown, err error) {
	out = appShown{appOut: appOutOf(a), CreatedBy: a.OwnerID, LastUsed: stamp(a.LastUsed), Application: a.Token}
	until, err := p.Apps.OldSecretUntil(ctx, a.ID)
	if err != nil {
		return out, err
	}
	out.OldSecret = stamp(until)
	has, err := p.Belonging(ctx, a.ID)
	if err != nil {
		return out, err
	}
	out.belongs(has)
	holders, total, err := p.Apps.Holders(ctx, operator, a.ID, 0, maxHolders)
	if err != nil {
		return out, err
	}
	out.People, out.Tokens, out.TokenRaces = total, []holderOut{}, []raceOut{}
	for _, h := range holders {
		out.Tokens = append(out.Tokens, holderOut{h.UserID, h.Tokens, h.Renewable, stamp(h.LastUsed), h.Address})
	}
	races, err := p.Apps.Races(ctx, a.ID)
	for _, r := range races {
		out.TokenRaces = append(out.TokenRaces, raceOut{r.UserID, string(r.Kind), r.Times, r.Last})
	}
	return out, err
}

// belongs notes what the application has on the portal.
func (a *appShown) belongs(has appweb.Belonging) {
	a.Events, a.Bots, a.Placements = []eventOut{}, []botOut{}, []placeOut{}
	for _, x := range has.Events {
		a.Events = append(a.Events, eventOut{x.Name, x.Handler})
	}
	for _, x := range has.Bots {
		a.Bots = append(a.Bots, botOut{x.ID, x.Code})
	}
	for _, x := range has.Places {
		a.Placements = append(a.Placements, placeOut{x.Code, x.Handler})
	}
}

func (e *env) sayApp(a appShown) {
	used := "never"
	if a.LastUsed != nil {
		used = a.LastUsed.Format(time.DateTime)
	}
	e.say("%s\n", a.Name)
	e.facts([2]string{"Number", strconv.FormatInt(a.ID, 10)}, [2]string{"client_id", a.ClientID},
		[2]string{"application_token", a.Application}, [2]string{"Handler", a.HandlerURL}, [2]string{"Installation", a.InstallURL},
		[2]string{"Scope", strings.Join(a.Scopes, ",")}, [2]string{"Installed", yes(a.Installed)}, [2]string{"Last activity", used})
	for _, x := range a.Events {
		e.say("  Event       %s  %s", x.Event, x.Handler)
	}
	for _, x := range a.Bots {
		e.say("  Bot         %d  %s", x.ID, x.Code)
	}
	for _, x := range a.Placements {
		e.say("  Placement   %s  %s", x.Placement, x.Handler)
	}
	for _, x := range a.TokenRaces {
		e.say("  Token race  %s, user %d, %d times, last %s", x.Kind, x.UserID, x.Times, x.Last.Format(time.DateTime))
	}
	rows := make([][]string, len(a.Tokens))
	for i, t := range a.Tokens {
		last := "never"
		if t.LastUsed != nil {
			last = t.LastUsed.Format(time.DateTime)
		}
		rows[i] = []string{strconv.FormatInt(t.UserID, 10), strconv.FormatInt(t.Access, 10), strconv.FormatInt(t.Renewable, 10), last, t.Address}
	}
	e.say("")
	e.table("It holds nobody's tokens.", []string{"USER", "ACCESS", "RENEWABLE", "LAST USED", "FROM"}, rows)
}

func appUpdateCommand() command {
	return command{
		name: "app update", args: "APP", summary: "Changes an application.",
		help: "APP is a number or a client_id. What no flag names stays as it is. New permissions hold from the next call on.",
		define: func(fs *flag.FlagSet) runner {
			var f app.Form
			fs.StringVar(&f.Name, "name", "", "its `NAME`")
			fs.StringVar(&f.HandlerURL, "handler", "", "the `URL` of its page or its events")
			fs.StringVar(&f.InstallURL, "install", "", "the `URL` that is called for the installation")
			fs.StringVar(&f.MenuTitle, "menu-title", "", "the `TITLE` of its menu item")
			fs.Var((*list)(&f.Scopes), "scope", "all that it may do: `SCOPES`, separated by commas")
			fs.Int64Var(&f.Version, "version", 0, "its `VERSION`: a higher one sends it ONAPPUPDATE")
			return func(ctx context.Context, e *env, args []string) error {
				given := map[string]bool{}
				fs.Visit(func(x *flag.Flag) { given[x.Name] = true })
				return e.onApp(ctx, args[0], func(p *portal.Portal, a app.App) error { return e.appUpdate(ctx, p, a, f, given) })
			}
		},
	}
}

func (e *env) appUpdate(ctx context.Context, p *portal.Portal, a app.App, f app.Form, given map[string]bool) error {
	form := a.Form()
	for name, set := range map[string]func(){
		"name":       func() { form.Name = f.Name },
		"handler":    func() { form.HandlerURL = f.HandlerURL },
		"install":    func() { form.InstallURL = f.InstallURL },
		"menu-title": func() { form.MenuTitle = f.MenuTitle },
		"scope":      func() { form.Scopes = f.Scopes },
		"version":    func() { form.Version = f.Version },
	} {
		if given[name] {
			set()
		}
	}
	added, removed := app.ScopeChange(a.Scopes, form.Scopes)
	a, err := p.Apps.Update(ctx, operator, a.ID, form)
	if err != nil {
		return err
	}
	return e.print(appOutOf(a), func() {
		e.say("%s was changed.", a.Name)
		e.facts([2]string{"Permissions given", strings.Join(added, ",")}, [2]string{"Permissions taken away", strings.Join(removed, ",")})
	})
}

func appRotateSecretCommand() command {
	return command{
		name: "app rotate-secret", args: "APP", summary: "Gives an application a new client secret and prints it.",
		help: `APP is a number or a client_id. The old secret works for 24 hours more, so that there is time to bring the new one to
every part of the application; after a leak, end it at once with --now.`,
		define: func(fs *flag.FlagSet) runner {
			now := fs.Bool("now", false, "the old secret stops working at once")
			return func(ctx context.Context, e *env, args []string) error {
				return e.onApp(ctx, args[0], func(p *portal.Portal, a app.App) error {
					secret, err := p.Apps.RotateSecret(ctx, operator, a.ID, !*now)
					if err != nil {
						return err
					}
					until, err := p.Apps.OldSecretUntil(ctx, a.ID)
					if err != nil {
						return err
					}
					out := struct {
						ID           int64      `json:"id"`
						ClientID     string     `json:"client_id"`
						ClientSecret string     `json:"client_secret"`
						OldUntil     *time.Time `json:"old_secret_until"`
					}{a.ID, a.ClientID, secret, stamp(until)}
					return e.print(out, func() {
						e.facts([2]string{"client_id", a.ClientID}, [2]string{"client_secret", secret + "   (shown only now)"})
					})
				})
			}
		},
	}
}

func appRevokeCommand() command {
	return command{
		name: "app revoke", args: "APP", summary: "Takes back the tokens of an application; they are dead at once.",
		help: "APP is a number or a client_id. It gets new tokens when somebody allows, opens or installs it again, and with its next event.",
		define: func(fs *flag.FlagSet) runner {
			name := fs.String("user", "", "only those of this `USER`: number, login or e-mail address")
			return func(ctx context.Context, e *env, args []string) error {
				return e.onApp(ctx, args[0], func(p *portal.Portal, a app.App) error { return e.appRevoke(ctx, p, a, *name) })
			}
		},
	}
}

func (e *env) appRevoke(ctx context.Context, p *portal.Portal, a app.App, name string) error {
	out := struct {
		ID      int64 `json:"id"`
		UserID  int64 `json:"user_id"` // 0: everybody
		Revoked bool  `json:"revoked"`
	}{ID: a.ID, Revoked: true}
	if name == "" {
		if _, err := p.Apps.RevokeTokens(ctx, operator, a.ID); err != nil {
			return err
		}
		return e.print(out, func() { e.say("All tokens of %s were revoked.", a.Name) })
	}
	u, err := person(ctx, p, name)
	if err != nil {
		return err
	}
	if _, err := p.Apps.RevokeFrom(ctx, operator, a.ID, u.ID); err != nil {
		return err
	}
	out.UserID = u.ID
	return e.print(out, func() { e.say("The tokens with which %s acts for %s were revoked.", a.Name, u.DisplayName()) })
}
