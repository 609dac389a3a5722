package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/server"
)

// upgradeOut is what an upgrade does, did or would do to a portal, as it is printed.
type upgradeOut struct {
	Host    string   `json:"host"`
	Pending []string `json:"pending"`
	Backup  string   `json:"backup,omitempty"` // the file
	// Of a rehearsal:
	Tables  []tableChange `json:"tables,omitempty"`
	Seconds float64       `json:"seconds,omitempty"`
}

// tableChange is a table that an upgrade makes, drops or changes the rows of.
type tableChange struct {
	Table  string `json:"table"`
	Before *int64 `json:"before"` // rows; null: there is no such table
	After  *int64 `json:"after"`
}

func upgradeCommand() command {
	return command{
		name: "upgrade", summary: "Brings all portals up to date, or tells what that would do.",
		help: fmt.Sprintf(`'portico serve' does it by itself, for each portal when it opens it. Before the tables of a portal change, a backup of it is written
to the folder 'backups' of the data folder; the newest %d of each portal are kept. Versions may be skipped. Stop the server
first; to see what would happen that is not needed.

  portico upgrade --check        lists the changes that would be made
  portico upgrade --rehearse     makes them on a copy, opens it and compares, and deletes it
  portico upgrade                makes them`, server.KeepUpgrades),
		define: func(fs *flag.FlagSet) runner {
			check := fs.Bool("check", false, "only list what would be changed")
			rehearse := fs.Bool("rehearse", false, "try it on a copy of each portal and report")
			return func(ctx context.Context, e *env, _ []string) error { return e.upgrade(ctx, *check, *rehearse) }
		},
	}
}

var errUpgradeRunning = fault.New(fault.Conflict, "SERVER_RUNNING",
	"A server runs on this data folder: stop it first. It would go on with tables that it does not know.")

