package server_test

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/server"
)

// onBoth runs test with the configuration of an empty directory of each kind.
func onBoth(t *testing.T, test func(t *testing.T, c server.DirectoryConfig)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, server.DirectoryConfig{Data: filepath.Join(t.TempDir(), "data")})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		c := dbtest.PostgresConfig(t)
		test(t, server.DirectoryConfig{Data: t.TempDir(), DatabaseURL: c.URL, Schema: c.Schema})
	})
}

func openDirectory(t *testing.T, c server.DirectoryConfig) *server.Directory {
	t.Helper()
	d, err := server.OpenDirectory(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func nothing(context.Context, server.Entry) error { return nil }

func TestDirectoryKeepsPortals(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c server.DirectoryConfig) {
		d := openDirectory(t, c)
		if err := d.EnsureFirst(t.Context()); err != nil {
			t.Fatal(err)
		}
		added, err := d.Add(t.Context(), "Portal.Example.COM.", nothing)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.EnsureFirst(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = d.Close()
		list, err := openDirectory(t, c).List(t.Context())
		if err != nil || len(list) != 2 {
			t.Fatalf("got %v, %v", list, err)
		}
		if list[0].Host != "127.0.0.1" || list[0].Prepared {
			t.Errorf("first portal is %+v", list[0])
		}
		if list[1].Host != "portal.example.com" || !list[1].Prepared || list[1].Name != added.Name || list[1].Name == list[0].Name {
			t.Errorf("second portal is %+v, added as %+v", list[1], added)
		}
	})
}

func TestDirectoryRefusesHosts(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c server.DirectoryConfig) {
		d := openDirectory(t, c)
		if _, err := d.Add(t.Context(), "a.example.com", nothing); err != nil {
			t.Fatal(err)
		}
		for host, code := range map[string]string{
			"A.example.com": "HOST_TAKEN", "": "INVALID_HOST", "a b": "INVALID_HOST", "a.example.com:8443": "INVALID_HOST",
			"https://a.example.com": "INVALID_HOST", "../etc": "INVALID_HOST", "x'--": "INVALID_HOST",
		} {
			_, err := d.Add(t.Context(), host, nothing)
			if f := fault.Of(err); err == nil || f.Code != code || f.Field != "host" {
				t.Errorf("%q: got %v, want %s", host, err, code)
			}
		}
		broken := errors.New("broken")
		if _, err := d.Add(t.Context(), "b.example.com", func(context.Context, server.Entry) error { return broken }); !errors.Is(err, broken) {
			t.Errorf("got %v, want the error of the preparation", err)
		}
		if list, err := d.List(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("a portal that could not be prepared is still listed: %v, %v", list, err)
		}
	})
}

func TestDirectoryPreparesOnceWhoeverComes(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c server.DirectoryConfig) {
		var runs atomic.Int64
		var wg sync.WaitGroup
		for range 4 { // each as a process of its own would
			wg.Go(func() {
				d, err := server.OpenDirectory(t.Context(), c)
				if err != nil {
					t.Error(err)
					return
				}
				defer func() { _ = d.Close() }()
				if err := d.EnsureFirst(t.Context()); err != nil {
					t.Error(err)
					return
				}
				list, err := d.List(t.Context())
				if err != nil || len(list) != 1 {
					t.Errorf("got %v, %v, want one portal", list, err)
					return
				}
				err = d.Prepare(t.Context(), list[0], func(context.Context) error { runs.Add(1); return nil })
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := runs.Load(); n != 1 {
			t.Errorf("prepared %d times", n)
		}
	})
}

func TestDirectoryTakesOverFromADeadProcess(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC))
	c := server.DirectoryConfig{Data: t.TempDir(), Clock: clk}
	d, dying := openDirectory(t, c), openDirectory(t, c)
	entry := firstEntry(t, d)
	claimed, release := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(release) })
	go func() {
		_ = dying.Prepare(context.WithoutCancel(t.Context()), entry, func(context.Context) error {
			close(claimed)
			<-release
			return errors.New("never heard of again")
		})
	}()
	<-claimed
	_ = dying.Close()
	prepared := prepareBeside(t, d, entry)
	for len(prepared) == 0 {
		clk.Advance(100 * time.Millisecond)
		runtime.Gosched()
	}
	if ran := <-prepared; !ran {
		t.Error("nobody prepared the portal")
	}
	if waited := clk.Now().Sub(entry.Created); waited < 6*time.Second {
		t.Errorf("took over after %v, before the claim ended", waited)
	}
}

