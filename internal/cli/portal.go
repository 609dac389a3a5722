package cli

import (
	"context"
	"errors"
	"flag"
	"time"

	"github.com/portico-hq/portico/internal/server"
)

// portalOut is a portal as it is printed.
type portalOut struct {
	Host    string     `json:"host"`
	URL     string     `json:"url"`
	Name    string     `json:"name"` // of its folder or schema
	Created *time.Time `json:"created"`
	Admin   *signIn    `json:"admin,omitempty"`
}

func portalAddCommand() command {
	return command{
		name: "portal add", args: "HOST", summary: "Makes a portal that answers under a host name.",
		help: `With one portal any host name leads to it; with several the name decides. The portal gets an administrator,
whose sign-in is printed once. A running server takes the portal up by itself.`,
		define: func(fs *flag.FlagSet) runner {
			demo := fs.Bool("demo", false, "fill it with demo data")
			url := urlFlag(fs)
			return func(ctx context.Context, e *env, args []string) error { return e.portalAdd(ctx, args[0], *url, *demo) }
		},
	}
}

func (e *env) portalAdd(ctx context.Context, host, publicURL string, withDemo bool) (err error) {
	d, err := e.openDirectory(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	address, err := e.address(ctx, d, publicURL)
	if err != nil {
		return err
	}
	var out portalOut
	_, err = d.Add(ctx, host, func(ctx context.Context, entry server.Entry) error {
		all, err := d.List(ctx)
		if err != nil {
			return err
		}
		url := address.For(entry, all)
		out = portalOut{Host: entry.Host, URL: url, Name: entry.Name, Created: stamp(entry.Created)}
		p, err := e.openPortal(ctx, entry, func() string { return url })
		if err != nil {
			return err
		}
		out.Admin, err = prepare(ctx, p, withDemo, e.clock.Now())
		return errors.Join(err, p.Close(context.WithoutCancel(ctx)))
	})
	if err != nil {
		return err
	}
	return e.print(out, func() {
		e.say("The portal %s was made.\n", out.Host)
		e.facts([2]string{"Address", out.URL}, [2]string{"Sign in as", out.Admin.Login},
			[2]string{"Password", out.Admin.Password + "   (shown only now)"})
	})
}

func portalListCommand() command {
	return command{
		name: "portal list", summary: "Lists the portals.",
		define: func(fs *flag.FlagSet) runner {
			url := urlFlag(fs)
			return func(ctx context.Context, e *env, _ []string) error { return e.portalList(ctx, *url) }
		},
	}
}

func (e *env) portalList(ctx context.Context, publicURL string) (err error) {
	d, err := e.openDirectory(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	all, err := d.List(ctx)
	if err != nil {
		return err
	}
	address, err := e.address(ctx, d, publicURL)
	if err != nil {
		return err
	}
	out, rows := []portalOut{}, [][]string{}
	for _, entry := range all {
		url := address.For(entry, all)
		out = append(out, portalOut{Host: entry.Host, URL: url, Name: entry.Name, Created: stamp(entry.Created)})
		rows = append(rows, []string{entry.Host, url, entry.Name, day(entry.Created)})
	}
	return e.print(out, func() {
		e.table("There are no portals.", []string{"HOST", "ADDRESS", "NAME", "CREATED"}, rows)
	})
}
