// Package server runs portals: it listens, serves TLS, finds the portal of a request by its host name, opens portals when they
// are first used and closes them at the end.
//
// The list of portals, and the public address that the command line needs beside a running server, are kept in the
// Directory: a small database of its own.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/localca"
	"github.com/portico-hq/portico/internal/metric"
)

// The limits of connections. There is none on writing: streams and downloads last as long as they last.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 256 << 10
	// stopTimeout is how long requests under way may take after the server was told to stop.
	stopTimeout = 10 * time.Second
)

// lockName is the file by which servers on one SQLite data folder notice each other.
const lockName = "serve.lock"

// How often, and after how long, a server tries again to get the data folder for itself.
const (
	lockTries = 5
	lockWait  = 50 * time.Millisecond
)

// ErrRunning is returned by Run when another server uses the data folder.
var ErrRunning = errors.New("another portico serve is running on this data folder")

// Config says what to serve and where.
type Config struct {
	Data        string // the data folder; it is created when missing
	DatabaseURL string // PostgreSQL instead of files in the data folder
	Schema      string // PostgreSQL: the directory's schema; empty is "portico"
	HTTP        string // address to listen on, e.g. "127.0.0.1:8080"; empty: no HTTP
	HTTPS       string // likewise for HTTPS
	TLS         TLS
	URL         string      // the public address when it is not that of the listeners: behind a proxy
	Files       blob.Places // where the contents of files are
	Clock       clock.Clock
	Log         *slog.Logger

	Metrics *metric.Server // nil: nothing is counted, and /metrics is not there
	// MetricsToken opens /metrics to who sends it; empty opens it to this machine.
	MetricsToken string
	// MethodClass returns the family of a REST method for the numbers; it must know few. nil: all are one.
	MethodClass func(method string) string
	AccessLog   bool // write a line for each request

	// IdleAfter is how long nobody must have used a portal before it is closed, where there are several; zero is 5 minutes,
	// less is never.
	IdleAfter time.Duration

	// Open opens a portal. publicURL returns the portal's address as seen from outside, without a slash at the end.
	Open func(ctx context.Context, e Entry, publicURL func() string) (Portal, error)
	// Prepare is called once in the life of a portal, before its first use. See Directory.Prepare.
	Prepare func(ctx context.Context, e Entry, p Portal) error
	// Started is called when the server answers.
	Started func(s Started)
}

// Started tells where a server can be reached.
type Started struct {
	Addresses []string // what it listens on, as URLs, HTTPS first
	Portals   []string // the portals' public addresses
	CA        string   // the file with the certificate to trust; empty without HTTPS
}

// server is a running server.
type server struct {
	config       Config
	directory    *Directory
	address      Address
	ca           *localca.CA
	certificates *certificates // nil without HTTPS
	clock        clock.Clock
	log          *slog.Logger
	hosts        atomic.Pointer[hosts]
	listeners    []listener
	changed      chan struct{}  // another process has changed the directory
	watching     sync.WaitGroup // watch
	leaving      sync.WaitGroup // portals whose data have moved

	stopping   context.Context // ends when the server is told to stop
	background context.Context // ends when requests under way have been given up
}

var _ http.Handler = (*server)(nil)

// Run serves until ctx ends, then finishes the requests under way and closes the portals. It returns nil when all of that
// went well.
func Run(ctx context.Context, c Config) (err error) {
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.IdleAfter == 0 {
		c.IdleAfter = idleAfter
	}
	if err := makeFolder(c.Data); err != nil {
		return err
	}
	background, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	s := &server{config: c, clock: c.Clock, log: c.Log, stopping: ctx, background: background, changed: make(chan struct{}, 1)}
	s.directory, err = OpenDirectory(ctx, DirectoryConfig{Data: c.Data, DatabaseURL: c.DatabaseURL, Schema: c.Schema, Clock: c.Clock, Files: c.Files})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.directory.Close()) }()
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := s.listen(ctx); err != nil {
		return err
	}
	defer s.closeListeners()
	if err := s.prepare(ctx); err != nil {
		return err
	}
	return s.serve(giveUp)
}