func TestDirectoryLeavesASlowProcessAlone(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC))
	d := openDirectory(t, server.DirectoryConfig{Data: t.TempDir(), Clock: clk})
	entry := firstEntry(t, d)
	claimed, release := make(chan struct{}), make(chan struct{})
	slow := make(chan error, 1)
	go func() {
		slow <- d.Prepare(t.Context(), entry, func(context.Context) error {
			close(claimed)
			<-release
			return nil
		})
	}()
	<-claimed
	prepared := prepareBeside(t, d, entry)
	for range 30 { // a minute, at the pace at which the claim is renewed
		for clk.Timers() < 2 { // of the one that renews and of the one that waits
			runtime.Gosched()
		}
		clk.Advance(2 * time.Second)
	}
	close(release)
	if err := <-slow; err != nil {
		t.Fatal(err)
	}
	for len(prepared) == 0 {
		clk.Advance(100 * time.Millisecond)
		runtime.Gosched()
	}
	if ran := <-prepared; ran {
		t.Error("the portal of a process that lives was prepared a second time")
	}
}

// prepareBeside prepares the portal as a second process would, and sends whether it was the one that did the work.
func prepareBeside(t *testing.T, d *server.Directory, e server.Entry) <-chan bool {
	t.Helper()
	done := make(chan bool, 1)
	go func() {
		ran := false
		if err := d.Prepare(t.Context(), e, func(context.Context) error { ran = true; return nil }); err != nil {
			t.Error(err)
		}
		done <- ran
	}()
	return done
}

func firstEntry(t *testing.T, d *server.Directory) server.Entry {
	t.Helper()
	if err := d.EnsureFirst(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := d.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func TestAddressIsKnownToOthers(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c server.DirectoryConfig) {
		d := openDirectory(t, c)
		if a, err := d.Address(t.Context()); err != nil || a != (server.Address{}) {
			t.Fatalf("before the first start: got %+v, %v", a, err)
		}
		for _, want := range []server.Address{{Scheme: "https", Port: 9443}, {URL: "https://portal.example.com", Scheme: "http", Port: 80}} {
			if err := d.SetAddress(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			if got, err := openDirectory(t, c).Address(t.Context()); err != nil || got != want {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
		}
	})
}

func TestPublicAddress(t *testing.T) {
	t.Parallel()
	first, second := server.Entry{ID: 1, Host: "127.0.0.1"}, server.Entry{ID: 2, Host: "b.example.com"}
	six := server.Entry{ID: 3, Host: "::1"}
	one, two := []server.Entry{first}, []server.Entry{first, second, six}
	given := server.Address{URL: "https://portal.example.com", Scheme: "https", Port: 8443}
	for _, c := range []struct {
		address server.Address
		of      server.Entry
		all     []server.Entry
		want    string
	}{
		{server.Address{}, first, one, "https://127.0.0.1:8443"},
		{server.Address{Scheme: "https", Port: 443}, first, one, "https://127.0.0.1"},
		{server.Address{Scheme: "http", Port: 8080}, first, one, "http://127.0.0.1:8080"},
		{server.Address{Scheme: "http", Port: 80}, second, two, "http://b.example.com"},
		{server.Address{Scheme: "https", Port: 8443}, six, two, "https://[::1]:8443"},
		{server.Address{Scheme: "https", Port: 443}, six, two, "https://[::1]"},
		{given, first, one, "https://portal.example.com"},
		{given, first, two, "https://portal.example.com"},
		{given, second, two, "https://b.example.com"},
		{server.Address{URL: "http://b.example.com:9000"}, second, two, "http://b.example.com:9000"},
		{server.Address{URL: "http://b.example.com:9000"}, first, two, "http://127.0.0.1:9000"},
	} {
		if got := c.address.For(c.of, c.all); got != c.want {
			t.Errorf("%+v of %s: got %s, want %s", c.address, c.of.Host, got, c.want)
		}
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://Portal.Example.com/": "https://portal.example.com", "http://127.0.0.1:8080": "http://127.0.0.1:8080",
		"https://[::1]:8443": "https://[::1]:8443",
		"portal.example.com": "", "ftp://portal.example.com": "", "https://": "", "https://a/b": "", "https://u:p@a": "",
		"https://a?b": "", "https://a:0": "", "https://a:99999": "", "https:a": "", "https://a b": "",
	} {
		if got, err := server.CheckURL(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
	}
}
