package server

import (
	"io"
	"net/http"
)

// serveAlive answers that the process lives and takes requests, under every host name. It asks no portal and no database:
// who restarts a process that does not answer must not do so because a database is away. Whether requests can be served
// is what /readyz tells.
func serveAlive(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "alive\n")
}
