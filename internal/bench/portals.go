package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/server"
)

const (
	manyPortals   = 1000
	activePortals = 10
)

// measurePortals measures a server on which a thousand portals are registered and a few are used, a request a second each: its
// memory, and how much of a core it takes.
func (b *bed) measurePortals(ctx context.Context) error {
	if err := b.stop(); err != nil {
		return err
	}
	made := time.Now()
	if err := b.fork(ctx); err != nil {
		return fmt.Errorf("make portals: %w", err)
	}
	fmt.Printf("%d portals registered, %.1f ms each to make\n", manyPortals, float64(time.Since(made).Milliseconds())/manyPortals)
	if err := b.start(ctx); err != nil {
		return err
	}
	if err := b.settle(ctx); err != nil {
		return err
	}
	for range 5 { // the portals that are used are open, their caches filled
		if err := b.touch(ctx); err != nil {
			return err
		}
	}
	before, err := b.cpu()
	if err != nil {
		return err
	}
	const seconds = 20
	for range seconds {
		begun := time.Now()
		if err := b.touch(ctx); err != nil {
			return err
		}
		time.Sleep(time.Second - time.Since(begun))
	}
	after, err := b.cpu()
	if err != nil {
		return err
	}
	rss, err := b.rss()
	if err != nil {
		return err
	}
	fmt.Printf("%d portals, %d of them active: %.1f %% of a core, %.0f MB\n",
		manyPortals, activePortals, float64((after-before).Milliseconds())/10/seconds, float64(rss)/1e6)
	return nil
}

func manyHost(i int) string { return "many" + strconv.Itoa(i) + ".example.com" }

// fork makes the portals as copies of a small one.
func (b *bed) fork(ctx context.Context) (err error) {
	d, err := server.OpenDirectory(ctx, server.DirectoryConfig{Data: b.data, DatabaseURL: b.databaseURL})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	small, err := d.Add(ctx, "small.example.com", func(ctx context.Context, e server.Entry) error {
		c := d.Database(e.Name)
		if c.Path != "" {
			if err := os.MkdirAll(filepath.Dir(c.Path), 0o700); err != nil {
				return err
			}
		}
		p, err := portal.Open(ctx, portal.Config{DB: c, PublicURL: func() string { return "https://" + e.Host }})
		if err != nil {
			return err
		}
		return p.Close(ctx)
	})
	if err != nil {
		return err
	}
	b.schemas = append(b.schemas, small.Name)
	for i := range manyPortals {
		e, err := d.Fork(ctx, small, manyHost(i), portal.Schemas(), func(context.Context, server.Entry) error { return nil })
		if err != nil {
			return err
		}
		b.schemas = append(b.schemas, e.Name)
	}
	return nil
}

// settle waits until the server has looked at every portal once.
func (b *bed) settle(ctx context.Context) error {
	for last := -time.Hour; ; time.Sleep(2 * time.Second) {
		now, err := b.cpu()
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if now-last < 200*time.Millisecond {
			return nil
		}
		last = now
	}
}

// touch asks each of the active portals for a page.
func (b *bed) touch(ctx context.Context) error {
	for i := range activePortals {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.address+"/login", nil)
		if err != nil {
			return err
		}
		req.Host = manyHost(i)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", manyHost(i), res.Status)
		}
	}
	return nil
}

// cpu returns how long the server has run on a processor.
func (b *bed) cpu() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", b.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("/proc tells no processor time")
	}
	ticks := int64(0)
	for _, f := range fields[11:13] { // of the program, and of the system for it
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	const perSecond = 100
	return time.Duration(ticks) * time.Second / perSecond, nil
}
