package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/server"
	"github.com/portico-hq/portico/internal/user"
)

var (
	errNoData = fault.New(fault.NotFound, "NO_DATA",
		"There is no portal here yet: start one with 'portico serve', or make one with 'portico portal add HOST'.")
	errWhichPortal = fault.New(fault.Invalid, "PORTAL_NEEDED", "There are several portals: name one with --portal HOST.")
	errNotReady    = fault.New(fault.Unavailable, "PORTAL_NOT_READY", "The portal is being made. Try again in a moment.")
	errNoAdmin     = fault.New(fault.NotFound, "NO_ADMIN", "The portal has no administrator: make one with 'portico user add --admin'.")
)

// urlFlag lets a command that prints addresses say which one the portal has.
func urlFlag(flags *flag.FlagSet) *string {
	return flags.String("url", "", "the public `URL` of the portal (that of the server that ran last)")
}

// openDirectory opens the directory of portals. Only what makes portals creates it.
func (e *env) openDirectory(ctx context.Context, create bool) (*server.Directory, error) {
	if e.databaseURL == "" && !create {
		if _, err := os.Stat(filepath.Join(e.data, server.DirectoryFile)); errors.Is(err, fs.ErrNotExist) {
			return nil, errNoData
		}
	}
	files, err := e.places()
	if err != nil {
		return nil, err
	}
	return server.OpenDirectory(ctx, server.DirectoryConfig{Data: e.data, DatabaseURL: e.databaseURL, Files: files, Clock: e.clock})
}

// openDirectoryAsIs opens the directory for a command that reads what an older program may have made, and leaves it so.
func (e *env) openDirectoryAsIs(ctx context.Context) (*server.Directory, error) {
	if e.databaseURL == "" {
		if _, err := os.Stat(filepath.Join(e.data, server.DirectoryFile)); errors.Is(err, fs.ErrNotExist) {
			return nil, errNoData
		}
	}
	files, err := e.places()
	if err != nil {
		return nil, err
	}
	return server.OpenDirectory(ctx, server.DirectoryConfig{Data: e.data, DatabaseURL: e.databaseURL, Files: files, Clock: e.clock, AsIs: true})
}

// inPortal runs do on the portal that the flags name. publicURL overrides its address; it may be empty.
func (e *env) inPortal(ctx context.Context, publicURL string, do func(p *portal.Portal) error) error {
	return e.withPortal(ctx, publicURL, func(_ *server.Directory, _ server.Entry, p *portal.Portal) error { return do(p) })
}

// withPortal is inPortal for what needs to know the portal's place in the directory.
func (e *env) withPortal(ctx context.Context, publicURL string, do func(*server.Directory, server.Entry, *portal.Portal) error) (err error) {
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
	address, err := e.address(ctx, d, publicURL)
	if err != nil {
		return err
	}
	p, err := e.openPortal(ctx, entry, func() string { return address.For(entry, all) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close(context.WithoutCancel(ctx))) }()
	return do(d, entry, p)
}

// changePortal is inPortal for a command that changes something. It returns once a server that runs on the same data has
// noticed: what a command removed is gone when the command has ended.
func (e *env) changePortal(ctx context.Context, publicURL string, do func(p *portal.Portal) error) error {
	err := e.withPortal(ctx, publicURL, func(d *server.Directory, entry server.Entry, p *portal.Portal) error {
		if err := do(p); err != nil {
			return err
		}
		return d.Wake(ctx, entry.ID) // a server that has closed the portal opens it: there may be something to deliver
	})
	if err != nil {
		return err
	}
	e.noticed(ctx)
	return nil
}

// noticed returns when a server that runs on the same data has noticed what was changed.
func (e *env) noticed(ctx context.Context) {
	if e.databaseURL == "" && !server.IsRunning(e.data) {
		return
	}
	t := e.clock.NewTimer(db.NoticeTime)
	defer t.Stop()
	select {
	case <-t.C():
	case <-ctx.Done():
	}
}

