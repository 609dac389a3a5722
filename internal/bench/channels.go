package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/cli"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

const (
	channelOperators     = 200
	channelConversations = 2000
	channelSenders       = 64 // requests at once
	channelCode          = "bench_channel"
)

// measureChannels measures how long messages of clients take from the request of their channel to the page of the operator, at a steady
// rate, whatever the server makes of it. The server runs in this process; a page is what its stream is read from.
func (b *bed) measureChannels(ctx context.Context) error {
	if err := b.stop(); err != nil {
		return err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(cli.CollectAt)) // as the server does that is measured otherwise
	if err := b.withPortal(ctx, false, b.channels); err != nil {
		return err
	}
	return b.start(ctx)
}

func (b *bed) channels(ctx context.Context, p *portal.Portal) error {
	if err := p.Start(ctx); err != nil {
		return err
	}
	c := &channelBed{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: channelSenders}}}
	if err := c.fill(ctx, p); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed with the server
	if err != nil {
		return err
	}
	server := &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	defer func() { _ = server.Close() }()
	c.url = "http://" + l.Addr().String() + "/rest/imconnector.send.messages"
	n := int(b.o.channelTime.Seconds()) * b.o.channelRate
	c.sent, c.arrived, c.times = make([]atomic.Int64, n), make([]atomic.Int64, n), make([]atomic.Int64, n)
	pages, leave := context.WithCancel(ctx)
	defer leave()
	for _, id := range c.operators {
		messages, cancel := p.Live.Subscribe(id) // here: nobody is online before
		go func() {
			for c.look(pages, messages) {
				cancel()
				messages, cancel = p.Live.Subscribe(id)
			}
			cancel()
		}()
	}
	begun := time.Now()
	if err := c.begin(ctx); err != nil {
		return fmt.Errorf("begin conversations: %w", err)
	}
	fmt.Printf("%d conversations begun: %.0f/s\n", channelConversations, channelConversations/time.Since(begun).Seconds())
	if err := profiled(b.o.cpuProfile, func() error { return c.send(ctx, n, b.o.channelRate) }); err != nil {
		return err
	}
	c.wait(30 * time.Second)
	return c.report(n, b.o.channelRate)
}

