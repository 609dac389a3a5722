package web_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/web"
)

// TestLargeFilesOfAFormWaitOnTheDisk sends forms of many sizes to an action that takes 64 MB.
func TestLargeFilesOfAFormWaitOnTheDisk(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	onDisk := map[string]bool{}
	b.shell.Action("/notes/files", web.SignedIn, func(_ context.Context, r *web.Request) (web.Result, error) {
		for name, heads := range r.MultipartForm.File {
			content, err := heads[0].Open()
			if err != nil {
				return nil, err
			}
			_, onDisk[name] = content.(*os.File)
			if err := content.Close(); err != nil {
				return nil, err
			}
		}
		return web.Redirect{To: "/notes/"}, r.MultipartForm.RemoveAll()
	}, web.MaxBody(64<<20))
	send := func(want int, value int, files map[string]int) {
		t.Helper()
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(w.WriteField("text", strings.Repeat("x", value)))
		for name, size := range files {
			part, err := w.CreateFormFile(name, name+".bin")
			must(err)
			_, err = part.Write(make([]byte, size))
			must(err)
		}
		must(w.Close())
		got := b.do(http.MethodPost, "/notes/files", "anna", body.String(), "Content-Type", w.FormDataContentType(), "Sec-Fetch-Site", "same-origin")
		if got.Code != want {
			t.Errorf("a form of %d bytes, %d of them a value: %d, want %d", body.Len(), value, got.Code, want)
		}
	}
	send(http.StatusSeeOther, 10, map[string]int{"small": 1000})
	send(http.StatusSeeOther, 10, map[string]int{"large": 24 << 20})
	if onDisk["small"] || !onDisk["large"] {
		t.Errorf("on the disk are %v", onDisk)
	}
	send(http.StatusRequestEntityTooLarge, 10, map[string]int{"huge": 65 << 20})
	send(http.StatusRequestEntityTooLarge, 12<<20, nil) // what is no file is held in memory
}
