package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/backup"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/server"
)

// backupOut is an archive as it is printed.
type backupOut struct {
	File        string      `json:"file"`
	Size        int64       `json:"size"` // of the file, in bytes; 0 for the standard output
	Program     string      `json:"program"`
	Created     time.Time   `json:"created"`
	Fingerprint string      `json:"fingerprint"`
	Portals     []backupOne `json:"portals"`
}

// backupOne is a portal in an archive.
type backupOne struct {
	Host     string `json:"host"`
	Database string `json:"database"`
	Rows     int64  `json:"rows"`
	Files    int    `json:"files"`
}

func backupOutOf(file string, size int64, s backup.Summary) backupOut {
	out := backupOut{File: file, Size: size, Program: s.Program, Created: s.Created, Fingerprint: s.Fingerprint, Portals: []backupOne{}}
	for _, p := range s.Portals {
		out.Portals = append(out.Portals, backupOne{p.Host, p.Database, p.Rows, p.Files})
	}
	return out
}

func (e *env) describe(out backupOut) {
	var rows [][]string
	for _, p := range out.Portals {
		rows = append(rows, []string{p.Host, grouped(p.Rows), strconv.Itoa(p.Files), p.Database})
	}
	e.table("It holds no portal.", []string{"PORTAL", "ROWS", "FILES", "DATABASE"}, rows)
	e.say("")
	size := ""
	if out.Size > 0 {
		size = fmt.Sprintf("%.1f MB", float64(out.Size)/1e6)
	}
	e.facts([2]string{"Made", out.Created.Format(time.RFC3339) + " by " + out.Program}, [2]string{"Size", size},
		[2]string{"Fingerprint", out.Fingerprint})
}

// grouped returns n with a comma before every third digit.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func backupCommand() command {
	return command{
		name: "backup", summary: "Writes all portals, their files and the certificate authority into one archive.",
		help: `It works beside a running server: each portal is read as it is at one moment. The archive restores on SQLite and on
PostgreSQL alike, whichever it came from. Who has it has everything, keys included: keep it as you keep the data.

  portico backup --to /backups/portico.tar.gz
  portico backup --to - | ssh other.example.com 'cat > portico.tar.gz'`,
		define: func(fs *flag.FlagSet) runner {
			to := fs.String("to", "", "the `FILE` to write, which must not exist; - is the standard output (portico-DATE-TIME.tar.gz)")
			return func(ctx context.Context, e *env, _ []string) error { return e.backup(ctx, *to) }
		},
	}
}

