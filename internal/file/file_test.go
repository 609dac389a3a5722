package file_test

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/setting"
)

func TestUpload(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		n := b.upload(t, anna, chat, "dir/Report.TXT", "hello")
		if n.Name != "Report.TXT" || n.Size != 5 || n.Type != "text/plain" || n.Version != 1 || n.CreatedBy != anna || n.ChatOf() != chat {
			t.Errorf("uploaded %+v", n)
		}
		if n.VersionID == 0 || len(n.Handle) != 20 || !n.Created.Equal(b.clock.Now()) {
			t.Errorf("uploaded %+v", n)
		}
		if got := b.read(t, n); got != "hello" {
			t.Errorf("content %q", got)
		}
		again := b.upload(t, boris, chat, "report.txt", "hello")
		if again.Name != "report (1).txt" || again.Sum != n.Sum || b.objects(t) != 1 {
			t.Errorf("the same once more: %q, %d objects", again.Name, b.objects(t))
		}
		_, err := b.Upload(t.Context(), as(clara), chat, "x", strings.NewReader("x"))
		wantFault(t, "upload by somebody outside", err, file.ErrAccess)
		_, err = b.Upload(t.Context(), as(anna), chat, "../..", strings.NewReader("x"))
		wantFault(t, "upload without a name", err, file.ErrName)
	})
}

// Who may read, and who may not.
func TestRights(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		n := b.upload(t, anna, chat, "a.txt", "a")
		for user, want := range map[int64]file.Right{anna: file.Full, boris: file.Add, clara: file.None, dora: file.None, ed: file.None, 99: file.None} {
			got, err := b.Right(t.Context(), as(user), n.ID)
			if err != nil || got != want {
				t.Errorf("user %d may %d, %v; want %d", user, got, err, want)
			}
		}
		_, err := b.Get(t.Context(), as(clara), n.ID)
		wantFault(t, "read by somebody outside", err, file.ErrAccess)
		_, err = b.Get(t.Context(), as(anna), 999)
		wantFault(t, "read what is not there", err, file.ErrNotFound)

		_, err = b.attach(t, clara, file.Place{Entity: file.Chat, ID: other}, n.ID)
		wantFault(t, "attach what one may not read", err, file.ErrAccess)
		ties, err := b.attach(t, boris, file.Place{Entity: file.Chat, ID: other}, n.ID)
		must(t, err)
		if _, err := b.Get(t.Context(), as(clara), n.ID); err != nil {
			t.Errorf("a forwarded file cannot be read where it was forwarded to: %v", err)
		}
		twice, err := b.attach(t, boris, file.Place{Entity: file.Chat, ID: other}, n.ID)
		must(t, err)
		if len(ties) != 1 || twice[0].ID != ties[0].ID {
			t.Errorf("attached twice: %+v, %+v", ties, twice)
		}
		tie, err := b.Tie(t.Context(), as(clara), ties[0].ID)
		if err != nil || tie.File.ID != n.ID || tie.CreatedBy != boris || tie.Place.ID != other {
			t.Errorf("tie %+v, %v", tie, err)
		}
		must(t, d.Write(t.Context(), func(tx *db.Tx) error {
			return b.DetachTx(t.Context(), tx, file.Place{Entity: file.Chat, ID: other}, []int64{n.ID})
		}))
		_, err = b.Get(t.Context(), as(clara), n.ID)
		wantFault(t, "read what was detached", err, file.ErrAccess)
	})
}

