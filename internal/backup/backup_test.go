package backup_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/portico-hq/portico/internal/backup"
	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/blob/blobtest"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

var schemas = []db.Schema{{Area: "note", FS: fstest.MapFS{
	"001_note.sql": {Data: []byte(`CREATE TABLE note (id {{id}}, text TEXT NOT NULL, raw {{blob}}, amount DOUBLE PRECISION);
CREATE TABLE empty (id {{id}}, text TEXT NOT NULL);
`)},
}}}

var made = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// notes are rows that are easily changed on their way.
var notes = [][]any{
	{"plain", nil, nil},
	{"", []byte{}, 0.1},
	{"<b>&amp;</b> \u2028 \" \\ \n \U0001f600", []byte{0, 1, 0xff}, math.MaxFloat64},
	{"b", []byte("b"), -1e-300},
}

// source returns a portal with the notes.
func source(t testing.TB, d *db.DB, folder string) backup.Source {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, n := range notes {
			if _, err := tx.Insert(t.Context(), "INSERT INTO note (text, raw, amount) VALUES (?, ?, ?)", n...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return backup.Source{Host: "a.example.com", Created: made, Database: d.Dialect().String(), Read: d.Read, Folder: folder}
}

func write(t testing.TB, o backup.Options, portals ...backup.Source) ([]byte, backup.Summary) {
	t.Helper()
	var b bytes.Buffer
	o.Program, o.Created = "test", made
	s, err := backup.Write(t.Context(), &b, o, portals)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), s
}

// file puts a file with content below dir.
func file(t testing.TB, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestArchiveComesBackInEitherDatabase(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"sqlite", "postgres"} {
		t.Run("to "+target, func(t *testing.T) {
			t.Parallel()
			dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
				dir := t.TempDir()
				file(t, dir, "portal.db-wal", "not a file of the portal")
				file(t, dir, "files/2026/Käse.bin", "holes")
				ca := file(t, t.TempDir(), "ca.pem", "a certificate")
				raw, wrote := write(t, backup.Options{Files: []backup.File{{Name: "ca.pem", Path: ca}, {Name: "none", Path: "/none"}}}, source(t, d, dir))
				checkRestored(t, raw, wrote, target)
			})
		})
	}
}

