package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/backup"
	"github.com/portico-hq/portico/internal/db"
)

// Occasion is why the program makes a backup by itself. It is part of the file's name.
type Occasion string

// The occasions.
const (
	BeforeUpgrade Occasion = "before-upgrade"
	Scheduled     Occasion = "scheduled"
)

// KeepUpgrades is how many backups made before an upgrade are kept of each portal.
const KeepUpgrades = 3

// Saved is a backup that the program made by itself.
type Saved struct {
	File    string // its path
	Host    string // of the portal
	Created time.Time
	Size    int64 // in bytes
	Occasion
}

// stampForm is how the time stands in the name of a file, in UTC.
const stampForm = "20060102-150405"

// BackupFolder returns the folder of the backups that the program makes by itself.
func (d *Directory) BackupFolder() string { return filepath.Join(d.config.Data, "backups") }

// Save writes a backup of one portal, whose database is read with read, into the backup folder and deletes what is older than
// the newest keep of the same occasion. nil for read opens the database.
func (d *Directory) Save(ctx context.Context, o Occasion, e Entry, keep int, schemas []db.Schema, read func(context.Context, func(*db.Tx) error) error) (Saved, error) {
	if err := makeFolder(d.BackupFolder()); err != nil {
		return Saved{}, err
	}
	now := d.clock.Now().UTC()
	s := Saved{Host: e.Host, Created: now.Truncate(time.Second), Occasion: o}
	s.File = filepath.Join(d.BackupFolder(), savedPrefix(o, e.Host)+now.Format(stampForm)+savedEnd)
	if read == nil {
		read = func(ctx context.Context, f func(*db.Tx) error) error { return d.readPlace(ctx, e.Name, f) }
	}
	_, size, err := backup.WriteFile(s.File, func(w io.Writer) (backup.Summary, error) {
		return d.write(ctx, w, []Entry{e}, schemas, nil, func(Entry) func(context.Context, func(*db.Tx) error) error { return read })
	})
	if err != nil {
		return Saved{}, fmt.Errorf("back up %s: %w", e.Host, err)
	}
	s.Size = size
	return s, d.prune(o, e.Host, keep)
}

const savedEnd = ".tar.gz"

// savedPrefix is how the names of a portal's backups begin. Colons, of IPv6 addresses, cannot be in the name of a file
// everywhere.
func savedPrefix(o Occasion, host string) string {
	return string(o) + "_" + strings.ReplaceAll(host, ":", "-") + "_"
}

// SavedOf returns the backups that were made of a portal by itself, the newest first.
func (d *Directory) SavedOf(host string) ([]Saved, error) {
	var out []Saved
	for _, o := range []Occasion{BeforeUpgrade, Scheduled} {
		found, err := d.saved(o, host)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	slices.SortStableFunc(out, func(a, b Saved) int { return b.Created.Compare(a.Created) })
	return out, nil
}

func (d *Directory) saved(o Occasion, host string) ([]Saved, error) {
	entries, err := os.ReadDir(d.BackupFolder())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Saved
	for _, entry := range entries {
		rest, mine := strings.CutPrefix(entry.Name(), savedPrefix(o, host))
		stamp, whole := strings.CutSuffix(rest, savedEnd)
		at, err := time.Parse(stampForm, stamp)
		if !mine || !whole || err != nil {
			continue // not one that the program made
		}
		info, err := entry.Info()
		if err != nil {
			continue // deleted meanwhile
		}
		out = append(out, Saved{
			File: filepath.Join(d.BackupFolder(), entry.Name()), Host: host, Created: at, Size: info.Size(), Occasion: o,
		})
	}
	slices.SortFunc(out, func(a, b Saved) int { return b.Created.Compare(a.Created) })
	return out, nil
}

// prune deletes all but the newest keep backups.
func (d *Directory) prune(o Occasion, host string, keep int) error {
	all, err := d.saved(o, host)
	if err != nil {
		return err
	}
	for _, s := range all[min(keep, len(all)):] {
		err = errors.Join(err, os.Remove(s.File))
	}
	return err
}