// Rights that were given reach what is below a folder, by person, department and for everybody.
func TestGivenRights(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		root, err := b.ChatFolder(t.Context(), as(anna), chat)
		must(t, err)
		folder, err := b.AddFolder(t.Context(), as(anna), root.ID, "Shared", nil)
		must(t, err)
		c, err := b.Receive(t.Context(), strings.NewReader("x"))
		must(t, err)
		n, err := b.Add(t.Context(), as(anna), folder.ID, file.NewFile{Name: "x", Content: c})
		must(t, err)
		wantFault(t, "give what one has not", b.Give(t.Context(), as(boris), folder.ID, []file.Given{{Code: "U3", Right: file.Read}}), file.ErrAccess)
		for _, given := range []file.Given{{"U3", file.Read}, {"D4", file.Edit}, {"DR1", file.Add}, {"*", file.Full}} {
			must(t, b.Give(t.Context(), as(anna), folder.ID, []file.Given{given}))
			if got, err := b.Right(t.Context(), as(clara), n.ID); err != nil || got != given.Right {
				t.Errorf("given %v, has %d, %v", given, got, err)
			}
			if got, err := b.Right(t.Context(), as(ed), n.ID); err != nil || got != file.None {
				t.Errorf("given %v, an outsider has %d, %v", given, got, err)
			}
			must(t, b.Give(t.Context(), as(anna), folder.ID, []file.Given{{given.Code, file.None}}))
		}
		if got, err := b.Right(t.Context(), as(clara), n.ID); err != nil || got != file.None {
			t.Errorf("all taken away, has %d, %v", got, err)
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		seen := map[string]bool{}
		for i := range 40 {
			n := b.upload(t, anna, chat, "image.png", strconv.Itoa(i))
			if seen[strings.ToLower(n.Name)] {
				t.Fatalf("%q twice", n.Name)
			}
			seen[strings.ToLower(n.Name)] = true
		}
		if !seen["image.png"] || !seen["image (1).png"] || !seen["image (39).png"] {
			t.Errorf("names %v", seen)
		}
		long := b.upload(t, anna, chat, strings.Repeat("ä", 300)+".jpeg", "x")
		if len(long.Name) > 255 || !strings.HasSuffix(long.Name, "ä.jpeg") {
			t.Errorf("a long name became %q", long.Name)
		}
		if n := b.upload(t, anna, chat, strings.Repeat("ä", 300)+".jpeg", "x"); len(n.Name) > 255 || !strings.HasSuffix(n.Name, " (1).jpeg") {
			t.Errorf("a long name for the second time became %q", n.Name)
		}
		root, err := b.ChatFolder(t.Context(), as(anna), chat)
		must(t, err)
		c, err := b.Receive(t.Context(), strings.NewReader("x"))
		must(t, err)
		_, err = b.Add(t.Context(), as(anna), root.ID, file.NewFile{Name: "IMAGE.png", Content: c})
		wantFault(t, "a name that is taken", err, file.ErrNameTaken)
	})
}

// Many who upload one name at once all get one of their own.
func TestConcurrentUploads(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		const n = 12
		var wg sync.WaitGroup
		var mu sync.Mutex
		names := map[string]bool{}
		for range n {
			wg.Go(func() {
				f, err := b.Upload(t.Context(), as(anna), chat, "same.txt", strings.NewReader("the same"))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				names[f.Name] = true
			})
		}
		wg.Wait()
		if len(names) != n || b.objects(t) != 1 {
			t.Errorf("%d names, %d objects; want %d and 1", len(names), b.objects(t), n)
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		must(t, setting.Save(t.Context(), b.settings, file.LimitsKey, file.Limits{MaxMB: 1, QuotaMB: 2}))
		big := strings.Repeat("x", 1<<20)
		_, err := b.Upload(t.Context(), as(anna), chat, "big", strings.NewReader(big+"x"))
		wantFault(t, "one byte over the limit", err, file.ErrTooLarge)
		b.upload(t, anna, chat, "first", big)
		b.upload(t, anna, chat, "the same takes no room", big)
		b.upload(t, anna, chat, "second", big[1:]+"y")
		_, err = b.Upload(t.Context(), as(anna), chat, "third", strings.NewReader("z"))
		wantFault(t, "one byte over the quota", err, file.ErrNoSpace)
		if used, err := b.Used(t.Context()); err != nil || used != 2<<20 {
			t.Errorf("used %d, %v", used, err)
		}
		if b.objects(t) != 2 {
			t.Errorf("what was refused left %d objects, want 2", b.objects(t))
		}
		for _, l := range []file.Limits{{MaxMB: 0}, {MaxMB: file.MaxFileMB + 1}, {MaxMB: 1, QuotaMB: -1}} {
			if err := setting.Save(t.Context(), b.settings, file.LimitsKey, l); fault.KindOf(err) != fault.Invalid {
				t.Errorf("limits %+v: %v", l, err)
			}
		}
	})
}

