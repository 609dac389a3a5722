// Package backup writes portals into one archive and reads them back, into either database.
//
// An archive is a compressed tar file: a head, the files of the server, the rows of each table as JSON lines in parts of a
// megabyte, the files of each portal, and a manifest at the end with the size and the SHA-256 of every member. A portal is
// read in one transaction, beside those who write. What reads an archive believes nothing of it before it has seen all of it.
package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// Format is the version of the archives that this program writes. It reads those up to it.
const Format = 1

// The members at the two ends of an archive.
const (
	headName     = "portico-backup.json"
	manifestName = "manifest.json"
)

// The limits of what is read. They are far beyond what Write makes.
const (
	maxHead     = 64 << 10  // bytes
	maxManifest = 256 << 20 // bytes
	maxRow      = 1 << 30   // bytes: what PostgreSQL takes in one value
)

// ErrBroken is returned for an archive that is not as it was written.
var ErrBroken = errors.New("the backup is broken")

// ErrNewer is returned for an archive that a newer program has written.
var ErrNewer = errors.New("the backup is newer than this program")

// Head is the beginning of an archive.
type Head struct {
	Format  int       `json:"format"`
	Program string    `json:"program"` // the version that wrote it
	Created time.Time `json:"created"`
}

// Manifest is the end of an archive: all that must be in front of it.
type Manifest struct {
	Head

	Portals []Portal `json:"portals"`
	Members []Member `json:"members"`
}

// Portal is a portal in an archive.
type Portal struct {
	Host     string     `json:"host"`
	Database string     `json:"database"` // the kind that it was read from: "sqlite" or "postgres"
	Created  time.Time  `json:"created"`
	Reached  db.Reached `json:"migrations"`
	Tables   []Table    `json:"tables"`
	Files    int        `json:"files"`
	Rows     int64      `json:"rows"`
}

// Table is a table of a portal.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Next    int64    `json:"next,omitempty"` // the number of the next row
	Rows    int64    `json:"rows"`
}

// Member is a file in an archive.
type Member struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"` // in bytes
	SHA256 string `json:"sha256"`
}

// Fingerprint names the archive that ends with a manifest: another content has another one.
func fingerprint(manifest []byte) string {
	sum := sha256.Sum256(manifest)
	return hex.EncodeToString(sum[:])
}

// plainName is how tables may be called: their names are parts of the names of members.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_]{1,100}$`)

// readHead reads the first member.
func readHead(raw []byte) (Head, error) {
	var h Head
	if err := json.Unmarshal(raw, &h); err != nil || h.Format < 1 {
		return Head{}, fmt.Errorf("%w: its head cannot be read", ErrBroken)
	}
	if h.Format > Format {
		return Head{}, fmt.Errorf("%w: it has format %d, written by %s; this program reads up to %d", ErrNewer, h.Format, h.Program, Format)
	}
	return h, nil
}

// readManifest reads the last member and checks that it makes sense by itself.
func readManifest(raw []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return Manifest{}, fmt.Errorf("%w: its manifest cannot be read: %v", ErrBroken, err) //nolint:errorlint // no one looks for JSON's errors
	}
	hosts := map[string]bool{}
	for _, p := range m.Portals {
		if p.Host == "" || hosts[p.Host] {
			return Manifest{}, fmt.Errorf("%w: its manifest names the portal %q twice or not at all", ErrBroken, p.Host)
		}
		hosts[p.Host] = true
		if err := checkTables(p.Tables); err != nil {
			return Manifest{}, err
		}
	}
	return m, nil
}

func checkTables(tables []Table) error {
	seen := map[string]bool{}
	for _, t := range tables {
		if !plainName.MatchString(t.Name) || seen[t.Name] || len(t.Columns) == 0 || t.Rows < 0 || t.Next < 0 {
			return fmt.Errorf("%w: its manifest has the table %q twice or without sense", ErrBroken, t.Name)
		}
		seen[t.Name] = true
	}
	return nil
}

// table returns the table as package db knows it.
func (t Table) table() db.Table { return db.Table{Name: t.Name, Columns: t.Columns, Next: t.Next} }
