package cli

import (
	"context"
	"flag"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

// operator acts for whoever runs the command line.
var operator = user.Ref{Admin: true}

// appOut is an application as it is printed.
type appOut struct {
	ID         int64     `json:"id"`
	ClientID   string    `json:"client_id"`
	Name       string    `json:"name"`
	HandlerURL string    `json:"handler"`
	InstallURL string    `json:"install"`
	Scopes     []string  `json:"scope"`
	APIOnly    bool      `json:"api_only"`
	Installed  bool      `json:"installed"`
	Created    time.Time `json:"created"`
}

func appOutOf(a app.App) appOut {
	return appOut{a.ID, a.ClientID, a.Name, a.HandlerURL, a.InstallURL, a.Scopes, a.APIOnly, a.Installed, a.Created}
}

// appMade is a new application with what is shown once.
type appMade struct {
	appOut
	ClientSecret     string `json:"client_secret"`
	ApplicationToken string `json:"application_token"`
}

func appAddCommand() command {
	return command{
		name: "app add", summary: "Adds a local application and installs it.",
		help: `An application that uses only the API gets ONAPPINSTALL at its installation address from the running server, or
from the next one. One with pages is installed when its installation page has been opened. The secret is printed
once.

  portico app add --name ReportBot --handler http://127.0.0.1:9100/bot.php --install http://127.0.0.1:9100/bot.php \
    --scope im,imbot,task --api-only`,
		define: func(fs *flag.FlagSet) runner {
			var f app.Form
			fs.StringVar(&f.Name, "name", "", "its `NAME`")
			fs.StringVar(&f.HandlerURL, "handler", "", "the `URL` of its page or its events")
			fs.StringVar(&f.InstallURL, "install", "", "the `URL` that is called for the installation")
			fs.Var((*list)(&f.Scopes), "scope", "what it may do: `SCOPES`, separated by commas")
			fs.BoolVar(&f.APIOnly, "api-only", false, "it has no pages in the portal")
			fs.StringVar(&f.MenuTitle, "menu-title", "", "the `TITLE` of its menu item")
			owner := fs.String("user", "", "the `USER` who adds it (the first administrator)")
			return func(ctx context.Context, e *env, _ []string) error { return e.appAdd(ctx, f, *owner) }
		},
	}
}

func (e *env) appAdd(ctx context.Context, f app.Form, owner string) error {
	switch {
	case f.Name == "":
		return misuse("--name is missing")
	case f.HandlerURL == "":
		return misuse("--handler is missing")
	}
	return e.changePortal(ctx, "", func(p *portal.Portal) error {
		u, err := person(ctx, p, owner)
		if err != nil {
			return err
		}
		made, err := p.Apps.Create(ctx, u.Ref(), f)
		if err != nil {
			return err
		}
		out := appMade{appOutOf(made.App), made.ClientSecret, made.Token}
		return e.print(out, func() {
			e.say("The application %s was added.\n", out.Name)
			e.facts([2]string{"Number", strconv.FormatInt(out.ID, 10)}, [2]string{"client_id", out.ClientID},
				[2]string{"client_secret", out.ClientSecret + "   (shown only now)"}, [2]string{"application_token", out.ApplicationToken},
				[2]string{"Installed", yes(out.Installed)})
		})
	})
}

func appListCommand() command {
	return listing[app.App, appOut]{
		name: "app list", summary: "Lists the applications.",
		none: "There are no applications.", columns: []string{"NUMBER", "NAME", "CLIENT_ID", "SCOPE", "INSTALLED", "HANDLER"},
		list: func(ctx context.Context, p *portal.Portal) ([]app.App, error) { return p.Apps.List(ctx, operator) },
		out:  appOutOf,
		row: func(_ *env, a app.App) []string {
			return []string{
				strconv.FormatInt(a.ID, 10), a.Name, a.ClientID, strings.Join(a.Scopes, ","), yes(a.Installed), a.HandlerURL,
			}
		},
	}.command()
}

func appInstallCommand() command {
	return command{
		name: "app install", args: "APP", summary: "Repeats the installation of an application.",
		help: "APP is a number or a client_id. An application that uses only the API gets ONAPPINSTALL with new tokens.",
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, args []string) error {
				return e.onApp(ctx, args[0], func(p *portal.Portal, a app.App) error {
					a, err := p.Apps.Install(ctx, operator, a.ID)
					if err != nil {
						return err
					}
					return e.print(appOutOf(a), func() { e.say("The installation of %s was started again.", a.Name) })
				})
			}
		},
	}
}

func appUninstallCommand() command {
	return command{
		name: "app uninstall", args: "APP", summary: "Removes an application with its bots, bindings and tokens.",
		help: "APP is a number or a client_id. The application gets ONAPPUNINSTALL.",
		define: func(fs *flag.FlagSet) runner {
			clean := fs.Bool("clean", false, "ask it to forget its data too")
			return func(ctx context.Context, e *env, args []string) error {
				return e.onApp(ctx, args[0], func(p *portal.Portal, a app.App) error {
					if err := p.Apps.Remove(ctx, operator, a.ID, *clean); err != nil {
						return err
					}
					return e.print(removed{a.ID, true}, func() { e.say("The application %s was removed.", a.Name) })
				})
			}
		},
	}
}

// removed is printed for what is gone.
type removed struct {
	ID      int64 `json:"id"`
	Removed bool  `json:"removed"`
}

// onApp runs do on the application whose number or client_id is name.
func (e *env) onApp(ctx context.Context, name string, do func(p *portal.Portal, a app.App) error) error {
	return e.changePortal(ctx, "", func(p *portal.Portal) error {
		a, err := findApp(ctx, p, name)
		if err != nil {
			return err
		}
		return do(p, a)
	})
}

// findApp returns the application whose number or client_id is name.
func findApp(ctx context.Context, p *portal.Portal, name string) (app.App, error) {
	if id, err := strconv.ParseInt(name, 10, 64); err == nil {
		return p.Apps.Find(ctx, id)
	}
	return p.Apps.FindByClientID(ctx, name)
}