func TestUploadInParts(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		root, err := b.ChatFolder(t.Context(), as(anna), chat)
		must(t, err)
		content := bytes.Repeat([]byte("0123456789abcdef"), file.PartSize/16)
		content = append(content, content[:file.PartSize/2]...)
		u, err := b.Begin(t.Context(), as(anna), file.NewUpload{FolderID: root.ID, Name: "film.bin", Size: int64(len(content))})
		must(t, err)
		part := func(start, end int) (file.Unfinished, error) {
			return b.Part(t.Context(), as(anna), u.ID, int64(start), bytes.NewReader(content[start:end]))
		}
		_, err = part(16, 32)
		wantFault(t, "a part in the middle", err, file.ErrOffset)
		if got, err := part(0, file.PartSize); err != nil || got.Received != file.PartSize {
			t.Fatalf("first part: %+v, %v", got, err)
		}
		if got, err := part(0, file.PartSize); err != nil || got.Received != file.PartSize {
			t.Fatalf("first part again: %+v, %v", got, err)
		}
		_, err = b.Finish(t.Context(), as(anna), u.ID)
		wantFault(t, "finish too early", err, file.ErrOffset)
		_, err = b.Part(t.Context(), as(anna), u.ID, file.PartSize, bytes.NewReader(content[:file.PartSize/2+1]))
		wantFault(t, "past the end", err, file.ErrPart)
		_, err = b.Part(t.Context(), as(anna), u.ID, file.PartSize, strings.NewReader(""))
		wantFault(t, "an empty part", err, file.ErrPart)
		_, err = b.Progress(t.Context(), as(boris), u.ID)
		wantFault(t, "somebody else's upload", err, file.ErrUpload)
		if got, err := part(file.PartSize, len(content)); err != nil || got.Received != int64(len(content)) {
			t.Fatalf("last part: %+v, %v", got, err)
		}
		n, err := b.Finish(t.Context(), as(anna), u.ID)
		must(t, err)
		again, err := b.Finish(t.Context(), as(anna), u.ID)
		must(t, err)
		if again.ID != n.ID {
			t.Errorf("finished twice: files %d and %d", n.ID, again.ID)
		}
		if got := b.read(t, n); got != string(content) || n.Name != "film.bin" {
			t.Errorf("%s has %d bytes that are not those sent", n.Name, len(got))
		}
	})
}

// A small file is one part, which becomes the content itself; a cancelled upload is gone.
func TestUploadInOnePart(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		root, err := b.ChatFolder(t.Context(), as(anna), chat)
		must(t, err)
		begin := func(size int64) file.Unfinished {
			u, err := b.Begin(t.Context(), as(anna), file.NewUpload{
				FolderID: root.ID, Name: "voice.webm", Size: size, Sound: file.Sound{Voice: true, Duration: 2500e6, Wave: "0123456789"},
			})
			must(t, err)
			return u
		}
		u := begin(4)
		_, err = b.Part(t.Context(), as(anna), u.ID, 0, strings.NewReader("test"))
		must(t, err)
		n, err := b.Finish(t.Context(), as(anna), u.ID)
		must(t, err)
		if !n.Voice || n.Duration.Milliseconds() != 2500 || n.Wave != "0123456789" || b.objects(t) != 1 {
			t.Errorf("%+v, %d objects", n.Sound, b.objects(t))
		}
		empty, err := b.Finish(t.Context(), as(anna), begin(0).ID)
		if err != nil || empty.Size != 0 || b.read(t, empty) != "" {
			t.Errorf("an empty file: %+v, %v", empty, err)
		}
		gone := begin(4)
		must(t, b.Cancel(t.Context(), as(anna), gone.ID))
		_, err = b.Part(t.Context(), as(anna), gone.ID, 0, strings.NewReader("test"))
		wantFault(t, "a part of what was cancelled", err, file.ErrUpload)
		_, err = b.Begin(t.Context(), as(anna), file.NewUpload{FolderID: root.ID, Name: "a", Size: 101 << 20})
		wantFault(t, "an upload that is too large", err, file.ErrTooLarge)
		_, err = b.Begin(t.Context(), as(anna), file.NewUpload{FolderID: root.ID, Name: "a", Sound: file.Sound{Wave: "loud"}})
		wantFault(t, "a wave that is none", err, file.ErrSound)
		for i := 0; ; i++ {
			if _, err = b.Begin(t.Context(), as(anna), file.NewUpload{FolderID: root.ID, Name: "a", Size: 1}); err != nil || i > 200 {
				break
			}
		}
		wantFault(t, "uploads without end", err, file.ErrManyUploads)
	})
}

// The reader of a content that breaks off leaves nothing behind.
func TestBrokenUpload(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		broken := io.MultiReader(strings.NewReader("half of"), &failing{})
		if _, err := b.Upload(t.Context(), as(anna), chat, "a", broken); err == nil || !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("a broken upload: %v", err)
		}
		if used, err := b.Used(t.Context()); err != nil || used != 0 || b.objects(t) != 0 {
			t.Errorf("left %d bytes, %d objects, %v", used, b.objects(t), err)
		}
	})
}

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }
