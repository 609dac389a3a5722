package frame

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"testing"
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