func (e *env) backup(ctx context.Context, to string) (err error) {
	d, err := e.openDirectoryAsIs(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	portals, err := e.prepared(ctx, d)
	if err != nil {
		return err
	}
	if to == "" {
		to = e.clock.Now().Format("portico-20060102-150405.tar.gz")
	}
	var out backupOut
	if to == "-" {
		s, err := d.Backup(ctx, e.stdout, portals, portal.Schemas(), e.progress("read"))
		if err != nil {
			return err
		}
		out = backupOutOf("", 0, s)
		e = &env{options: e.options, stdout: e.stderr, clock: e.clock} // the report must not get into the archive
	} else {
		s, size, err := backup.WriteFile(to, func(w io.Writer) (backup.Summary, error) {
			return d.Backup(ctx, w, portals, portal.Schemas(), e.progress("read"))
		})
		if err != nil {
			return err
		}
		out = backupOutOf(to, size, s)
	}
	for _, entry := range portals {
		if err := recordBackup(ctx, d, entry, e); err != nil {
			return fmt.Errorf("the backup was made, and not noted in the audit log of %s: %w", entry.Host, err)
		}
	}
	return e.print(out, func() {
		e.say("The backup is complete%s.\n", strings.TrimSuffix(": "+out.File, ": "))
		e.describe(out)
	})
}

// prepared returns the portals that a backup holds: the one that --portal names, or all that are made.
func (e *env) prepared(ctx context.Context, d *server.Directory) ([]server.Entry, error) {
	all, err := d.List(ctx)
	if err != nil {
		return nil, err
	}
	if e.portal != "" {
		entry, err := choose(all, e.portal)
		return []server.Entry{entry}, err
	}
	all = slices.DeleteFunc(all, func(entry server.Entry) bool { return !entry.Prepared })
	if len(all) == 0 {
		return nil, errNoData
	}
	return all, nil
}

// recordBackup notes in the portal's audit log that its data were copied. A portal that is older than the log has none.
func recordBackup(ctx context.Context, d *server.Directory, entry server.Entry, e *env) (err error) {
	portalDB, err := db.Open(ctx, d.Database(entry.Name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, portalDB.Close()) }()
	var reached db.Reached
	err = portalDB.Read(ctx, func(tx *db.Tx) (err error) {
		reached, err = db.ReadReached(ctx, tx)
		return err
	})
	if err != nil || reached["audit"] == 0 {
		return err
	}
	return audit.New(portalDB, e.clock).Record(ctx, audit.Entry{
		Severity: audit.Security, Type: "BACKUP_CREATED", Module: "backup", Description: "All data were copied into a backup.",
	})
}

// progress returns a function that tells on the error output how far something is, once a second and not before the first one
// is over.
func (e *env) progress(verb string) func(backup.Progress) {
	last := e.clock.Now()
	return func(p backup.Progress) {
		now := e.clock.Now()
		if now.Sub(last) < time.Second || e.json {
			return
		}
		last = now
		fmt.Fprintf(e.stderr, "%s: %s of %s rows %s\n", p.Portal, grouped(p.Rows), grouped(p.Total), verb)
	}
}

func backupVerifyCommand() command {
	return command{
		name: "backup verify", args: "FILE", summary: "Reads a whole archive and says whether it can be restored.",
		help: `Nothing is changed. Every member is compared with its checksum, every row is read, and the tables are compared with what
this program knows. The fingerprint names this archive and no other: compare it with the one that 'portico backup' printed.`,
		define: func(*flag.FlagSet) runner {
			return func(ctx context.Context, e *env, args []string) error { return e.backupVerify(ctx, args[0]) }
		},
	}
}

func (e *env) backupVerify(ctx context.Context, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	s, err := backup.Verify(ctx, f)
	if err == nil {
		err = backup.CheckSchemas(s, portal.Schemas())
	}
	if err != nil {
		return err
	}
	out := backupOutOf(file, info.Size(), s)
	return e.print(out, func() {
		e.say("The backup is whole and can be restored.\n")
		e.describe(out)
	})
}

func restoreCommand() command {
	return command{
		name: "restore", args: "FILE", summary: "Brings portals back from an archive.",
		help: `The archive is read and checked first, and everything is made beside what is there; only then do the portals change, all at
once. A portal that exists is replaced only with --replace, and what it was is kept as the snapshot 'before-restore'. A
running server notices.

  portico restore portico.tar.gz --data /srv/portico
  portico restore portico.tar.gz --database-url postgres://…      moves it from SQLite to PostgreSQL
  portico restore portico.tar.gz --portal shop.example.com --as copy.example.com`,
		define: func(fs *flag.FlagSet) runner {
			var r server.Restoring
			fs.BoolVar(&r.Replace, "replace", false, "replace portals that exist, and the certificate authority when all are restored")
			fs.StringVar(&r.As, "as", "", "the `HOST` that the portal gets here")
			fs.StringVar(&r.Fingerprint, "fingerprint", "", "take only the archive with this `FINGERPRINT`")
			return func(ctx context.Context, e *env, args []string) error { return e.restore(ctx, args[0], r) }
		},
	}
}

// restoreOut is what a restore did, as it is printed.
type restoreOut struct {
	backupOut
	Hosts     []string `json:"hosts"`
	Replaced  []string `json:"replaced"`
	Authority bool     `json:"authority"`
}

func (e *env) restore(ctx context.Context, file string, r server.Restoring) (err error) {
	if file, err = filepath.Abs(file); err != nil {
		return err
	}
	if _, err := os.Stat(file); err != nil {
		return err // before a directory of portals is made
	}
	d, err := e.openDirectory(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	r.Open = func() (io.ReadCloser, error) { return os.Open(file) }
	r.Portal, r.Schemas, r.Progress = e.portal, portal.Schemas(), e.progress("restored")
	r.Check = e.opens(audit.Entry{
		Severity: audit.Security, Type: "BACKUP_RESTORED", Module: "backup", Description: "The portal was restored from a backup.",
	})
	done, err := d.Restore(ctx, r)
	if err != nil {
		return err
	}
	e.noticed(ctx)
	out := restoreOut{backupOutOf(file, 0, done.Summary), done.Hosts, append([]string{}, done.Replaced...), done.Authority}
	return e.print(out, func() {
		e.say("Restored: %s\n", strings.Join(out.Hosts, ", "))
		e.describe(out.backupOut)
		if len(out.Replaced) > 0 {
			e.say("\nWhat was there before is kept: portico snapshot load %s", server.BeforeRestore)
		}
		if out.Authority && e.databaseURL == "" && server.IsRunning(e.data) {
			e.say("\nThe certificate authority was replaced: restart the server.")
		}
	})
}

// opens returns a check of data that are about to be a portal's: that they can be opened, which brings the tables up to date.
// It notes entry in the portal's audit log.
func (e *env) opens(entry audit.Entry) func(context.Context, server.Entry) error {
	return func(ctx context.Context, where server.Entry) error {
		p, err := e.openPortal(ctx, where, func() string { return "https://" + where.Host })
		if err != nil {
			return err
		}
		err = p.Ready(ctx)
		if err == nil {
			err = p.Audit.Record(ctx, entry)
		}
		return errors.Join(err, p.Close(context.WithoutCancel(ctx)))
	}
}

// backups make the backups of a portal by themselves, in the data folder.
func (e *env) backups(entry server.Entry) *portal.Backups {
	return &portal.Backups{
		Save: func(ctx context.Context, keep int) (made backup.Made, err error) {
			d, err := e.openDirectoryAsIs(ctx)
			if err != nil {
				return made, err
			}
			defer func() { err = errors.Join(err, d.Close()) }()
			s, err := d.Save(ctx, server.Scheduled, entry, keep, portal.Schemas(), nil)
			return madeOf(s), err
		},
		List: func(ctx context.Context) (out []backup.Made, err error) {
			d, err := e.openDirectoryAsIs(ctx)
			if err != nil {
				return nil, err
			}
			defer func() { err = errors.Join(err, d.Close()) }()
			saved, err := d.SavedOf(entry.Host)
			for _, s := range saved {
				out = append(out, madeOf(s))
			}
			return out, err
		},
	}
}

func madeOf(s server.Saved) backup.Made {
	return backup.Made{Name: filepath.Base(s.File), Created: s.Created, Size: s.Size, Upgrade: s.Occasion == server.BeforeUpgrade}
}
