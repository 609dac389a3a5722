package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// visitor is told what is read, in the order of the archive. Any of its functions may be nil.
type visitor struct {
	server func(name string, r io.Reader) error
	rows   func(portal int, table string, rows [][]any) error
	file   func(portal int, name string, r io.Reader) error
}

// Verify reads a whole archive and checks it: that it is complete, that every member is as it was written, that every row
// can be read. It returns ErrBroken or ErrNewer, with the reason.
func Verify(ctx context.Context, r io.Reader) (Summary, error) { return read(ctx, r, visitor{}) }

// read reads an archive to its end. What the visitor was told is only to be believed when it returns without an error.
func read(ctx context.Context, r io.Reader, v visitor) (Summary, error) {
	z, err := gzip.NewReader(bufio.NewReaderSize(r, 256<<10))
	if err != nil {
		return Summary{}, fmt.Errorf("%w: it is no backup of Portico, or its beginning is lost", ErrBroken)
	}
	u := &unpacker{tar: tar.NewReader(z), visitor: v, rows: map[string]int64{}, files: map[int]int{}}
	for {
		if err := ctx.Err(); err != nil {
			return Summary{}, err
		}
		done, err := u.next()
		if err != nil {
			return Summary{}, err
		}
		if done {
			break
		}
	}
	return u.finish(z)
}

// unpacker is an archive that is being read.
type unpacker struct {
	tar     *tar.Reader
	visitor visitor

	head     *Head
	members  []Member
	rows     map[string]int64 // by portal and table: "0/chat"
	files    map[int]int      // by portal
	manifest []byte
}

// next reads a member; done says that it was the last one.
func (u *unpacker) next() (done bool, err error) {
	h, err := u.tar.Next()
	switch {
	case err != nil:
		return false, fmt.Errorf("%w: it ends before its manifest, or cannot be read (%v)", ErrBroken, err) //nolint:errorlint // nobody looks for tar's errors
	case h.Typeflag != tar.TypeReg:
		return false, fmt.Errorf("%w: %q is no file", ErrBroken, h.Name)
	case u.head == nil:
		return false, u.readHead(h)
	case h.Name == manifestName:
		u.manifest, err = u.all(maxManifest)
		return true, err
	}
	sum := sha256.New()
	counted := &counter{r: io.TeeReader(u.tar, sum)}
	if err := u.member(h.Name, counted); err != nil {
		return false, err
	}
	if _, err := io.Copy(io.Discard, counted); err != nil { // what the visitor left
		return false, broken(h.Name, err)
	}
	u.members = append(u.members, Member{h.Name, counted.n, hex.EncodeToString(sum.Sum(nil))})
	return false, nil
}

func broken(name string, err error) error {
	return fmt.Errorf("%w: %s cannot be read: %v", ErrBroken, name, err) //nolint:errorlint // the cause is for people
}

func (u *unpacker) readHead(h *tar.Header) error {
	if h.Name != headName {
		return fmt.Errorf("%w: it is no backup of Portico", ErrBroken)
	}
	raw, err := u.all(maxHead)
	if err != nil {
		return err
	}
	head, err := readHead(raw)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	u.head = &head
	u.members = append(u.members, Member{h.Name, int64(len(raw)), hex.EncodeToString(sum[:])})
	return nil
}

// all reads a small member.
func (u *unpacker) all(limit int64) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(u.tar, limit+1))
	if err == nil && int64(len(raw)) > limit {
		err = errors.New("it is too long")
	}
	if err != nil {
		return nil, broken("its head or manifest", err)
	}
	return raw, nil
}

// member hands a member to the visitor by its name.
func (u *unpacker) member(name string, r io.Reader) error {
	if file, ok := strings.CutPrefix(name, "server/"); ok {
		if u.visitor.server == nil {
			return nil
		}
		return u.visitor.server(file, r)
	}
	rest, ok := strings.CutPrefix(name, "portals/")
	number, rest, cut := strings.Cut(rest, "/")
	portal, err := strconv.Atoi(number)
	if !ok || !cut || err != nil || portal < 0 {
		return fmt.Errorf("%w: nothing called %q belongs into it", ErrBroken, name)
	}
	if file, ok := strings.CutPrefix(rest, "files/"); ok {
		u.files[portal]++
		if u.visitor.file == nil {
			return nil
		}
		return u.visitor.file(portal, file, r)
	}
	table, _, _ := strings.Cut(rest, "/")
	return u.readRows(portal, table, r)
}