// choose returns the portal called host, or the only one there is.
func choose(all []server.Entry, host string) (server.Entry, error) {
	var found *server.Entry
	for i, entry := range all {
		if entry.Host == strings.ToLower(host) || host == "" && len(all) == 1 {
			found = &all[i]
		}
	}
	switch {
	case len(all) == 0:
		return server.Entry{}, errNoData
	case found == nil && host == "":
		return server.Entry{}, errWhichPortal
	case found == nil:
		return server.Entry{}, server.ErrNoPortal
	case !found.Prepared:
		return server.Entry{}, errNotReady
	}
	return *found, nil
}

// address returns the public address that the last server noted, unless publicURL says otherwise.
func (e *env) address(ctx context.Context, d *server.Directory, publicURL string) (server.Address, error) {
	if publicURL == "" {
		return d.Address(ctx)
	}
	checked, err := server.CheckURL(publicURL)
	if err != nil {
		return server.Address{}, misuse("%s", fault.Of(err).Text)
	}
	return server.Address{URL: checked}, nil
}

// openPortal opens a portal without beginning its deliveries.
func (e *env) openPortal(ctx context.Context, entry server.Entry, publicURL func() string) (*portal.Portal, error) {
	c, err := e.portalConfig(entry, publicURL)
	if err != nil {
		return nil, err
	}
	c.Log = e.warnings()
	return portal.Open(ctx, c)
}

// warnings is the log of a command: what went wrong, on the error output.
func (e *env) warnings() *slog.Logger {
	return slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// portalConfig says where the data of a portal is.
func (e *env) portalConfig(entry server.Entry, publicURL func() string) (portal.Config, error) {
	c := portal.Config{PublicURL: publicURL, Clock: e.clock, Place: entry.Name}
	c.BeforeUpgrade = func(ctx context.Context, d *db.DB, _ portal.Upgrade) error { return e.saveBeforeUpgrade(ctx, entry, d) }
	dir := filepath.Join(e.data, "portals", entry.Name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return c, err
	}
	c.DB = db.Config{Path: filepath.Join(dir, "portal.db")}
	if e.databaseURL != "" {
		c.DB = db.Config{URL: e.databaseURL, Schema: entry.Name}
	}
	files, err := e.places()
	if err != nil {
		return c, err
	}
	if c.Blobs, err = files.Open(entry.Name, dir); err != nil {
		return c, err
	}
	c.Key, err = secretKey(dir)
	return c, err
}

// secretKeyEnv names the variable that holds the key for the secrets of portals, where several servers share a database and
// hence no data folder.
const secretKeyEnv = "PORTICO_SECRET_KEY"

// secretKeyFile is the file with that key among the files of a portal: what copies the portal copies the key.
const secretKeyFile = "secret.key"

// secretKey returns the key for the secrets of the portal whose files are in dir.
func secretKey(dir string) ([]byte, error) {
	if text := os.Getenv(secretKeyEnv); text != "" {
		key, err := seal.ParseKey(text)
		if err != nil {
			return nil, fmt.Errorf("$%s: %w", secretKeyEnv, err)
		}
		return key, nil
	}
	return seal.KeyFile(filepath.Join(dir, secretKeyFile))
}

// admin returns the first administrator: whoever holds the database may do what they may.
func admin(ctx context.Context, p *portal.Portal) (user.User, error) {
	const page = 100
	for offset := int64(0); ; offset += page {
		users, err := p.Users.List(ctx, user.Query{
			Kinds: []user.Kind{user.Employee}, ActiveOnly: true, Offset: offset, Limit: page,
		})
		if err != nil {
			return user.User{}, err
		}
		for _, u := range users { // nearly always the first one
			if u.Admin {
				return u, nil
			}
		}
		if len(users) < page {
			return user.User{}, errNoAdmin
		}
	}
}

// person returns the user whose id, login or e-mail address is name; the first administrator for an empty one.
func person(ctx context.Context, p *portal.Portal, name string) (user.User, error) {
	if name == "" {
		return admin(ctx, p)
	}
	if id, err := strconv.ParseInt(name, 10, 64); err == nil {
		return p.Users.Get(ctx, id)
	}
	return p.Users.ByLogin(ctx, name)
}

// numberOf reads an id.
func numberOf(what, text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return 0, misuse("%q is not the number of %s", text, what)
	}
	return id, nil
}
