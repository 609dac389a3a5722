// Package metric counts what a server does, in the form of Prometheus.
//
// Labels are bounded: a portal gets a name of its own among the first hundred that do something, the others share one; methods
// are told apart by the family that their name begins with.
package metric

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/portico-hq/portico/internal/build"
)

// MaxPortals is how many portals have a label of their own.
const MaxPortals = 100

// Others is the label of the portals beyond, and None that of requests to no portal.
const (
	Others = "other"
	None   = "none"
)

// Depth is how much waits to be delivered in a portal.
type Depth struct {
	Pending, Paused, Dead int64
	OldestAge             time.Duration // of the oldest that waits; 0: none does
}

// State is what is asked of the server when somebody looks.
type State struct {
	Portals, Open int // registered, and open at the moment
	Depths        map[string]Depth
}

// Server is the numbers of a server. It is safe for use by several goroutines.
type Server struct {
	registry *prometheus.Registry

	requests   *prometheus.CounterVec
	durations  *prometheus.HistogramVec
	underWay   prometheus.Gauge
	streams    *prometheus.GaugeVec
	deliveries *prometheus.CounterVec
	attempts   *prometheus.HistogramVec
	commits    *prometheus.HistogramVec
	group      *prometheus.HistogramVec

	mu     sync.Mutex
	labels map[string]string // by host
	state  func(ctx context.Context) State
}

// The buckets of what takes long, in seconds, and of how many writes share a commit.
var (
	quick  = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}
	slow   = []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	groups = []float64{1, 2, 4, 8, 16, 32, 64, 128, 256}
)

// New returns the numbers of a server that has done nothing yet.
func New() *Server {
	s := &Server{registry: prometheus.NewRegistry(), labels: map[string]string{}}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return register(s.registry, prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "portico", Name: name, Help: help}, labels))
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return register(s.registry, prometheus.NewHistogramVec(
			prometheus.HistogramOpts{Namespace: "portico", Name: name, Help: help, Buckets: buckets}, labels))
	}
	s.requests = counter("requests_total", "Requests answered, by portal, what was asked for and status.", "portal", "class", "status")
	s.durations = histogram("request_seconds", "How long requests took, streams apart.", quick, "class")
	s.underWay = register(s.registry, prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: "portico", Name: "requests_under_way", Help: "Requests that are being answered, streams included.",
	}))
	s.streams = register(s.registry, prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: "portico", Name: "open_streams", Help: "Pages that listen for changes.",
	}, []string{"portal"}))
	s.deliveries = counter("delivery_attempts_total", "Attempts to deliver an event, by outcome: sent, failed or dead.", "portal", "outcome")
	s.attempts = histogram("delivery_attempt_seconds", "How long handlers took to answer.", slow, "portal")
	s.commits = histogram("db_commit_seconds", "How long transactions that wrote took, from their begin to the disk.", quick, "portal")
	s.group = histogram("db_commit_writes", "How many writes shared a transaction.", groups, "portal")
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), depths{s})
	info := build.Read()
	built := register(s.registry, prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: "portico", Name: "build_info", Help: "Which program this is; always 1.",
	}, []string{"version", "commit", "go"}))
	built.WithLabelValues(info.Version, info.Commit, info.Go).Set(1)
	return s
}

func register[C prometheus.Collector](r *prometheus.Registry, c C) C {
	r.MustRegister(c)
	return c
}

// Handler answers with the numbers.
func (s *Server) Handler() http.Handler {
	return promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2})
}

// OnLook names the function that tells the state of the server when somebody looks at the numbers.
func (s *Server) OnLook(f func(ctx context.Context) State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = f
}

// Begin counts a request as under way; the function that it returns ends that.
func (s *Server) Begin(host string, stream bool) (end func()) {
	s.underWay.Inc()
	if !stream {
		return s.underWay.Dec
	}
	g := s.streams.WithLabelValues(s.label(host))
	g.Inc()
	return func() { s.underWay.Dec(); g.Dec() }
}

// Answered counts a request that was answered. host is the portal's, None without one; took is 0 for a stream.
func (s *Server) Answered(host, class string, status int, took time.Duration) {
	s.requests.WithLabelValues(s.label(host), class, strconv.Itoa(status)).Inc()
	if took > 0 {
		s.durations.WithLabelValues(class).Observe(took.Seconds())
	}
}

// label returns the label of a portal.
func (s *Server) label(host string) string {
	if host == None {
		return None
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l, ok := s.labels[host]; ok {
		return l
	}
	if len(s.labels) >= MaxPortals {
		return Others
	}
	s.labels[host] = host
	return host
}

// Portal returns the numbers of one portal.
func (s *Server) Portal(host string) *Portal { return &Portal{s, s.label(host)} }

// Portal is the numbers of one portal.
type Portal struct {
	server *Server
	label  string
}

// Delivered counts an attempt to deliver an event. outcome is "sent", "failed" or "dead".
func (p *Portal) Delivered(outcome string, took time.Duration) {
	p.server.deliveries.WithLabelValues(p.label, outcome).Inc()
	p.server.attempts.WithLabelValues(p.label).Observe(took.Seconds())
}

// Committed counts a transaction that a number of writes shared.
func (p *Portal) Committed(writes int, took time.Duration) {
	p.server.group.WithLabelValues(p.label).Observe(float64(writes))
	p.server.commits.WithLabelValues(p.label).Observe(took.Seconds())
}

// depths collects what is only known by asking.
type depths struct{ s *Server }

var (
	registered = prometheus.NewDesc("portico_portals", "Portals that the server has.", nil, nil)
	opened     = prometheus.NewDesc("portico_portals_open", "Portals that are open: somebody uses them or something is due.", nil, nil)
	pending    = prometheus.NewDesc("portico_deliveries_pending", "Events that wait to be delivered, in open portals.", []string{"portal"}, nil)
	oldest     = prometheus.NewDesc("portico_deliveries_oldest_seconds", "Age of the oldest event that waits to be delivered.", []string{"portal"}, nil)
	paused     = prometheus.NewDesc("portico_handlers_paused", "Handlers to which nothing is delivered at the moment.", []string{"portal"}, nil)
	dead       = prometheus.NewDesc("portico_deliveries_dead", "Events that were put aside after their last attempt.", []string{"portal"}, nil)
)

// Describe sends what Collect may send.
func (d depths) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{registered, opened, pending, oldest, paused, dead} {
		out <- desc
	}
}

// lookTime bounds how long the portals may take to tell how they are doing.
const lookTime = 5 * time.Second

// Collect asks the server. The portals that share a label are added up.
func (d depths) Collect(out chan<- prometheus.Metric) {
	d.s.mu.Lock()
	look := d.s.state
	d.s.mu.Unlock()
	if look == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookTime)
	defer cancel()
	st := look(ctx)
	out <- gauge(registered, float64(st.Portals))
	out <- gauge(opened, float64(st.Open))
	byLabel := map[string]Depth{}
	for host, depth := range st.Depths {
		label := d.s.label(host)
		sum := byLabel[label]
		byLabel[label] = Depth{
			sum.Pending + depth.Pending, sum.Paused + depth.Paused, sum.Dead + depth.Dead, max(sum.OldestAge, depth.OldestAge),
		}
	}
	for label, depth := range byLabel {
		out <- gauge(pending, float64(depth.Pending), label)
		out <- gauge(oldest, depth.OldestAge.Seconds(), label)
		out <- gauge(paused, float64(depth.Paused), label)
		out <- gauge(dead, float64(depth.Dead), label)
	}
}

func gauge(desc *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, v, labels...)
}
