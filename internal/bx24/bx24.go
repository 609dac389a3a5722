// Package bx24 is the script that pages of applications load to talk to the portal around their frame, written anew. It is
// served by every portal, and by a server under the name that such pages have built in.
// Pages: sdk/bx24-js-sdk/index.md and those below it.
package bx24

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // the script
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Host is the name from which pages load the script, whichever portal they are shown in.
const Host = "api.bitrix24.com"

//go:embed bx24.js
var script []byte

// keep is how long browsers keep the script before they ask whether it has changed.
const keep = "public, max-age=3600"

// Script returns the script.
func Script() []byte { return bytes.Clone(script) }

// packed returns the script compressed, and its name for caches.
var packed = sync.OnceValues(func() (body []byte, etag string) {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	_, _ = z.Write(script)                                // into memory
	_ = z.Close()
	sum := sha256.Sum256(script)
	return b.Bytes(), hex.EncodeToString(sum[:8])
})

// IsPath reports whether a path is one of the script's, with any number of slashes in every place: /api/v1/.
func IsPath(path string) bool {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	return len(parts) == 2 && parts[0] == "api" && parts[1] == "v1"
}

// Handler serves the script to pages of every origin, and 404 elsewhere.
func Handler() http.Handler { return http.HandlerFunc(serve) }

func serve(w http.ResponseWriter, r *http.Request) {
	if !IsPath(r.URL.Path) {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Load the script with GET", http.StatusMethodNotAllowed)
		return
	}
	zipped, etag := packed()
	body := script
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", keep)
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*") // for <script crossorigin>
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body, etag = zipped, etag+"-gzip"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", `"`+etag+`"`)
	if matches(r.Header.Get("If-None-Match"), `"`+etag+`"`) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = io.Copy(w, bytes.NewReader(body)) // the browser has gone; there is nobody to tell
}

// acceptsGzip reports whether a header Accept-Encoding names gzip and does not refuse it.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(name, "gzip") {
			q := strings.ReplaceAll(params, " ", "")
			return q != "q=0" && q != "q=0.0"
		}
	}
	return false
}

// matches reports whether a header If-None-Match names etag.
func matches(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimPrefix(strings.TrimSpace(part), "W/"); part == etag || part == "*" {
			return true
		}
	}
	return false
}