// profiled runs fn and writes a CPU profile of it to a file; with no name it only runs it.
func profiled(name string, fn func() error) error {
	if name == "" {
		return fn()
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return fn()
}

// channelBed is a line with many operators, and what became of the messages to it.
type channelBed struct {
	client     *http.Client
	url, token string
	lineID     int64
	operators  []int64

	sent    []atomic.Int64 // when the request was begun, by the message's number
	arrived []atomic.Int64 // when the first page had it
	times   []atomic.Int64 // how often pages had it
}

func (c *channelBed) fill(ctx context.Context, p *portal.Portal) error {
	admin := user.Ref{ID: 1, Admin: true}
	a, err := p.Apps.Create(ctx, admin, app.Form{
		Name: "Bench channel", Kind: app.Server, APIOnly: true, HandlerURL: deadHandler, InstallURL: deadHandler, Scopes: []string{"imopenlines"},
	})
	if err != nil {
		return err
	}
	grant, err := p.Apps.Issue(ctx, a.ID, admin.ID)
	if err != nil {
		return err
	}
	c.token = grant.AccessToken
	for i := range channelOperators {
		u, err := p.Users.Create(ctx, user.NewUser{FirstName: "Operator", LastName: strconv.Itoa(i), Email: fmt.Sprintf("operator%d@example.com", i)})
		if err != nil {
			return err
		}
		c.operators = append(c.operators, u.ID)
	}
	l, err := p.Lines.Add(ctx, admin, func(l *line.Line) error {
		l.Name, l.Active, l.QueueTime, l.MaxChat, l.Welcome = "Bench", true, 0, 0, false
		l.NoAnswer, l.WorkTime.Enabled = line.Scenario{Rule: line.RuleNone}, false
		for _, id := range c.operators {
			l.Queue = append(l.Queue, line.Entry{Kind: line.EntryUser, ID: id})
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.lineID = l.ID
	err = p.Connectors.Register(ctx, admin.ID, connector.Connector{
		AppID: a.ID, Code: channelCode, Name: "Bench", Handler: deadHandler, Icon: connector.Icon{Image: "data:image/svg+xml,%3Csvg%20xmlns%3D%22http%3A//www.w3.org/2000/svg%22/%3E"},
	})
	if err != nil {
		return err
	}
	return p.Connectors.Activate(ctx, admin.ID, a.ID, channelCode, l.ID, true)
}

// begin has every client write for the first time.
func (c *channelBed) begin(ctx context.Context) error {
	const atOnce = 50
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for w := range errs {
		wg.Go(func() {
			for first := w * atOnce; first < channelConversations; first += len(errs) * atOnce {
				form := c.form()
				for i := range atOnce {
					addMessage(form, i, first+i, "first-"+strconv.Itoa(first+i), "Hello")
				}
				if err := c.post(ctx, form); err != nil {
					errs[w] = err
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (c *channelBed) form() url.Values {
	return url.Values{"auth": {c.token}, "CONNECTOR": {channelCode}, "LINE": {strconv.FormatInt(c.lineID, 10)}}
}

func addMessage(form url.Values, at, client int, id, text string) {
	key := "MESSAGES[" + strconv.Itoa(at) + "]"
	name := strconv.Itoa(client)
	form.Set(key+"[user][id]", "u"+name)
	form.Set(key+"[user][name]", "Client "+name)
	form.Set(key+"[chat][id]", "c"+name)
	form.Set(key+"[message][id]", id)
	form.Set(key+"[message][text]", text)
}

func (c *channelBed) post(ctx context.Context, form url.Values) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || bytes.Contains(raw, []byte(`"SUCCESS":false`)) {
		return fmt.Errorf("%s: %.300s", res.Status, raw)
	}
	return nil
}

// send sends messages at a rate, each in a request of its own. A message's time begins when it was due, so that one that had to wait
// for its turn is not faster for it.
func (c *channelBed) send(ctx context.Context, n, rate int) error {
	var (
		next atomic.Int64
		wg   sync.WaitGroup
	)
	begun := time.Now()
	errs := make([]error, channelSenders)
	for w := range errs {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				due := begun.Add(time.Duration(i) * time.Second / time.Duration(rate))
				time.Sleep(time.Until(due))
				c.sent[i].Store(due.UnixNano())
				form := c.form()
				addMessage(form, 0, i%channelConversations, "m-"+strconv.Itoa(i), "message #"+strconv.Itoa(i)+"#")
				if err := c.post(ctx, form); err != nil {
					errs[w] = err
					return
				}
			}
		})
	}
	wg.Wait()
	fmt.Printf("%d messages of clients sent: %.0f/s\n", n, float64(n)/time.Since(begun).Seconds())
	return errors.Join(errs...)
}

// look is an operator's page. It reports true where the page was cut off for being slow, and has to come back.
func (c *channelBed) look(ctx context.Context, messages <-chan []byte) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case m, ok := <-messages:
			if !ok {
				return true
			}
			c.note(string(m))
		}
	}
}

func (c *channelBed) note(m string) {
	if !strings.Contains(m, im.LiveAdded) {
		return
	}
	_, after, ok := strings.Cut(m, "message #")
	if !ok {
		return
	}
	number, _, _ := strings.Cut(after, "#")
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 || i >= len(c.times) {
		return
	}
	c.arrived[i].CompareAndSwap(0, time.Now().UnixNano())
	c.times[i].Add(1)
}

// wait waits until every message arrived, or the time is over.
func (c *channelBed) wait(limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if c.whole() {
			return
		}
	}
}

func (c *channelBed) whole() bool {
	for i := range c.arrived {
		if c.arrived[i].Load() == 0 {
			return false
		}
	}
	return true
}

func (c *channelBed) report(n, rate int) error {
	var took []time.Duration
	lost, doubled := 0, 0
	for i := range n {
		switch k := c.times[i].Load(); {
		case k == 0:
			lost++
			continue
		case k > 1:
			doubled++
		}
		took = append(took, time.Duration(c.arrived[i].Load()-c.sent[i].Load()))
	}
	if len(took) == 0 {
		return errors.New("no message arrived")
	}
	slices.Sort(took)
	fmt.Printf("%d/s to %d operators: median %s, p99 %s, %d lost, %d doubled\n", rate, channelOperators,
		took[len(took)/2].Round(10*time.Microsecond), took[len(took)*99/100].Round(10*time.Microsecond), lost, doubled)
	return nil
}
