package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/portico-hq/portico/internal/backup"
	"github.com/portico-hq/portico/internal/build"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/localca"
)

// serverFiles are those in the data folder that a backup holds beside the portals.
var serverFiles = []string{localca.CertificateFile, localca.KeyFile}

// Backup writes an archive of portals to w, beside those who use them.
func (d *Directory) Backup(ctx context.Context, w io.Writer, portals []Entry, schemas []db.Schema, progress func(backup.Progress)) (backup.Summary, error) {
	return d.write(ctx, w, portals, schemas, progress, func(e Entry) func(context.Context, func(*db.Tx) error) error {
		return func(ctx context.Context, f func(*db.Tx) error) error { return d.readPlace(ctx, e.Name, f) }
	})
}

// write is Backup with the function that reads the database of a portal.
func (d *Directory) write(ctx context.Context, w io.Writer, portals []Entry, schemas []db.Schema, progress func(backup.Progress),
	read func(Entry) func(context.Context, func(*db.Tx) error) error,
) (backup.Summary, error) {
	o := backup.Options{Program: build.Read().String(), Created: d.clock.Now(), Schemas: schemas, Progress: progress}
	for _, name := range serverFiles {
		o.Files = append(o.Files, backup.File{Name: name, Path: filepath.Join(d.config.Data, name)})
	}
	var sources []backup.Source
	for _, e := range portals {
		blobs, err := d.Blobs(e.Name)
		if err != nil {
			return backup.Summary{}, err
		}
		sources = append(sources, backup.Source{
			Host: e.Host, Created: e.Created, Database: d.db.Dialect().String(), Folder: d.Folder(e.Name), Blobs: blobs,
			Read: read(e),
		})
	}
	return backup.Write(ctx, w, o, sources)
}

// Read runs f on one state of the database of a portal, which it leaves as it is.
func (d *Directory) Read(ctx context.Context, e Entry, f func(tx *db.Tx) error) error {
	return d.readPlace(ctx, e.Name, f)
}

// readPlace runs f on one state of the database of a place, which it neither makes nor brings up to date.
func (d *Directory) readPlace(ctx context.Context, place string, f func(tx *db.Tx) error) error {
	c := d.Database(place)
	if c.URL == "" {
		if _, err := os.Stat(c.Path); err != nil {
			return err
		}
	}
	source, err := db.Open(ctx, c)
	if err != nil {
		return err
	}
	return errors.Join(source.Read(ctx, f), source.Close())
}

// Restoring says what to restore from an archive.
type Restoring struct {
	// Open opens the archive; it is read twice.
	Open func() (io.ReadCloser, error)
	// Fingerprint is the one that the archive must have; empty is any.
	Fingerprint string
	Portal      string // the host of the only portal to restore; empty is all
	As          string // the host that it gets here; empty is the same
	// Replace says that portals which exist are replaced. What they were is kept as the snapshot "before-restore".
	Replace bool
	Schemas []db.Schema
	// Check is called for each portal when its data are in their place, before it is anybody's portal; an error stops the
	// restore.
	Check    func(ctx context.Context, e Entry) error
	Progress func(backup.Progress)
}

// BeforeRestore is the snapshot that keeps what a restore replaced.
const BeforeRestore = "before-restore"

// Restored is what a restore did.
type Restored struct {
	backup.Summary

	Hosts     []string // of the portals as they are here
	Replaced  []string // of those that were there before
	Authority bool     // the certificate authority came out of the archive
}

// Restore brings portals back from an archive. Everything is checked before anything is made, everything is made before anything
// is replaced, and all portals are replaced at once.
func (d *Directory) Restore(ctx context.Context, r Restoring) (out Restored, err error) {
	if out.Summary, err = verify(ctx, r); err != nil {
		return out, err
	}
	entries, targets, err := d.plan(ctx, r, &out)
	if err != nil {
		return out, err
	}
	staged, err := os.MkdirTemp(d.config.Data, ".restore-")
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(staged)) }()
	if err := d.fill(ctx, r, out.Summary, entries, targets, staged); err != nil {
		for _, e := range entries {
			err = errors.Join(err, d.RemovePlace(context.WithoutCancel(ctx), e.Name))
		}
		return out, err
	}
	if out.Authority, err = d.takeAuthority(staged, r.Replace && r.Portal == ""); err != nil {
		return out, fmt.Errorf("certificate authority: %w", err)
	}
	var list []Placement
	for _, e := range entries {
		list = append(list, Placement{Host: e.Host, Place: e.Name, Created: e.Created, Replace: r.Replace, KeepAs: BeforeRestore})
	}
	unused, err := d.Put(ctx, list)
	if err != nil {
		return out, err
	}
	for _, place := range unused {
		err = errors.Join(err, d.RemovePlace(ctx, place))
	}
	return out, err
}

