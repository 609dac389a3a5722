package frame

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io/fs"
	"testing"

	"github.com/portico-hq/portico/internal/phpform"
)

// FuzzUnpack: whatever is uploaded, what is kept are files with clean paths within the limits.
func FuzzUnpack(f *testing.F) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"app/index.html", "app/a.js"} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte("<p>"))
		}
		if err != nil {
			f.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add("a.zip", b.Bytes())
	f.Add("a.html", []byte("<p>"))
	f.Add("a.zip", []byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		files, err := unpack(name, body)
		if err != nil {
			return
		}
		size, index := 0, false
		for _, file := range files {
			size += len(file.body)
			index = index || file.path == indexFile
			if !fs.ValidPath(file.path) {
				t.Errorf("kept %q", file.path)
			}
		}
		if !index || len(files) > maxSiteFiles || size > maxSiteBytes {
			t.Errorf("%d files, %d bytes, index.html %t", len(files), size, index)
		}
	})
}

// FuzzOptions: what a page is told is JSON, whatever its address says.
func FuzzOptions(f *testing.F) {
	f.Add(`{"a":1}`, "/company/")
	f.Add(`[1,{"URI":"x"}]`, "/")
	f.Add(`{"URI":"/own/"}`, "/company/")
	f.Add(`{`, "")
	f.Fuzz(func(t *testing.T, text, from string) {
		v, err := readOptions(text, from)
		if err != nil {
			return
		}
		if out := phpform.AppendJSON(nil, v); !json.Valid(out) {
			t.Errorf("%q with %q became %s", text, from, out)
		}
	})
}
