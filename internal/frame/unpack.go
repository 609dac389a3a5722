package frame

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/fault"
)

// The limits of the files of a static application.
const (
	MaxUpload    = 10 << 20 // bytes of the archive
	maxSiteBytes = 20 << 20 // unpacked
	maxSiteFiles = 500
	maxSitePath  = 255 // bytes
)

// siteFile is a file of a static application.
type siteFile struct {
	path string
	body []byte
}

func badFile(text string) error { return fault.New(fault.Invalid, "INVALID_FILES", text).At("file") }

// unpack reads an upload: a page of HTML, or a zip archive with index.html at its root or in the one folder there.
func unpack(name string, body []byte) ([]siteFile, error) {
	switch ending := strings.ToLower(path.Ext(name)); {
	case len(body) == 0:
		return nil, badFile("Choose a zip archive, or one page of HTML.")
	case len(body) > MaxUpload:
		return nil, badFile("Use an archive of at most 10 MB.")
	case ending == ".html" || ending == ".htm":
		return []siteFile{{indexFile, body}}, nil
	case ending != ".zip":
		return nil, badFile("Choose a zip archive, or one page of HTML.")
	}
	files, err := unzip(body)
	if err != nil {
		return nil, err
	}
	files = withoutFolder(files)
	if !slices.ContainsFunc(files, func(f siteFile) bool { return f.path == indexFile }) {
		return nil, badFile("The archive has no index.html, which is the page that opens.")
	}
	return files, nil
}

func unzip(body []byte) ([]siteFile, error) {
	r, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, badFile("The archive cannot be read.")
	}
	var out []siteFile
	left := int64(maxSiteBytes)
	for _, f := range r.File {
		if f.FileInfo().IsDir() || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue
		}
		switch {
		case !f.Mode().IsRegular() || !fs.ValidPath(f.Name) || len(f.Name) > maxSitePath || !utf8.ValidString(f.Name) || strings.ContainsAny(f.Name, "\\\x00"):
			return nil, badFile("The archive holds a file that cannot be kept: " + f.Name)
		case len(out) == maxSiteFiles:
			return nil, badFile("The archive holds more than 500 files.")
		case slices.ContainsFunc(out, func(o siteFile) bool { return o.path == f.Name }):
			return nil, badFile("The archive holds a file twice: " + f.Name)
		}
		b, err := readZipped(f, left)
		if err != nil {
			return nil, err
		}
		left -= int64(len(b))
		out = append(out, siteFile{f.Name, b})
	}
	return out, nil
}

// readZipped reads a file of at most most bytes, whatever the archive says of its size.
func readZipped(f *zip.File, most int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, badFile("The archive cannot be read: " + f.Name)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	switch {
	case errors.Is(err, zip.ErrChecksum), err != nil:
		return nil, badFile("The archive cannot be read: " + f.Name)
	case int64(len(b)) > most:
		return nil, badFile("The files of the archive are larger than 20 MB.")
	}
	return b, nil
}

// withoutFolder takes off the one folder that holds everything, which many programs put into an archive.
func withoutFolder(files []siteFile) []siteFile {
	folder, _, found := strings.Cut(first(files), "/")
	if !found || slices.ContainsFunc(files, func(f siteFile) bool { return !strings.HasPrefix(f.path, folder+"/") }) {
		return files
	}
	for i := range files {
		files[i].path = files[i].path[len(folder)+1:]
	}
	return files
}

func first(files []siteFile) string {
	if len(files) == 0 {
		return ""
	}
	return files[0].path
}
