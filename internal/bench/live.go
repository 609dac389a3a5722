package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/portal"
)

// measureDeliveries records events while no server runs, starts one, and counts what arrives at a local handler.
func (b *bed) measureDeliveries(ctx context.Context) error {
	var rates []float64
	for range b.o.runs {
		rate, err := b.deliver(ctx)
		if err != nil {
			return err
		}
		rates = append(rates, rate)
	}
	fmt.Printf("deliveries to one local handler, in order: %.0f/s\n", median(rates))
	return nil
}

func (b *bed) deliver(ctx context.Context) (float64, error) {
	if err := b.stop(); err != nil {
		return 0, err
	}
	var got, first, last atomic.Int64
	done := make(chan struct{})
	handler := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		now := time.Now().UnixNano()
		first.CompareAndSwap(0, now)
		last.Store(now)
		if got.Add(1) == int64(b.o.deliveries) {
			close(done)
		}
	})}
	address, err := freeAddress()
	if err != nil {
		return 0, err
	}
	handler.Addr = address
	go func() { _ = handler.ListenAndServe() }()
	defer func() { _ = handler.Close() }()
	err = b.withPortal(ctx, true, func(ctx context.Context, p *portal.Portal) error {
		return b.record(ctx, p, "http://"+address+"/bot.php")
	})
	if err != nil {
		return 0, err
	}
	if err := b.start(ctx); err != nil {
		return 0, err
	}
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		return 0, fmt.Errorf("only %d deliveries arrived", got.Load())
	}
	return float64(b.o.deliveries-1) / (float64(last.Load()-first.Load()) / 1e9), nil
}

// record writes the deliveries of messages to a bot.
func (b *bed) record(ctx context.Context, p *portal.Portal, handler string) error {
	data := phpform.ArrayOf(
		phpform.Entry{Key: "BOT", Value: phpform.ArrayOf(phpform.Entry{Key: strconv.FormatInt(b.botID, 10), Value: phpform.ArrayOf(
			phpform.Entry{Key: "BOT_ID", Value: phpform.IntOf(b.botID)}, phpform.Entry{Key: "BOT_CODE", Value: phpform.StringOf("bench")})})},
		phpform.Entry{Key: "PARAMS", Value: phpform.ArrayOf(phpform.Entry{Key: "MESSAGE", Value: phpform.StringOf("what is burning")})},
	)
	for n := 0; n < b.o.deliveries; n += 1000 {
		err := p.DB.Write(ctx, func(tx *db.Tx) error {
			for range min(1000, b.o.deliveries-n) {
				err := p.Events.SendTx(ctx, tx, event.Delivery{
					AppID: 1, URL: handler, Name: "ONIMBOTMESSAGEADD", UserID: b.person.ID, BotID: b.botID, Data: data,
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// measureStart measures the time from exec to the first answer, and the memory of a server that has nothing to do.
func (b *bed) measureStart(ctx context.Context) error {
	var took []float64
	for range max(5, b.o.runs) {
		if err := b.stop(); err != nil {
			return err
		}
		begun := time.Now()
		if err := b.launch(ctx); err != nil {
			return err
		}
		for !b.answers(ctx) {
			if time.Since(begun) > 10*time.Second {
				return errors.New("the server does not answer")
			}
			time.Sleep(200 * time.Microsecond)
		}
		took = append(took, float64(time.Since(begun)))
	}
	fmt.Printf("start with %d messages to the first answer: %s\n", b.o.messages, time.Duration(median(took)).Round(time.Millisecond))
	time.Sleep(5 * time.Second)
	rss, err := b.rss()
	fmt.Printf("idle memory: %.1f MB\n", float64(rss)/1e6)
	return err
}

// measurePages opens pages and measures how long a message takes to the last of them.
func (b *bed) measurePages(ctx context.Context) error {
	client, err := b.signIn(ctx)
	if err != nil {
		return err
	}
	arrived := make(chan time.Time, b.o.pages)
	var open sync.WaitGroup
	streams, cancel := context.WithCancel(ctx)
	defer cancel()
	open.Add(b.o.pages)
	for range b.o.pages {
		go b.watch(streams, client, open.Done, arrived)
	}
	open.Wait()
	var took []float64
	for range 200 {
		time.Sleep(20 * time.Millisecond)
		begun := time.Now()
		if err := b.say(ctx); err != nil {
			return err
		}
		var last time.Time
		for range b.o.pages {
			select {
			case last = <-arrived:
			case <-time.After(10 * time.Second):
				return errors.New("a page was not told")
			}
		}
		took = append(took, float64(last.Sub(begun)))
	}
	slices.Sort(took)
	fmt.Printf("a message to the last of %d open pages: median %s, p99 %s\n", b.o.pages,
		time.Duration(median(took)).Round(10*time.Microsecond), time.Duration(took[len(took)*99/100]).Round(10*time.Microsecond))
	return nil
}

func (b *bed) signIn(ctx context.Context) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: b.o.pages + 1}}
	form := url.Values{"login": {b.person.Email}, "password": {password}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+b.address+"/login", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body)
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("sign in: %s", res.Status)
	}
	return client, nil
}

// watch is one open page.
func (b *bed) watch(ctx context.Context, client *http.Client, opened func(), arrived chan<- time.Time) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.address+"/live", nil)
	if err != nil {
		return
	}
	res, err := client.Do(req)
	if err != nil {
		return
	}
	defer func() { _ = res.Body.Close() }()
	once := sync.OnceFunc(opened)
	for s := bufio.NewScanner(res.Body); s.Scan(); {
		once() // the stream begins with a line of its own
		if s.Text() == "event: im:message" {
			arrived <- time.Now()
		}
	}
}

// say sends a message to the big chat.
func (b *bed) say(ctx context.Context) error {
	form := url.Values{"DIALOG_ID": {"chat" + strconv.FormatInt(b.bigChat, 10)}, "MESSAGE": {"hello"}, "auth": {b.token}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+b.address+"/rest/im.message.add", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, res.Body)
	return err
}