func checkRestored(t *testing.T, raw []byte, wrote backup.Summary, target string) {
	t.Helper()
	s, err := backup.Verify(t.Context(), bytes.NewReader(raw))
	if err != nil || !reflect.DeepEqual(s, wrote) || s.Rows != 4 || s.Files != 1 {
		t.Fatalf("verified %+v (%v), wrote %+v", s, err, wrote)
	}
	to := db.Config{Path: filepath.Join(t.TempDir(), "portal.db")}
	if target == "postgres" {
		to = dbtest.PostgresConfig(t)
	}
	folder, server := t.TempDir(), t.TempDir()
	var last backup.Progress
	err = backup.Restore(t.Context(), bytes.NewReader(raw), backup.Restoring{
		Summary: s, Schemas: schemas, ServerFiles: server, Progress: func(p backup.Progress) { last = p },
		Targets: []backup.Target{{Host: "a.example.com", DB: to, Folder: folder}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := (backup.Progress{Portal: "a.example.com", Rows: 4, Total: 4}); last != want {
		t.Errorf("progress ended with %v, want %v", last, want)
	}
	for path, want := range map[string]string{
		filepath.Join(folder, "files/2026/Käse.bin"): "holes", filepath.Join(server, "ca.pem"): "a certificate",
	} {
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s holds %q (%v), want %q", path, got, err, want)
		}
	}
	if list, err := os.ReadDir(folder); err != nil || len(list) != 1 {
		t.Errorf("the folder holds %v (%v), want only files", list, err)
	}
	if got := readNotes(t, to); !reflect.DeepEqual(got, notes) {
		t.Errorf("restored %v, want %v", got, notes)
	}
}

// The contents of people's files come along, and go into whatever store there is: a folder, or among the portal's files.
func TestBlobsComeBack(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	dir := t.TempDir()
	from := blob.NewFolder(filepath.Join(dir, blob.FolderName))
	one, two := blobtest.Keep(t, from, "one"), blobtest.Keep(t, from, strings.Repeat("two", 100_000))
	draft, err := from.NewDraft(10) // on its way in: no part of a backup
	if err != nil {
		t.Fatal(err)
	}
	defer draft.Discard()
	src := source(t, d, dir)
	src.Blobs = from
	raw, wrote := write(t, backup.Options{}, src)
	if wrote.Files != 2 {
		t.Errorf("%d files in the archive, want 2", wrote.Files)
	}
	restore := func(target backup.Target) {
		t.Helper()
		target.Host, target.DB = "a.example.com", db.Config{Path: filepath.Join(t.TempDir(), "portal.db")}
		err := backup.Restore(t.Context(), bytes.NewReader(raw), backup.Restoring{Summary: wrote, Schemas: schemas, Targets: []backup.Target{target}})
		if err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := blob.NewFolder(t.TempDir())
	restore(backup.Target{Folder: t.TempDir(), Blobs: elsewhere})
	folder := t.TempDir()
	restore(backup.Target{Folder: folder})
	for _, s := range []blob.Store{elsewhere, blob.NewFolder(filepath.Join(folder, blob.FolderName))} {
		if a, b := blobtest.Read(t, s, one), blobtest.Read(t, s, two); a != "one" || len(b) != 300_000 {
			t.Errorf("restored %q and %d bytes", a, len(b))
		}
	}
}

func readNotes(t *testing.T, c db.Config) (out [][]any) {
	t.Helper()
	d, err := db.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	table := db.Table{Name: "note", Columns: []string{"text", "raw", "amount"}}
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		return table.Rows(t.Context(), tx, func(values []any) error {
			out = append(out, append([]any{}, values...))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestBackupBesideWrites shows that what was acknowledged before a backup began is in it, and that it is one state: the notes
// are written in order, so that none may be missing among those that are there.
func TestBackupBesideWrites(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		ctx, stop := context.WithCancel(t.Context())
		acknowledged := make(chan int, 1)
		ended := make(chan error, 1)
		go func() {
			for n := 1; ; n++ {
				err := d.Write(ctx, func(tx *db.Tx) error {
					_, err := tx.Insert(ctx, "INSERT INTO note (text) VALUES (?)", strconv.Itoa(n))
					return err
				})
				if err != nil {
					ended <- err
					return
				}
				select {
				case <-acknowledged:
				default:
				}
				acknowledged <- n
			}
		}()
		for range 3 {
			before := <-acknowledged
			raw, s := write(t, backup.Options{}, backup.Source{Host: "a", Database: d.Dialect().String(), Read: d.Read})
			if s.Rows < int64(before) {
				t.Errorf("%d rows are in the backup, %d were acknowledged before it", s.Rows, before)
			}
			to := db.Config{Path: filepath.Join(t.TempDir(), "portal.db")}
			err := backup.Restore(t.Context(), bytes.NewReader(raw), backup.Restoring{
				Summary: s, Schemas: schemas, Targets: []backup.Target{{Host: "a", DB: to}},
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, n := range readNotes(t, to) {
				if n[0] != strconv.Itoa(i+1) {
					t.Fatalf("note %d is %v", i+1, n[0])
				}
			}
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// member is a file of an archive that a test takes apart.
type member struct {
	name, content string
	kind          byte
}

func unpack(t testing.TB, raw []byte) (out []member) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, member{h.Name, string(b), h.Typeflag})
	}
}

func pack(t testing.TB, members []member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Typeflag: m.kind, Size: int64(len(m.content)), Mode: 0o600}
		if m.kind != tar.TypeReg {
			h.Linkname, h.Size, m.content = m.content, 0, ""
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, m.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDamagedArchivesAreRefused(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	dir := t.TempDir()
	file(t, dir, "photo.jpg", "a photo")
	raw, _ := write(t, backup.Options{}, source(t, d, dir))
	// edit returns the archive with its members changed: head, rows, photo, manifest.
	edit := func(f func(m []member) []member) []byte { return pack(t, f(unpack(t, raw))) }
	replace := func(i int, old, with string) []byte {
		return edit(func(m []member) []member {
			if !strings.Contains(m[i].content, old) {
				t.Fatalf("%s has no %q", m[i].name, old)
			}
			m[i].content = strings.Replace(m[i].content, old, with, 1)
			return m
		})
	}
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"empty":                 {nil, "no backup of Portico"},
		"something else":        {[]byte("SQLite format 3"), "no backup of Portico"},
		"another tar":           {pack(t, []member{{"notes.txt", "x", tar.TypeReg}}), "no backup of Portico"},
		"cut in half":           {raw[:len(raw)/2], "cannot be read"},
		"its end cut off":       {raw[:len(raw)-6], ""},
		"a bit flipped":         {flip(raw, len(raw)/2), ""},
		"the last byte changed": {flip(raw, len(raw)-1), ""},
		"a value changed":       {replace(1, "plain", "pla1n"), "note/000001.jsonl is not as it was written"},
		"a row lost":            {replace(1, "[4,\"b\",{\"b\":\"Yg==\"},{\"f\":\"-1e-300\"}]\n", ""), "not as it was written"},
		"no JSON":               {replace(1, "[1,", "[1"), "a row cannot be read of note"},
		"a row broken off":      {replace(1, "-1e-300\"}]\n", "-1e-300\"}]"), "a row of note cannot be read"},
		"a file changed":        {replace(2, "a photo", "a phot0"), "files/photo.jpg is not as it was written"},
		"a member missing":      {edit(func(m []member) []member { return append(m[:2:2], m[3]) }), "files/photo.jpg is missing"},
		"members in another order": {
			edit(func(m []member) []member { return []member{m[0], m[2], m[1], m[3]} }), "note/000001.jsonl is missing or misplaced",
		},
		"no manifest": {edit(func(m []member) []member { return m[:3] }), "ends before its manifest"},
		"a member added": {edit(func(m []member) []member {
			return []member{m[0], m[1], m[2], {"portals/0/files/x", "x", tar.TypeReg}, m[3]}
		}), "portals/0/files/x was added"},
		"something behind":   {edit(func(m []member) []member { return append(m, member{"x", "x", tar.TypeReg}) }), "follows its manifest"},
		"a link":             {edit(func(m []member) []member { m[2] = member{m[2].name, "/etc/passwd", tar.TypeSymlink}; return m }), "is no file"},
		"a foreign name":     {edit(func(m []member) []member { m[2].name = "etc/passwd"; return m }), "belongs into it"},
		"a count changed":    {replace(3, "\"rows\": 4", "\"rows\": 3"), "has 4 rows, not 3"},
		"a table not named":  {replace(3, "\"name\": \"note\"", "\"name\": \"other\""), "the table other of a.example.com has 0 rows, not 4"},
		"a table twice":      {replace(3, "\"name\": \"empty\"", "\"name\": \"note\""), "has the table \"note\" twice"},
		"another manifest":   {replace(3, "\"program\": \"test\"", "\"program\": \"best\""), "its head and its manifest differ"},
		"a manifest of junk": {edit(func(m []member) []member { m[3].content = "{"; return m }), "manifest cannot be read"},
		"a head of junk":     {edit(func(m []member) []member { m[0].content = "{}"; return m }), "head cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := backup.Verify(t.Context(), bytes.NewReader(c.raw))
			if !errors.Is(err, backup.ErrBroken) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want ErrBroken with %q", err, c.want)
			}
		})
	}
	t.Run("newer", func(t *testing.T) {
		t.Parallel()
		_, err := backup.Verify(t.Context(), bytes.NewReader(replace(0, `"format":1`, `"format":2`)))
		if !errors.Is(err, backup.ErrNewer) || !strings.Contains(err.Error(), "it has format 2, written by test; this program reads up to 1") {
			t.Errorf("got %v, want ErrNewer", err)
		}
	})
}

func flip(raw []byte, i int) []byte {
	out := bytes.Clone(raw)
	out[i] ^= 0x40
	return out
}

// TestRestoreTrustsNoNameAndNoChange shows that a name cannot lead out of its folder, and that an archive which changes between the
// two times that it is read is noticed.
func TestRestoreTrustsNoNameAndNoChange(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	dir := t.TempDir()
	file(t, dir, "photo.jpg", "a photo")
	raw, s := write(t, backup.Options{}, source(t, d, dir))
	outside := edited(t, raw, "photo.jpg", "../../evil")
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"a way out":          {outside, "leads out of its folder"},
		"changed since":      {edited(t, raw, "\"a.example.com\"", "\"b.example.com\""), "changed while it was read"},
		"cut off since then": {raw[:len(raw)-40], ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			err := backup.Restore(t.Context(), bytes.NewReader(c.raw), backup.Restoring{
				Summary: s, Schemas: schemas,
				Targets: []backup.Target{{Host: "a.example.com", DB: db.Config{Path: filepath.Join(root, "a", "b", "portal.db")}, Folder: filepath.Join(root, "a", "b")}},
			})
			if !errors.Is(err, backup.ErrBroken) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want ErrBroken with %q", err, c.want)
			}
			if _, err := os.Stat(filepath.Join(root, "evil")); err == nil {
				t.Error("a file was written outside of the folder")
			}
		})
	}
}

// edited returns an archive in which old is replaced everywhere, in names and contents.
func edited(t *testing.T, raw []byte, old, with string) []byte {
	t.Helper()
	members := unpack(t, raw)
	for i := range members {
		members[i].name = strings.ReplaceAll(members[i].name, old, with)
		members[i].content = strings.ReplaceAll(members[i].content, old, with)
	}
	return pack(t, members)
}

func TestSchemasOfANewerProgramAreRefused(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	_, s := write(t, backup.Options{}, source(t, d, ""))
	if err := backup.CheckSchemas(s, schemas); err != nil {
		t.Error(err)
	}
	if err := backup.CheckSchemas(s, nil); !errors.Is(err, backup.ErrNewer) || !strings.Contains(err.Error(), "a.example.com") {
		t.Errorf("got %v, want ErrNewer with the portal", err)
	}
}

func TestWriteFileLeavesAllOrNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "b.tar.gz")
	boom := errors.New("boom")
	_, _, err := backup.WriteFile(path, func(w io.Writer) (backup.Summary, error) {
		_, _ = io.WriteString(w, "half")
		return backup.Summary{}, boom
	})
	if list, _ := os.ReadDir(filepath.Dir(path)); !errors.Is(err, boom) || len(list) != 0 {
		t.Errorf("got %v and left %v", err, list)
	}
	whole := func(w io.Writer) (backup.Summary, error) {
		_, err := io.WriteString(w, "whole")
		return backup.Summary{}, err
	}
	if _, size, err := backup.WriteFile(path, whole); err != nil || size != 5 {
		t.Errorf("size %d, %v", size, err)
	}
	if _, _, err := backup.WriteFile(path, whole); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second one over it: %v", err)
	}
}