func (e *env) upgrade(ctx context.Context, check, rehearse bool) (err error) {
	if check && rehearse {
		return misuse("--check and --rehearse: choose one")
	}
	if !check && !rehearse && e.databaseURL == "" && server.IsRunning(e.data) {
		return errUpgradeRunning
	}
	d, err := e.openDirectoryAsIs(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	portals, err := e.prepared(ctx, d)
	if err != nil {
		return err
	}
	out := []upgradeOut{}
	for _, entry := range portals {
		one, err := e.pending(ctx, d, entry)
		if err != nil {
			return fmt.Errorf("portal %s: %w", entry.Host, err)
		}
		switch {
		case rehearse:
			err = e.rehearse(ctx, d, entry, &one)
		case !check && len(one.Pending) > 0:
			err = e.upgradeOne(ctx, d, entry, &one)
		}
		if err != nil {
			return fmt.Errorf("portal %s: %w", entry.Host, err)
		}
		out = append(out, one)
	}
	return e.print(out, func() { e.describeUpgrades(out, check, rehearse) })
}

// pending returns what an upgrade of a portal would run.
func (e *env) pending(ctx context.Context, d *server.Directory, entry server.Entry) (out upgradeOut, err error) {
	out = upgradeOut{Host: entry.Host, Pending: []string{}}
	err = d.Read(ctx, entry, func(tx *db.Tx) error {
		u, err := portal.ReadUpgrade(ctx, tx)
		out.Pending = append(out.Pending, u.Pending...)
		return err
	})
	return out, err
}

// upgradeOne opens the portal, which brings it up to date.
func (e *env) upgradeOne(ctx context.Context, d *server.Directory, entry server.Entry, out *upgradeOut) error {
	p, err := e.openPortal(ctx, entry, func() string { return "https://" + entry.Host })
	if err != nil {
		return err
	}
	if err := errors.Join(p.Ready(ctx), p.Close(context.WithoutCancel(ctx))); err != nil {
		return err
	}
	saved, err := d.SavedOf(entry.Host)
	for _, s := range saved {
		if s.Occasion == server.BeforeUpgrade {
			out.Backup = s.File
			break
		}
	}
	return err
}

// rehearse upgrades a copy of the portal and notes how its tables differ then.
func (e *env) rehearse(ctx context.Context, d *server.Directory, entry server.Entry, out *upgradeOut) (err error) {
	place, err := d.CopyPlaceAsIs(ctx, entry.Name, portal.Schemas())
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	defer func() { err = errors.Join(err, d.RemovePlace(context.WithoutCancel(ctx), place)) }()
	copied := entry
	copied.Name = place
	before, err := rowCounts(ctx, d, copied)
	if err != nil {
		return err
	}
	began := e.clock.Now()
	c, err := e.portalConfig(copied, func() string { return "https://" + entry.Host })
	if err != nil {
		return err
	}
	c.BeforeUpgrade, c.Log = nil, e.warnings()
	p, err := portal.Open(ctx, c)
	if err != nil {
		return fmt.Errorf("the copy cannot be upgraded: %w", err)
	}
	if err := errors.Join(p.Ready(ctx), p.Close(context.WithoutCancel(ctx))); err != nil {
		return fmt.Errorf("the copy does not work after the upgrade: %w", err)
	}
	out.Seconds = e.clock.Now().Sub(began).Seconds()
	after, err := rowCounts(ctx, d, copied)
	if err != nil {
		return err
	}
	out.Tables = compareCounts(before, after)
	return d.Read(ctx, copied, func(tx *db.Tx) error { return db.CheckIntegrity(ctx, tx) })
}

// rowCounts returns how many rows each table of a portal has, without those that follow from others.
func rowCounts(ctx context.Context, d *server.Directory, entry server.Entry) (map[string]int64, error) {
	out := map[string]int64{}
	err := d.Read(ctx, entry, func(tx *db.Tx) error {
		tables, err := db.ReadTables(ctx, tx, portal.Schemas())
		if err != nil {
			return err
		}
		for _, t := range tables {
			if out[t.Name], err = t.Count(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func compareCounts(before, after map[string]int64) (out []tableChange) {
	names := map[string]bool{}
	for _, m := range []map[string]int64{before, after} {
		for name := range m {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		b, had := before[name]
		a, has := after[name]
		if had && has && a == b {
			continue
		}
		c := tableChange{Table: name}
		if had {
			c.Before = &b
		}
		if has {
			c.After = &a
		}
		out = append(out, c)
	}
	return out
}

func (e *env) describeUpgrades(all []upgradeOut, check, rehearse bool) {
	for _, u := range all {
		switch n := len(u.Pending); {
		case n == 0:
			e.say("%s is up to date.", u.Host)
		case check:
			e.say("%s: %d changes would be made.", u.Host, n)
		case rehearse:
			e.say("%s: %d changes were made to a copy in %.1f s; it opens and its data hold together.", u.Host, n, u.Seconds)
		default:
			e.say("%s: %d changes were made. What it was before: %s", u.Host, n, u.Backup)
		}
		for _, name := range u.Pending {
			e.say("  %s", name)
		}
		e.describeTables(u.Tables)
	}
}

func (e *env) describeTables(changes []tableChange) {
	var rows [][]string
	for _, c := range changes {
		rows = append(rows, []string{"  " + c.Table, rowsOrNone(c.Before), rowsOrNone(c.After)})
	}
	if len(rows) > 0 {
		e.say("")
		e.table("", []string{"  TABLE", "ROWS BEFORE", "AFTER"}, rows)
	}
}

func rowsOrNone(n *int64) string {
	if n == nil {
		return "no table"
	}
	return grouped(*n)
}

// saveBeforeUpgrade writes a backup of a portal whose tables are about to change.
func (e *env) saveBeforeUpgrade(ctx context.Context, entry server.Entry, d *db.DB) (err error) {
	dir, err := e.openDirectoryAsIs(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	s, err := dir.Save(ctx, server.BeforeUpgrade, entry, server.KeepUpgrades, portal.Schemas(), d.Read)
	if err != nil {
		return err
	}
	if !e.json {
		fmt.Fprintf(e.stderr, "%s is brought up to date. What it was before: %s (%s)\n",
			entry.Host, s.File, strings.TrimSpace(fmt.Sprintf("%.1f MB, %s", float64(s.Size)/1e6, s.Created.Format(time.RFC3339))))
	}
	return nil
}