func verify(ctx context.Context, r Restoring) (backup.Summary, error) {
	f, err := r.Open()
	if err != nil {
		return backup.Summary{}, err
	}
	s, err := backup.Verify(ctx, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return s, err
	}
	if r.Fingerprint != "" && !strings.EqualFold(r.Fingerprint, s.Fingerprint) {
		return s, fmt.Errorf("this is another backup: its fingerprint is %s", s.Fingerprint)
	}
	return s, backup.CheckSchemas(s, r.Schemas)
}

// plan chooses the portals and gives each a new place.
func (d *Directory) plan(ctx context.Context, r Restoring, out *Restored) (entries []Entry, targets []backup.Target, err error) {
	all, err := d.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	here := map[string]bool{}
	for _, e := range all {
		here[e.Host] = true
	}
	for _, p := range out.Portals {
		if r.Portal != "" && !strings.EqualFold(p.Host, r.Portal) {
			continue
		}
		host := p.Host
		if r.As != "" {
			host = r.As
		}
		if host, err = checkHost(host); err != nil {
			return nil, nil, err
		}
		if here[host] {
			out.Replaced = append(out.Replaced, host)
		}
		e := Entry{Host: host, Name: d.NewPlace(), Created: p.Created, Prepared: true}
		entries = append(entries, e)
		out.Hosts = append(out.Hosts, host)
		blobs, err := d.Blobs(e.Name)
		if err != nil {
			return nil, nil, err
		}
		targets = append(targets, backup.Target{Host: p.Host, DB: d.Database(e.Name), Folder: d.Folder(e.Name), Blobs: blobs})
	}
	switch {
	case len(entries) == 0:
		return nil, nil, fault.Newf(fault.NotFound, "PORTAL_NOT_FOUND", "The backup has no portal %s", r.Portal)
	case r.As != "" && len(entries) > 1:
		return nil, nil, fault.New(fault.Invalid, "PORTAL_NEEDED", "The backup has several portals: name the one that gets another host")
	case len(out.Replaced) > 0 && !r.Replace:
		return nil, nil, fault.Newf(fault.Conflict, "HOST_TAKEN",
			"%s exists here already: say that it may be replaced, or give the one of the backup another host", strings.Join(out.Replaced, ", "))
	}
	return entries, targets, nil
}

// fill makes the places of entries.
func (d *Directory) fill(ctx context.Context, r Restoring, s backup.Summary, entries []Entry, targets []backup.Target, staged string) error {
	f, err := r.Open()
	if err != nil {
		return err
	}
	err = backup.Restore(ctx, f, backup.Restoring{
		Summary: s, Schemas: r.Schemas, Targets: targets, ServerFiles: staged, Progress: r.Progress,
	})
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	for _, e := range entries {
		if r.Check == nil {
			continue
		}
		if err := r.Check(ctx, e); err != nil {
			return fmt.Errorf("portal %s cannot be opened: %w", e.Host, err)
		}
	}
	return nil
}

// takeAuthority moves the authority that was restored into the data folder when there is none, or may be replaced.
func (d *Directory) takeAuthority(staged string, replace bool) (bool, error) {
	for _, name := range serverFiles {
		if _, err := os.Stat(filepath.Join(staged, name)); errors.Is(err, fs.ErrNotExist) {
			return false, nil // the backup has none
		} else if err != nil {
			return false, err
		}
	}
	_, err := os.Stat(filepath.Join(d.config.Data, localca.KeyFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err == nil && !replace {
		return false, nil
	}
	if err := os.Chmod(filepath.Join(staged, localca.CertificateFile), 0o644); err != nil { //nolint:gosec // clients read it
		return false, err
	}
	for _, name := range serverFiles {
		if err := os.Rename(filepath.Join(staged, name), filepath.Join(d.config.Data, name)); err != nil {
			return false, err
		}
	}
	return true, nil
}
