package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
)

var packers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(io.Discard, 5) // the level is valid
	return z
}}

func packTo(w io.Writer, body []byte) {
	z := packers.Get().(*gzip.Writer)
	defer packers.Put(z)
	z.Reset(w)
	_, _ = z.Write(body) // the browser may have gone: there is nobody left to tell
	_ = z.Close()
}

// acceptsGzip reports whether the browser takes gzip; "gzip;q=0" says that it does not.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0"
		}
	}
	return false
}

func compressible(kind string) bool {
	return strings.HasPrefix(kind, "text/") || kind == "image/svg+xml"
}
