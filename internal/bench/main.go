// Command bench measures the figures of docs/benchmarks.md: a real server, its client beside it on the same cores, the full
// protocol with its token check, and writes that are on the disk before the answer.
//
// It needs wrk on the PATH, for the methods of the REST API. With PORTICO_TEST_POSTGRES it measures PostgreSQL as well.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db/dbtest"
)

// options are the flags of the command.
type options struct {
	messages    int
	runs        int
	duration    time.Duration
	connections int
	pages       int
	deliveries  int
	channelRate int
	channelTime time.Duration
	noLog       bool
	only        string
	database    string
	cpuProfile  string
}

// measures reports whether what is called name is to be measured.
func (o options) measures(name string) bool { return strings.Contains(name, o.only) }

func main() {
	if len(os.Args) == 3 && os.Args[1] == "hello" { // the baseline runs in a process of its own, as the server does
		serveHello(os.Args[2])
		return
	}
	var o options
	flag.IntVar(&o.messages, "messages", 1_000_000, "messages in the big chat")
	flag.IntVar(&o.runs, "runs", 3, "runs of each measurement, of which the median counts")
	flag.DurationVar(&o.duration, "duration", 5*time.Second, "length of a run")
	flag.IntVar(&o.connections, "connections", 64, "connections of the load generator")
	flag.IntVar(&o.pages, "pages", 500, "open pages")
	flag.IntVar(&o.deliveries, "deliveries", 40_000, "events to deliver")
	flag.IntVar(&o.channelRate, "channel-rate", 1000, "messages of clients in a second")
	flag.DurationVar(&o.channelTime, "channel-time", time.Minute, "how long clients write")
	flag.BoolVar(&o.noLog, "no-log", false, "switch the log of requests off, to see what it costs")
	flag.StringVar(&o.only, "only", "", "measure only what has this in its name")
	flag.StringVar(&o.database, "database", "", "measure only this one: sqlite or postgres")
	flag.StringVar(&o.cpuProfile, "cpuprofile", "", "write a CPU profile of the messages of clients to this file")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if _, err := exec.LookPath("wrk"); err != nil && o.measures("rest") {
		return fmt.Errorf("the load generator is missing: %w", err)
	}
	dir, err := os.MkdirTemp("", "portico-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program := filepath.Join(dir, "portico")
	if err := build(ctx, program); err != nil {
		return err
	}
	fmt.Printf("%s, %d cores, %s\n\n", cpuName(), runtime.NumCPU(), runtime.Version())
	if info, err := os.Stat(program); err == nil {
		fmt.Printf("binary: %.1f MB\n", float64(info.Size())/1e6)
	}
	var databases []string
	if o.database != "postgres" {
		databases = append(databases, "")
	}
	if url := os.Getenv(dbtest.PostgresEnv); url != "" && o.database != "sqlite" {
		databases = append(databases, url)
	}
	for _, url := range databases {
		if err := measure(ctx, o, program, url); err != nil {
			return err
		}
	}
	return nil
}

func measure(ctx context.Context, o options, program, databaseURL string) error {
	name := "SQLite"
	if databaseURL != "" {
		name = "PostgreSQL"
	}
	fmt.Printf("\n## %s\n\n", name)
	b, err := newBed(ctx, o, program, databaseURL)
	if err != nil {
		return err
	}
	defer b.close()
	for _, m := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"rest", b.measureREST},
		{"batch", b.measureBatch},
		{"deliveries", b.measureDeliveries},
		{"channels", b.measureChannels},
		{"start", b.measureStart},
		{"pages", b.measurePages},
		{"portals", b.measurePortals}, // the last one: it leaves a thousand portals behind
	} {
		if !o.measures(m.name) {
			continue
		}
		if err := m.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return nil
}

func build(ctx context.Context, program string) error {
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./cmd/portico")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}

// cpuName names the machine's processor.
func cpuName() string {
	raw, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// median returns the middle one of values.
func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	return s[len(s)/2]
}
