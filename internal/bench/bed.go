package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/server"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

const (
	password = "a password for the bench"
	// deadHandler refuses every connection, so that deliveries cost their row and nothing else.
	deadHandler = "http://127.0.0.1:9/"
)

// bed is a server with data to measure on.
type bed struct {
	o           options
	program     string
	databaseURL string
	data        string
	address     string // of the server
	process     *exec.Cmd
	stderr      *os.File
	schemas     []string // to drop at the end

	token        string
	person, peer user.User
	bigChat      int64
	middle       int64 // a message half-way down the big chat
	botID        int64
}

// newBed makes the portal and its data.
func newBed(ctx context.Context, o options, program, databaseURL string) (*bed, error) {
	data, err := os.MkdirTemp(filepath.Dir(program), "data-")
	if err != nil {
		return nil, err
	}
	b := &bed{o: o, program: program, databaseURL: databaseURL, data: data}
	if b.stderr, err = os.Create(filepath.Join(data, "stderr")); err != nil {
		return nil, err
	}
	if b.address, err = freeAddress(); err != nil {
		return nil, err
	}
	if databaseURL != "" {
		b.schemas = []string{"portico", "portico_portal_1"}
		if err := b.dropSchemas(ctx); err != nil {
			return nil, err
		}
	}
	if err := b.start(ctx); err != nil { // makes the first portal
		return nil, err
	}
	if err := b.stop(); err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := b.withPortal(ctx, true, b.fill); err != nil {
		return nil, fmt.Errorf("make data: %w", err)
	}
	fmt.Printf("data: %d messages in one chat, made in %.0f s\n", o.messages, time.Since(begun).Seconds())
	return b, b.start(ctx)
}

func (b *bed) close() {
	_ = b.stop()
	_ = b.stderr.Close()
	_ = b.dropSchemas(context.Background())
	_ = os.RemoveAll(b.data)
}

func (b *bed) dropSchemas(ctx context.Context) error {
	if len(b.schemas) == 0 {
		return nil
	}
	conn, err := pgx.Connect(ctx, b.databaseURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, s := range b.schemas {
		if _, err := conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{s}.Sanitize()+" CASCADE"); err != nil {
			return err
		}
	}
	return nil
}

// args are the flags that name the database.
func (b *bed) args(command string, more ...string) []string {
	args := append([]string{command, "--data", b.data}, more...)
	if b.databaseURL != "" {
		args = append(args, "--database-url", b.databaseURL)
	}
	return args
}

// start runs the server and returns when it answers.
func (b *bed) start(ctx context.Context) error {
	if err := b.launch(ctx); err != nil {
		return err
	}
	for range 1000 {
		if b.answers(ctx) {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("the server does not answer")
}

func (b *bed) launch(ctx context.Context) error {
	b.process = exec.CommandContext(ctx, b.program, b.args("serve", "--http", b.address, "--https", "")...)
	b.process.Stderr = b.stderr
	return b.process.Start()
}

func (b *bed) answers(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.address+"/readyz", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode == http.StatusOK
}

func (b *bed) stop() error {
	if b.process == nil {
		return nil
	}
	p := b.process
	b.process = nil
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.Wait()
}

// withPortal runs f on the portal's data while no server runs.
func (b *bed) withPortal(ctx context.Context, unsafe bool, f func(context.Context, *portal.Portal) error) error {
	d, err := server.OpenDirectory(ctx, server.DirectoryConfig{Data: b.data, DatabaseURL: b.databaseURL})
	if err != nil {
		return err
	}
	list, err := d.List(ctx)
	if err = errors.Join(err, d.Close()); err != nil {
		return err
	}
	c := db.Config{Path: filepath.Join(b.data, "portals", list[0].Name, "portal.db"), Unsafe: unsafe}
	if b.databaseURL != "" {
		c = db.Config{URL: b.databaseURL, Schema: list[0].Name, Unsafe: unsafe}
	}
	p, err := portal.Open(ctx, portal.Config{DB: c, PublicURL: func() string { return "http://" + b.address }})
	if err != nil {
		return err
	}
	return errors.Join(f(ctx, p), p.Close(ctx))
}

// fill makes two people, an application with a bot, and a chat with a million messages.
func (b *bed) fill(ctx context.Context, p *portal.Portal) (err error) {
	admin := user.Ref{ID: 1, Admin: true}
	// One client at full speed is what the server protects itself from.
	if err := setting.Save(ctx, p.Settings, setting.APIKey, setting.API{Unprotected: true}); err != nil {
		return err
	}
	if b.o.noLog {
		off := console.SettingsKey.Default
		off.On = false
		if err := setting.Save(ctx, p.Settings, console.SettingsKey, off); err != nil {
			return err
		}
	}
	for i, u := range []*user.User{&b.person, &b.peer} {
		n := user.NewUser{Email: fmt.Sprintf("bench%d@example.com", i), FirstName: "Bench", LastName: strconv.Itoa(i), Password: password}
		if *u, err = p.CreateUser(ctx, n); err != nil {
			return err
		}
	}
	a, err := p.Apps.Create(ctx, admin, app.Form{
		Name: "Bench", Kind: app.Server, APIOnly: true, HandlerURL: deadHandler, InstallURL: deadHandler,
		Scopes: []string{"im", "imbot", "task", "user"},
	})
	if err != nil {
		return err
	}
	grant, err := p.Apps.Issue(ctx, a.ID, b.person.ID)
	if err != nil {
		return err
	}
	b.token = grant.AccessToken
	if b.botID, err = registerBot(ctx, p, a.App); err != nil {
		return err
	}
	return b.fillChat(ctx, p)
}

func registerBot(ctx context.Context, p *portal.Portal, a app.App) (int64, error) {
	name := "Bench bot"
	return p.Bots.Register(ctx, bot.Registration{
		Owner: bot.Owner{AppID: a.ID, ClientID: a.ClientID}, Code: "bench",
		Handlers: bot.Handlers{MessageAdd: deadHandler, Join: deadHandler, Delete: deadHandler},
		Profile:  user.BotChange{FirstName: &name},
	})
}

func (b *bed) fillChat(ctx context.Context, p *portal.Portal) error {
	chat, err := p.IM.CreateGroup(ctx, im.NewGroup{
		OwnerID: b.person.ID, Title: "A million messages", MemberIDs: []int64{b.person.ID, b.peer.ID},
	})
	if err != nil {
		return err
	}
	b.bigChat = chat.ID
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		failed error
	)
	for w := range 64 {
		wg.Go(func() {
			for i := w; i < b.o.messages; i += 64 {
				m, err := p.IM.Send(ctx, im.NewMessage{
					ChatID: chat.ID, AuthorID: []int64{b.person.ID, b.peer.ID}[i%2],
					Text: "Message " + strconv.Itoa(i) + ": the quick brown fox jumps over the lazy dog",
				})
				mu.Lock()
				failed = errors.Join(failed, err)
				if i == b.o.messages/2 {
					b.middle = m.ID
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return failed
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

// rss returns the resident memory of the server in bytes.
func (b *bed) rss() (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("no VmRSS")
}
