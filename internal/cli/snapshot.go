package cli

import (
	"context"
	"errors"
	"flag"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/server"
)

// snapshotOut is a snapshot as it is printed.
type snapshotOut struct {
	Name    string    `json:"name"`
	Host    string    `json:"host"`
	Created time.Time `json:"created"`
}

// removedByName is printed for what is gone and has no number.
type removedByName struct {
	Name    string `json:"name"`
	Removed bool   `json:"removed"`
}

// onEntry runs do on the portal that the flags name, without opening it.
func (e *env) onEntry(ctx context.Context, do func(d *server.Directory, entry server.Entry) error) (err error) {
	d, err := e.openDirectory(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	all, err := d.List(ctx)
	if err != nil {
		return err
	}
	entry, err := choose(all, e.portal)
	if err != nil {
		return err
	}
	return do(d, entry)
}

func snapshotSaveCommand() command {
	return command{
		name: "snapshot save", args: "NAME", summary: "Keeps a portal as it is now, to come back to it.",
		help: `It works beside a running server. On SQLite a snapshot of a small portal takes milliseconds.`,
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, args []string) error {
				return e.onEntry(ctx, func(d *server.Directory, entry server.Entry) error {
					if err := d.SaveSnapshot(ctx, entry, args[0], portal.Schemas()); err != nil {
						return err
					}
					out := snapshotOut{args[0], entry.Host, e.clock.Now()}
					return e.print(out, func() { e.say("The portal %s is kept as %s.", out.Host, out.Name) })
				})
			}
		},
	}
}

func snapshotLoadCommand() command {
	return command{
		name: "snapshot load", args: "NAME", summary: "Makes a portal what it was when the snapshot was saved.",
		help: `A running server notices; people and applications go on at the same address. What the portal was until now is kept as the
snapshot 'before-load', in the stead of an earlier one.`,
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, args []string) error { return e.snapshotLoad(ctx, args[0]) }
		},
	}
}

func (e *env) snapshotLoad(ctx context.Context, name string) error {
	return e.onEntry(ctx, func(d *server.Directory, entry server.Entry) error {
		k, err := d.Snapshot(ctx, entry.Host, name)
		if err != nil {
			return err
		}
		err = d.LoadSnapshot(ctx, entry, name, portal.Schemas(), e.opens(audit.Entry{
			Severity: audit.Security, Type: "SNAPSHOT_LOADED", Module: "backup", Item: name,
			Description: "The portal was brought back to the snapshot " + name + ".",
		}))
		if err != nil {
			return err
		}
		e.noticed(ctx)
		out := snapshotOut{k.Name, k.Host, k.Created}
		return e.print(out, func() {
			e.say("The portal %s is what it was at %s.", out.Host, out.Created.Local().Format(time.DateTime))
			e.say("To take that back: portico snapshot load %s", server.BeforeLoad)
		})
	})
}

func snapshotListCommand() command {
	return command{
		name: "snapshot list", summary: "Lists the snapshots of a portal.",
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, _ []string) error {
				return e.onEntry(ctx, func(d *server.Directory, entry server.Entry) error {
					kept, err := d.Snapshots(ctx, entry.Host)
					if err != nil {
						return err
					}
					out, rows := []snapshotOut{}, [][]string{}
					for _, k := range kept {
						out = append(out, snapshotOut{k.Name, k.Host, k.Created})
						rows = append(rows, []string{k.Name, k.Created.Local().Format(time.DateTime)})
					}
					return e.print(out, func() { e.table("There are no snapshots.", []string{"NAME", "SAVED"}, rows) })
				})
			}
		},
	}
}

func snapshotDeleteCommand() command {
	return command{
		name: "snapshot delete", args: "NAME", summary: "Deletes a snapshot.",
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, args []string) error {
				return e.onEntry(ctx, func(d *server.Directory, entry server.Entry) error {
					if err := d.DeleteSnapshot(ctx, entry.Host, args[0]); err != nil {
						return err
					}
					return e.print(removedByName{args[0], true}, func() { e.say("The snapshot %s was deleted.", args[0]) })
				})
			}
		},
	}
}