// FuzzVerify shows that no bytes make the reader crash, and that what it takes for whole has the fingerprint of its manifest.
func FuzzVerify(f *testing.F) {
	raw, _ := write(f, backup.Options{}, source(f, dbtest.SQLite(f, schemas...), ""))
	for _, m := range unpack(f, raw) {
		f.Add(m.name, m.content)
	}
	f.Add("portals/0/note/1", "[1,{\"b\":\"Yg==\"},{\"f\":\"NaN\"},{\"t\":\"/w==\"},null]\n")
	f.Add("portals/0/files/../x", "")
	f.Fuzz(func(t *testing.T, name, content string) {
		members := unpack(t, raw)
		if strings.ContainsRune(name, 0) || len(name) > 90 {
			t.Skip()
		}
		for i, m := range members {
			if m.name == name {
				members[i].content = content
			}
		}
		members = append(members[:1:1], append([]member{{name, content, tar.TypeReg}}, members[1:]...)...)
		if s, err := backup.Verify(t.Context(), bytes.NewReader(pack(t, members))); err == nil {
			t.Errorf("an archive with a member too many was taken: %+v", s)
		} else if !errors.Is(err, backup.ErrBroken) && !errors.Is(err, backup.ErrNewer) {
			t.Errorf("refused without saying that it is broken: %v", err)
		}
	})
}