// batchSize is how many rows are handed on at once.
const batchSize = 500

func (u *unpacker) readRows(portal int, table string, r io.Reader) error {
	key := strconv.Itoa(portal) + "/" + table
	lines := bufio.NewReaderSize(r, 64<<10)
	var batch [][]any
	flush := func() error {
		u.rows[key] += int64(len(batch))
		var err error
		if u.visitor.rows != nil && len(batch) > 0 {
			err = u.visitor.rows(portal, table, batch)
		}
		batch = batch[:0]
		return err
	}
	for {
		line, err := readLine(lines)
		if errors.Is(err, io.EOF) {
			return flush()
		}
		if err != nil {
			return broken("a row of "+table, err)
		}
		row, err := parseRow(line)
		if err != nil {
			return fmt.Errorf("%w: %w of %s", ErrBroken, err, table)
		}
		if batch = append(batch, row); len(batch) == batchSize {
			if err := flush(); err != nil {
				return err
			}
		}
	}
}

// readLine returns a line without its end; one that does not end is broken off.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return bytes.TrimSuffix(line, []byte("\n")), nil
		case errors.Is(err, bufio.ErrBufferFull) && len(line) <= maxRow:
		case errors.Is(err, io.EOF) && len(line) == 0:
			return nil, io.EOF
		case errors.Is(err, io.EOF):
			return nil, io.ErrUnexpectedEOF
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, errors.New("it is too long")
		default:
			return nil, err
		}
	}
}

// finish compares what was read with what the manifest says, and sees that nothing follows.
func (u *unpacker) finish(z *gzip.Reader) (Summary, error) {
	if _, err := u.tar.Next(); !errors.Is(err, io.EOF) {
		return Summary{}, fmt.Errorf("%w: something follows its manifest", ErrBroken)
	}
	if n, err := io.Copy(io.Discard, z); err != nil || n > 0 && n%512 != 0 {
		return Summary{}, fmt.Errorf("%w: its end is damaged (%v)", ErrBroken, err) //nolint:errorlint // the cause is for people
	}
	m, err := readManifest(u.manifest)
	if err != nil {
		return Summary{}, err
	}
	if !m.equal(*u.head) {
		return Summary{}, fmt.Errorf("%w: its head and its manifest differ", ErrBroken)
	}
	if err := u.compare(m); err != nil {
		return Summary{}, err
	}
	return summarize(m, u.manifest), nil
}

func (h Head) equal(o Head) bool {
	return h.Format == o.Format && h.Program == o.Program && h.Created.Equal(o.Created)
}

func (u *unpacker) compare(m Manifest) error {
	for i, want := range m.Members {
		if i >= len(u.members) || u.members[i].Name != want.Name {
			return fmt.Errorf("%w: %s is missing or misplaced", ErrBroken, want.Name)
		}
		if u.members[i] != want {
			return fmt.Errorf("%w: %s is not as it was written", ErrBroken, want.Name)
		}
	}
	if len(u.members) > len(m.Members) {
		return fmt.Errorf("%w: %s was added to it", ErrBroken, u.members[len(m.Members)].Name)
	}
	for i, p := range m.Portals {
		total := int64(0)
		for _, t := range p.Tables {
			key := strconv.Itoa(i) + "/" + t.Name
			if u.rows[key] != t.Rows {
				return fmt.Errorf("%w: the table %s of %s has %d rows, not %d", ErrBroken, t.Name, p.Host, u.rows[key], t.Rows)
			}
			delete(u.rows, key)
			total += t.Rows
		}
		if total != p.Rows || u.files[i] != p.Files {
			return fmt.Errorf("%w: the counts of %s are wrong", ErrBroken, p.Host)
		}
		delete(u.files, i)
	}
	if len(u.rows) > 0 || len(u.files) > 0 {
		return fmt.Errorf("%w: it holds rows or files that its manifest does not name", ErrBroken)
	}
	return nil
}

// counter counts the bytes that are read through it.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// find returns the place of the portal called host in the archive.
func (m Manifest) find(host string) (int, bool) {
	i := slices.IndexFunc(m.Portals, func(p Portal) bool { return p.Host == host })
	return i, i >= 0
}
