package backup

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/db"
)

// partSize is about how many bytes of rows make a member: as much is held in memory.
const partSize = 1 << 20

// Source is a portal to be written.
type Source struct {
	Host     string
	Created  time.Time
	Database string // "sqlite" or "postgres"
	// Read runs f on one state of the portal's database.
	Read func(ctx context.Context, f func(tx *db.Tx) error) error
	// Folder holds the portal's files; empty, or missing: there are none. The database's own are left out.
	Folder string
	// Blobs are the contents of people's files, wherever they are kept; nil: there are none.
	Blobs blob.Store
}

// Options are what an archive needs beside the portals.
type Options struct {
	Program  string // its version
	Created  time.Time
	Schemas  []db.Schema    // say which tables need not be kept, because they follow from others
	Files    []File         // of the server, such as its certificate authority
	Progress func(Progress) // called after every part; nil: nobody looks
}

// Progress tells how far a backup or a restore is.
type Progress struct {
	Portal      string // its host
	Rows, Total int64  // of the portal
}

// Summary is what was written or read.
type Summary struct {
	Manifest

	Fingerprint string // names this archive and no other
	Rows        int64
	Files       int
	Bytes       int64 // of the members, before compression
}

func summarize(m Manifest, raw []byte) Summary {
	s := Summary{Manifest: m, Fingerprint: fingerprint(raw)}
	for _, p := range m.Portals {
		s.Rows += p.Rows
		s.Files += p.Files
	}
	for _, member := range m.Members {
		s.Bytes += member.Size
	}
	return s
}

// Write writes an archive of the portals. What it wrote is worth nothing when it fails.
func Write(ctx context.Context, w io.Writer, o Options, portals []Source) (Summary, error) {
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return Summary{}, err
	}
	a := &archive{tar: tar.NewWriter(z), options: o}
	a.manifest.Head = Head{Format: Format, Program: o.Program, Created: o.Created.UTC()}
	head, err := json.Marshal(a.manifest.Head)
	if err != nil {
		return Summary{}, err
	}
	if err := a.add(headName, head); err != nil {
		return Summary{}, err
	}
	for _, f := range o.Files {
		if _, err := a.addFile("server/"+f.Name, f.Path); err != nil {
			return Summary{}, err
		}
	}
	for i, p := range portals {
		if err := a.addPortal(ctx, i, p); err != nil {
			return Summary{}, fmt.Errorf("portal %s: %w", p.Host, err)
		}
	}
	raw, err := json.MarshalIndent(a.manifest, "", " ")
	if err != nil {
		return Summary{}, err
	}
	s := summarize(a.manifest, raw)
	return s, errors.Join(a.add(manifestName, raw), a.tar.Close(), z.Close())
}

// archive is one that is being written.
type archive struct {
	tar      *tar.Writer
	options  Options
	manifest Manifest
}

// add writes a member and notes it.
func (a *archive) add(name string, content []byte) error {
	if err := a.header(name, int64(len(content))); err != nil {
		return err
	}
	if _, err := a.tar.Write(content); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	sum := sha256.Sum256(content)
	a.note(name, int64(len(content)), sum[:])
	return nil
}

func (a *archive) header(name string, size int64) error {
	err := a.tar.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: a.manifest.Created, Format: tar.FormatPAX,
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func (a *archive) note(name string, size int64, sum []byte) {
	a.manifest.Members = append(a.manifest.Members, Member{name, size, hex.EncodeToString(sum)})
}

// addPortal writes a portal: its rows, and then its files, so that none is missing that a row speaks of.
func (a *archive) addPortal(ctx context.Context, i int, s Source) error {
	p := Portal{Host: s.Host, Database: s.Database, Created: s.Created.UTC()}
	prefix := portalPrefix(i)
	err := s.Read(ctx, func(tx *db.Tx) error { return a.addTables(ctx, tx, prefix, &p) })
	if err != nil {
		return err
	}
	if p.Files, err = a.addFolder(prefix+"files/", s.Folder); err != nil {
		return err
	}
	n, err := a.addBlobs(ctx, prefix+"files/", s.Blobs)
	if err != nil {
		return err
	}
	p.Files += n
	a.manifest.Portals = append(a.manifest.Portals, p)
	return nil
}

func portalPrefix(i int) string { return fmt.Sprintf("portals/%d/", i) }

func (a *archive) addTables(ctx context.Context, tx *db.Tx, prefix string, p *Portal) error {
	reached, err := db.ReadReached(ctx, tx)
	if err != nil {
		return err
	}
	p.Reached = reached
	tables, err := db.ReadTables(ctx, tx, a.options.Schemas)
	if err != nil {
		return err
	}
	total := int64(0)
	for _, t := range tables {
		if !plainName.MatchString(t.Name) {
			return fmt.Errorf("the name of the table %q cannot be written", t.Name)
		}
		n, err := t.Count(ctx, tx)
		if err != nil {
			return fmt.Errorf("count %s: %w", t.Name, err)
		}
		total += n
	}
	for _, t := range tables {
		rows, err := a.addTable(ctx, tx, prefix, t, func(done int64) { a.progress(p.Host, p.Rows+done, total) })
		if err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		p.Rows += rows
		p.Tables = append(p.Tables, Table{t.Name, t.Columns, t.Next, rows})
	}
	a.progress(p.Host, p.Rows, total)
	return nil
}

func (a *archive) progress(host string, rows, total int64) {
	if a.options.Progress != nil {
		a.options.Progress(Progress{host, rows, total})
	}
}

// addTable writes the rows of a table in parts.
func (a *archive) addTable(ctx context.Context, tx *db.Tx, prefix string, t db.Table, progress func(int64)) (rows int64, err error) {
	var part []byte
	parts := 0
	flush := func() error {
		if len(part) == 0 {
			return nil
		}
		parts++
		err := a.add(fmt.Sprintf("%s%s/%06d.jsonl", prefix, t.Name, parts), part)
		part = part[:0]
		progress(rows)
		return err
	}
	err = t.Rows(ctx, tx, func(values []any) (err error) {
		if part, err = appendRow(part, values); err != nil {
			return err
		}
		rows++
		if len(part) < partSize {
			return nil
		}
		return errors.Join(flush(), ctx.Err())
	})
	if err == nil {
		err = flush()
	}
	return rows, err
}
