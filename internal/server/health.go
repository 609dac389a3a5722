package server

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/portico-hq/portico/internal/build"
)

// serveAlive answers that the process lives and takes requests, under every host name. It asks no portal and no database:
// who restarts a process that does not answer must not do so because a database is away. Whether requests can be served
// is what /readyz tells.
func serveAlive(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "alive\n")
}

// serveReady answers whether requests can be served by the portal of the host asked for or, when that is the name of none,
// by the server: a load balancer asks by address, and must not drop every portal for one. With ?verbose it tells details to
// who may see the numbers.
func (s *server) serveReady(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	began := s.clock.Now()
	err := s.ready(r.Context(), r.Host)
	if r.URL.Query().Has("verbose") && s.mayMeasure(r) {
		s.tellReady(w, err, float64(s.clock.Now().Sub(began).Microseconds())/1000)
		return
	}
	if err != nil {
		http.Error(w, "not ready: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ready\n")
}

func (s *server) tellReady(w http.ResponseWriter, err error, took float64) {
	out := struct {
		Ready    bool    `json:"ready"`
		Error    string  `json:"error,omitempty"`
		Database float64 `json:"database_ms"` // how long the database took to answer
		Portals  int     `json:"portals"`
		Open     int     `json:"open"`
		Version  string  `json:"version"`
	}{Ready: err == nil, Database: took, Version: build.Read().String()}
	for _, sl := range s.hosts.Load().slots {
		out.Portals++
		if sl.open.Load() != nil {
			out.Open++
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		out.Error = err.Error()
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(out)
}

func (s *server) ready(ctx context.Context, host string) error {
	if s.stopping.Err() != nil {
		return errStopping
	}
	sl := s.hosts.Load().find(host)
	if sl == nil {
		return s.directory.Ready(ctx)
	}
	o, err := s.use(sl)
	if err != nil {
		return err
	}
	defer o.release(s.clock.Now())
	return o.portal.Ready(ctx)
}
