package rest

import (
	"net/http"
	"strings"
)

// allowOrigins lets pages of every origin read the answer. A page proves itself by a token that it was given, never by
// something that its browser sends along, so nothing is gained by a page that was given none: credentials stay out.
func allowOrigins(h http.Header) {
	h["Access-Control-Allow-Origin"] = anyOrigin
	h["Access-Control-Expose-Headers"] = exposed
}

var (
	anyOrigin = []string{"*"}
	// exposed are the headers of an answer that such a page may read.
	exposed = []string{RequestIDHeader + ", " + keyHeader + ", " + replayedHeader + ", " + strings.Join(limitHeaders, ", ")}
)

// preflightAge is how long browsers remember what they may send, in seconds; none keeps it longer than a day.
const preflightAge = "86400"

// preflight answers the question of a browser whether a page of another origin may call.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
	h.Set("Access-Control-Max-Age", preflightAge)
	h.Set("Vary", "Access-Control-Request-Headers")
	if wanted := r.Header.Get("Access-Control-Request-Headers"); wanted != "" {
		h.Set("Access-Control-Allow-Headers", wanted)
	}
	w.WriteHeader(http.StatusNoContent)
}
