package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// load is what one run of the generator found.
type load struct {
	rate float64       // answers a second
	p99  time.Duration // of the answers
}

var (
	rateLine   = regexp.MustCompile(`Requests/sec:\s+([\d.]+)`)
	p99Line    = regexp.MustCompile(`99%\s+([\d.]+)(us|ms|s)`)
	failedLine = regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)|Socket errors: .*`)
)

// wrk posts body to an address; an empty body gets it.
func (b *bed) wrk(ctx context.Context, address, body string) (load, error) {
	script := filepath.Join(b.data, "request.lua")
	text := "wrk.method = 'GET'\n"
	if body != "" {
		text = fmt.Sprintf("wrk.method = 'POST'\nwrk.body = %q\nwrk.headers['Content-Type'] = 'application/x-www-form-urlencoded'\n", body)
	}
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		return load{}, err
	}
	c := exec.CommandContext(ctx, "wrk", "-t", "2", "-c", strconv.Itoa(b.o.connections), "-d", b.o.duration.String(), //nolint:gosec // own arguments
		"--latency", "-s", script, address)
	out, err := c.CombinedOutput()
	if err != nil {
		return load{}, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	if f := failedLine.Find(out); f != nil {
		return load{}, fmt.Errorf("%s: %s", address, f)
	}
	return parseLoad(string(out))
}

func parseLoad(out string) (l load, err error) {
	rate, p99 := rateLine.FindStringSubmatch(out), p99Line.FindStringSubmatch(out)
	if rate == nil || p99 == nil {
		return l, fmt.Errorf("cannot read what wrk says:\n%s", out)
	}
	if l.rate, err = strconv.ParseFloat(rate[1], 64); err != nil {
		return l, err
	}
	l.p99, err = time.ParseDuration(p99[1] + p99[2])
	return l, err
}

// times runs a load some times and returns the medians.
func (b *bed) times(ctx context.Context, address, body string) (load, error) {
	var rates, p99s []float64
	for range b.o.runs {
		l, err := b.wrk(ctx, address, body)
		if err != nil {
			return load{}, err
		}
		rates, p99s = append(rates, l.rate), append(p99s, float64(l.p99))
	}
	return load{median(rates), time.Duration(median(p99s))}, nil
}

// measureREST measures methods against a hello-world of package net/http, each beside it in time.
func (b *bed) measureREST(ctx context.Context) error {
	hello, stop, err := startHello(ctx)
	if err != nil {
		return err
	}
	defer stop()
	base, err := b.times(ctx, hello, "")
	if err != nil {
		return err
	}
	fmt.Printf("hello-world: %.0f/s, p99 %s\n", base.rate, base.p99)
	dialog := "chat" + strconv.FormatInt(b.bigChat, 10)
	for _, m := range []struct {
		name, method string
		params       url.Values
	}{
		{"im.message.add to a bot, with its event row", "im.message.add", url.Values{"DIALOG_ID": {strconv.FormatInt(b.botID, 10)}, "MESSAGE": {"what is burning"}}},
		{"im.message.add to a chat of a million", "im.message.add", url.Values{"DIALOG_ID": {dialog}, "MESSAGE": {"hello"}}},
		{"user.current", "user.current", url.Values{}},
		{"im.dialog.messages.get, the newest 50", "im.dialog.messages.get", url.Values{"DIALOG_ID": {dialog}, "LIMIT": {"50"}}},
		{"im.dialog.messages.get, 50 at half depth", "im.dialog.messages.get", url.Values{
			"DIALOG_ID": {dialog}, "LIMIT": {"50"}, "LAST_ID": {strconv.FormatInt(b.middle, 10)},
		}},
	} {
		m.params.Set("auth", b.token)
		l, err := b.times(ctx, "http://"+b.address+"/rest/"+m.method, m.params.Encode())
		if err != nil {
			return err
		}
		fmt.Printf("%s: %.0f/s, ratio %.3f, p99 %s\n", m.name, l.rate, l.rate/base.rate, l.p99)
	}
	return nil
}

func startHello(ctx context.Context) (address string, stop func(), err error) {
	address, err = freeAddress()
	if err != nil {
		return "", nil, err
	}
	c := exec.CommandContext(ctx, os.Args[0], "hello", address) //nolint:gosec // this program
	if err := c.Start(); err != nil {
		return "", nil, err
	}
	for range 500 {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			_ = conn.Close()
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return "http://" + address + "/", func() { _ = c.Process.Kill(); _ = c.Wait() }, nil
}

func serveHello(address string) {
	s := &http.Server{Addr: address, ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(strings.Repeat("hello ", 2))) })}
	_ = s.ListenAndServe() // ends with the process
}