func portalResetCommand() command {
	return command{
		name: "portal reset", summary: "Makes a portal anew: empty, or with demo data.",
		help: `The portal gets a new administrator, whose sign-in is printed once. A running server notices. What the portal was until now is
kept as the snapshot 'before-reset', in the stead of an earlier one.`,
		define: func(fs *flag.FlagSet) runner {
			demo := fs.Bool("demo", false, "fill it with demo data")
			return func(ctx context.Context, e *env, _ []string) error { return e.portalReset(ctx, *demo) }
		},
	}
}

func (e *env) portalReset(ctx context.Context, withDemo bool) error {
	return e.onEntry(ctx, func(d *server.Directory, entry server.Entry) error {
		out := portalOut{Host: entry.Host}
		address, err := e.address(ctx, d, "")
		if err != nil {
			return err
		}
		all, err := d.List(ctx)
		if err != nil {
			return err
		}
		out.URL = address.For(entry, all)
		err = d.Reset(ctx, entry, func(ctx context.Context, where server.Entry) error {
			out.Name, out.Created = where.Name, stamp(where.Created)
			p, err := e.openPortal(ctx, where, func() string { return out.URL })
			if err != nil {
				return err
			}
			if out.Admin, err = prepare(ctx, p, withDemo, e.clock.Now()); err == nil {
				err = p.Audit.Record(ctx, audit.Entry{
					Severity: audit.Security, Type: "PORTAL_RESET", Module: "backup", Description: "The portal was made anew.",
				})
			}
			return errors.Join(err, p.Close(context.WithoutCancel(ctx)))
		})
		if err != nil {
			return err
		}
		e.noticed(ctx)
		return e.print(out, func() {
			e.say("The portal %s was made anew.\n", out.Host)
			e.facts([2]string{"Address", out.URL}, [2]string{"Sign in as", out.Admin.Login},
				[2]string{"Password", out.Admin.Password + "   (shown only now)"})
			e.say("\nTo take that back: portico snapshot load %s", server.BeforeReset)
		})
	})
}

func portalForkCommand() command {
	return command{
		name: "portal fork", args: "HOST", summary: "Makes a second portal with the data of one, under another host.",
		help: `It works beside a running server. People, applications and webhooks have the same passwords, tokens and secrets in both. What
the first one has yet to deliver stays with it alone: handlers get nothing twice. What happens in the second one is
sent to the same handlers. Mailboxes and bots of Telegram stay connected to the first one alone, and the outgoing mail of the second
one is off: it neither reads nor answers real clients.

  portico portal fork test.example.com --portal shop.example.com`,
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, args []string) error { return e.portalFork(ctx, args[0]) }
		},
	}
}

func (e *env) portalFork(ctx context.Context, host string) error {
	return e.onEntry(ctx, func(d *server.Directory, entry server.Entry) error {
		fork, err := d.Fork(ctx, entry, host, portal.Schemas(), func(ctx context.Context, where server.Entry) error {
			p, err := e.openPortal(ctx, where, func() string { return "https://" + where.Host })
			if err != nil {
				return err
			}
			if err = p.LeaveToOriginal(ctx); err == nil {
				err = p.Audit.Record(ctx, audit.Entry{
					Severity: audit.Security, Type: "PORTAL_FORKED", Module: "backup", Item: entry.Host,
					Description: "The portal was made as a copy of " + entry.Host + ".",
				})
			}
			return errors.Join(err, p.Close(context.WithoutCancel(ctx)))
		})
		if err != nil {
			return err
		}
		e.noticed(ctx)
		address, err := e.address(ctx, d, "")
		if err != nil {
			return err
		}
		all, err := d.List(ctx)
		if err != nil {
			return err
		}
		out := portalOut{Host: fork.Host, URL: address.For(fork, all), Name: fork.Name, Created: stamp(fork.Created)}
		return e.print(out, func() {
			e.say("The portal %s was made as a copy of %s.\n", out.Host, entry.Host)
			e.facts([2]string{"Address", out.URL})
		})
	})
}