// lock keeps a second server off the same SQLite files: each would deliver every event. On PostgreSQL servers share the
// work through the database.
func (s *server) lock() (unlock func(), err error) {
	if s.config.DatabaseURL != "" {
		return func() {}, nil
	}
	path := filepath.Join(s.config.Data, lockName)
	f, free, err := lockFile(path)
	for range lockTries {
		if err != nil || free {
			break
		}
		t := s.clock.NewTimer(lockWait) // a command that looks whether a server runs holds the lock for a moment
		<-t.C()
		f, free, err = lockFile(path)
	}
	switch {
	case err != nil:
		return nil, err
	case !free:
		return nil, fmt.Errorf("%w (%s): stop it first, or give this one another --data", ErrRunning, s.config.Data)
	}
	return func() { _ = f.Close() }, nil
}

// IsRunning reports whether a server runs on an SQLite data folder.
func IsRunning(data string) bool {
	f, free, err := lockFile(filepath.Join(data, lockName))
	if f != nil {
		_ = f.Close()
	}
	return err == nil && !free
}

// prepare notes the public address and reads the directory, which gets its first portal here.
func (s *server) prepare(ctx context.Context) error {
	if err := s.directory.SetAddress(ctx, s.address); err != nil {
		return fmt.Errorf("note the public address: %w", err)
	}
	if err := s.directory.EnsureFirst(ctx); err != nil {
		return fmt.Errorf("make the first portal: %w", err)
	}
	return s.reload(ctx)
}

// serve answers requests until the server is told to stop or a listener fails.
func (s *server) serve(giveUp func()) error {
	failed := make(chan error, len(s.listeners))
	servers := make([]*http.Server, len(s.listeners))
	for i, l := range s.listeners {
		servers[i] = s.httpServer(l.scheme)
		go func() { failed <- servers[i].Serve(l.Listener) }()
	}
	err := s.openFirst()
	if err == nil {
		if s.config.Metrics != nil {
			s.config.Metrics.OnLook(s.state)
		}
		s.announce()
		s.directory.Watch(s.directoryChanged)
		s.watching.Go(s.watch)
		select {
		case <-s.stopping.Done():
		case err = <-failed:
		}
	}
	s.stop(servers, giveUp)
	return err
}

// openFirst opens the only portal, so that a start that cannot work fails at once; of several those are opened in which something
// is due, while the server already answers.
func (s *server) openFirst() error {
	slots := s.hosts.Load().slots
	if len(slots) > 1 {
		return nil
	}
	_, _, err := s.openSlot(slots[0])
	return err
}

func (s *server) announce() {
	var st Started
	for _, l := range s.listeners {
		st.Addresses = append(st.Addresses, l.url())
	}
	for _, sl := range s.hosts.Load().slots {
		st.Portals = append(st.Portals, s.publicURL(sl.entry))
	}
	if s.ca != nil {
		st.CA = s.ca.Path()
	}

	if s.config.Started != nil {
		s.config.Started(st)
	}
}

// directoryChanged makes watch take over what another process changed.
func (s *server) directoryChanged() {
	select {
	case s.changed <- struct{}{}:
	default: // it will look anyway
	}
}

func (s *server) httpServer(scheme string) *http.Server {
	var handler http.Handler = s
	if scheme == "http" {
		handler = s.certificates.challenges(s)
	}
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return s.background },
	}
}

// stop lets the requests under way finish, gives up those that take too long, and closes the portals.
func (s *server) stop(servers []*http.Server, giveUp func()) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.background), stopTimeout)
	defer cancel()
	var wg sync.WaitGroup
	for _, h := range servers {
		wg.Go(func() {
			if err := h.Shutdown(ctx); err != nil {
				s.log.Warn("requests were cut off", "error", err)
				giveUp()
				_ = h.Close()
			}
		})
	}
	wg.Wait()
	closing, done := context.WithTimeout(context.WithoutCancel(s.background), stopTimeout)
	defer done()
	s.watching.Wait()
	s.closeAll(closing)
	s.log.Info("stopped")
}
