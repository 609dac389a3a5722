// Package portal wires one portal out of its areas. It is the only package that knows them all.
package portal

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/portico-hq/portico/internal/agreement"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/app/apprest"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/backup"
	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/botim"
	"github.com/portico-hq/portico/internal/bot/botplay"
	"github.com/portico-hq/portico/internal/bot/botv2"
	"github.com/portico-hq/portico/internal/bx24"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/console/consolerest"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/file/filerest"
	"github.com/portico-hq/portico/internal/frame"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/linkpreview"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mailbox"
	"github.com/portico-hq/portico/internal/network"
	"github.com/portico-hq/portico/internal/network/networkhttp"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/openline/category"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/stat"
	"github.com/portico-hq/portico/internal/option"
	"github.com/portico-hq/portico/internal/placement"
	"github.com/portico-hq/portico/internal/push"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/replay"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/signin"
	"github.com/portico-hq/portico/internal/signin/oidc"
	"github.com/portico-hq/portico/internal/signin/signinweb"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/comment"
	"github.com/portico-hq/portico/internal/telegram"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/user/userweb"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/web"
)

// DefaultName is what a portal is called on its pages.
const DefaultName = "Portico"

// language is the portal's, in which its pages are written and which handlers are told.
const language = "en"

// Config says which portal to open.
type Config struct {
	DB db.Config
	// Place names where the portal is kept on its server, so that tokens of applications lead to it; see app.Tagged. Empty: they do not.
	Place string
	Name  string // shown on the sign-in page and in titles; empty is DefaultName
	// PublicURL returns the portal's address as seen from outside, without a slash at the end.
	PublicURL  func() string
	TrustProxy bool         // believe X-Forwarded-Proto and -For
	Clock      clock.Clock  // nil is the machine's clock
	Log        *slog.Logger // nil is slog.Default()
	SignInNote string       // a line under the sign-in form
	// Handlers is the client that posts events; nil is the usual one, which goes where Reach and the portal's settings let it.
	Handlers *http.Client
	// Reach says which addresses events may be posted to, whatever the portal's settings say: these can only take from it. Its
	// zero value is everywhere except the metadata of clouds.
	Reach event.Policy
	// Backups make the portal's backups by themselves; nil: there are none, and no page of them.
	Backups *Backups
	// Observer is told what the portal does; nil: nobody counts.
	Observer Observer
	// BeforeUpgrade is called before tables that an older program made are brought up to date; an error leaves them as they are.
	// nil: nothing happens before.
	BeforeUpgrade func(ctx context.Context, d *db.DB, u Upgrade) error
	// Key is of seal.KeySize bytes and keeps the secrets that the portal must be able to read again: without it there are no
	// second factors, and an identity provider has no client secret.
	Key []byte
	// Blobs keep the contents of files; nil is the folder "blobs" beside the SQLite file, and nowhere with PostgreSQL.
	Blobs blob.Store
}

// Portal is an open portal.
type Portal struct {
	TaskParts

	DB            *db.DB
	Settings      *setting.Store
	Audit         *audit.Service
	Console       *console.Service
	Users         *user.Service
	SignIn        *signin.Service
	Apps          *app.Service
	IM            *im.Service
	Notify        *notify.Service
	Bots          *bot.Service
	Conversations *openline.Service // of open channels
	LiveChat      *livechat.Service // of sites
	Telegram      *telegram.Service // bots of Telegram as channels
	Mail          *mail.Service     // that goes out
	Mailboxes     *mailbox.Service  // whose mails become conversations
	Second        *botv2.Service    // the second generation of bots
	Play          *botplay.Service
	Lines         *line.Service
	Agreements    *agreement.Service // what people agree to, and who did
	Categories    *category.Service  // of conversations
	LineStats     *stat.Service      // numbers of open channels
	Answers       *answer.Service    // canned ones
	Tasks         *task.Service
	Events        *event.Service
	Live          *push.Hub

	Placements *placement.Service
	Frames     *frame.Service
	Options    *option.Service
	Files      *file.Service
	Connectors *connector.Service
	Network    *network.Service     // lines of other portals, and ours for them
	Previews   *linkpreview.Service // of what links in messages lead to
	UserFields *userfield.Service

	config     Config
	box        *seal.Box
	methods    *rest.Registry
	rest       *rest.Handler
	oauth      http.Handler
	links      http.Handler // of files, signed
	pages      http.Handler
	dispatcher *event.Dispatcher
	backups    *backup.Scheduler // nil: see Config.Backups
	closed     atomic.Bool
	lastPolicy atomic.Pointer[rest.Policy]
	lineStates chan stateChange
	stop       context.CancelFunc // ends the work in the background; nil before Start
	work       sync.WaitGroup
	between    http.Handler // for requests of trusted servers
}

// Schemas returns the tables of all areas, in the order in which they are made.
func Schemas() []db.Schema {
	return append([]db.Schema{
		setting.Schema(), record.Schema(), audit.Schema(), user.Schema(), signin.Schema(), event.Schema(), app.Schema(), im.Schema(), linkpreview.Schema(), notify.Schema(), bot.Schema(), botv2.Schema(), task.Schema(),
		placement.Schema(), option.Schema(), userfield.Schema(), frame.Schema(), replay.Schema(), file.Schema(), console.Schema(), line.Schema(), category.Schema(), answer.Schema(), openline.Schema(), stat.Schema(), connector.Schema(), livechat.Schema(), network.Schema(), telegram.Schema(), mail.Schema(), mailbox.Schema(), agreement.Schema(),
	}, taskSchemas()...)
}

// catalog is every event that applications may bind to.
func catalog() []event.Def {
	var out []event.Def
	for _, name := range app.EventNames() {
		out = append(out, event.Def{Name: name, Scope: rest.Basic, Private: true})
	}
	out = append(out, event.Def{Name: userAdded, Scope: "user"})
	out = append(out, connector.Events()...)
	for _, name := range append(task.EventNames(), comment.EventNames()...) {
		out = append(out, event.Def{Name: name, Scope: "task"})
	}
	return out
}

// Catalog returns the events that applications of every portal may bind to, besides those that package event brings itself.
func Catalog() []event.Def { return catalog() }

// Open opens a portal, brings its tables up to date and begins to deliver its events. The caller must Close it.
func Open(ctx context.Context, c Config) (*Portal, error) {
	if c.Name == "" {
		c.Name = DefaultName
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Blobs == nil {
		c.Blobs = defaultBlobs(c.DB)
	}
	if c.Observer != nil {
		c.DB.OnCommit = c.Observer.Committed
	}
	d, err := db.Open(ctx, c.DB)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, d, c); err != nil {
		_ = d.Close()
		return nil, err
	}
	p := &Portal{DB: d, config: c, Live: push.New(), lineStates: make(chan stateChange, 1024)}
	if c.Key != nil {
		if p.box, err = seal.New(c.Key); err != nil {
			_ = d.Close()
			return nil, err
		}
	}
	p.wire()
	p.wireBackups()
	p.register()
	p.dispatcher = event.NewDispatcher(p.Events, p.Apps, c.Handlers, c.Log)
	p.dispatcher.Within(c.Reach)
	if c.Observer != nil {
		p.dispatcher.Observe(c.Observer.Delivered)
	}
	return p, nil
}

// Beside opens the portal once more, under another clock. It is for data that is made as if at another time.
func (p *Portal) Beside(ctx context.Context, clk clock.Clock) (*Portal, error) {
	c := p.config
	c.Clock = clk
	return Open(ctx, c)
}

// Start makes the portal ready to serve and begins to deliver events. Only a server does: the command line records them
// and lets the server deliver.
func (p *Portal) Start(ctx context.Context) error {
	if err := p.Bots.Load(ctx); err != nil {
		return fmt.Errorf("load bots: %w", err)
	}
	if err := p.Network.Start(ctx); err != nil {
		return fmt.Errorf("announce lines of the network: %w", err)
	}
	p.Bots.Start(ctx)
	p.Notify.Start(ctx)
	p.Console.Start()
	p.dispatcher.Start()
	if p.backups != nil {
		p.backups.Start()
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop = stop
	p.work.Go(func() { p.tellLineStates(background) })
	p.work.Go(func() { p.Connectors.Run(background, p.config.Log) })
	p.work.Go(func() { p.IM.KeepIndex(background, p.config.Log) })
	p.work.Go(func() { p.Tasks.Run(background, p.taskTimersFailed) })
	p.work.Go(func() { p.Templates.Run(background, p.taskTimersFailed) })
	p.work.Go(func() { p.Conversations.Run(background) })
	p.work.Go(func() { p.LineStats.Run(background) })
	p.work.Go(func() { p.Network.Run(background) })
	p.work.Go(func() { p.Telegram.Run(background) })
	p.work.Go(func() { p.Mail.Run(background) })
	p.work.Go(func() { p.LiveChat.Run(background) })
	p.work.Go(func() { p.Mailboxes.Run(background) })
	p.work.Go(func() { p.Audit.Keep(background, p.Settings, p.config.Log) })
	p.work.Go(func() { p.Previews.Run(background) })
	p.work.Go(func() { p.Files.Keep(background) })
	p.work.Go(func() { p.Files.RunTexts(background) })
	p.DB.Watch(func() { p.Live.PublishAll("resync", struct{}{}) })
	p.DB.Watch(p.LiveChat.WakeAll)
	return nil
}

// wire makes the services and connects them.
func (p *Portal) wire() {
	c := p.config
	p.Settings = setting.New(p.DB, c.Clock)
	p.Audit = audit.New(p.DB, c.Clock)
	p.Console = console.New(console.Config{DB: p.DB, Clock: c.Clock, Settings: p.Settings, Audit: p.Audit, Log: c.Log})
	p.Options = option.New(p.DB, c.Clock)
	p.UserFields = userfield.New(userfield.Config{DB: p.DB, Clock: c.Clock, Audit: p.Audit, EmployeeTx: p.employeeTx, OwnType: p.ownFieldType, Files: fieldFiles{p}})
	p.Users = user.NewService(user.Config{
		Fields: p.UserFields,
		DB:     p.DB, Clock: c.Clock, Audit: p.Audit, Rules: signin.Rules(p.Settings), Events: userEvents{p},
		OnJoinTx:  []func(context.Context, *db.Tx, int64) error{p.joinGeneralTx},
		OnLeaveTx: []func(context.Context, *db.Tx, int64) error{p.leaveChatsTx, p.leaveDevicesTx, p.endTokensTx, p.leaveSignInTx},
	})
	p.SignIn = signin.New(signin.Config{
		DB: p.DB, Clock: c.Clock, Users: p.Users, Settings: p.Settings, Audit: p.Audit, Box: p.box, Log: c.Log,
		Provider: oidc.New(event.NewClient(c.Reach), c.Clock), Portal: func() string { return c.Name },
	})
	p.Events = event.New(p.DB, c.Clock, catalog())
	p.Events.SetAudit(p.Audit)
	p.Events.SetOrigin(originOf)
	p.Events.SetSettings(p.Settings)
	p.Notify = p.newNotify()
	p.IM = im.New(im.Config{DB: p.DB, Clock: c.Clock, Users: p.Users, Live: liveMessages{p.Live, p}, GeneralTitle: "General chat", Audit: p.Audit, Rules: p.messageRules})
	p.IM.SetTeller(messageNotices{p})
	p.Previews = p.newLinkPreviews()
	p.IM.SetLinks(p.Previews)
	p.wireFiles()
	p.Bots = bot.New(bot.Config{
		DB: p.DB, Clock: c.Clock, Users: p.Users, Messenger: botim.Messenger{IM: p.IM}, Chats: botim.Messenger{IM: p.IM}, Events: p.Events, Language: language, Box: p.box, Log: c.Log,
		OnRemoveTx: []func(context.Context, *db.Tx, int64) error{p.botLeavesLinesTx},
	})
	p.Agreements = p.newAgreements()
	p.Categories = p.newCategories()
	p.Answers = p.newAnswers()
	p.Lines = p.newLines()
	p.LineStats = p.newLineStats()
	p.Second = botv2.New(botv2.Config{
		DB: p.DB, Clock: c.Clock, Users: p.Users, Events: p.Events, IM: p.IM, Language: language, BaseURL: func() string { return p.publicURL("") },
		Folders: p.Files, Presence: secondPresence{p.Notify},
	})
	p.Play = botplay.New(botplay.Config{DB: p.DB, Clock: c.Clock, Bots: p.Bots, IM: p.IM, Events: p.Events, Users: p.Users, Audit: p.Audit})
	p.Bots.SetSecondListener(p.Second)
	p.wireNetwork()
	p.IM.SetListener(networkListener{botim.Listener{Bots: p.Bots, Second: p.Second}, p.Network})
	p.wireConnectors()
	p.wireMail()
	p.wireConversations()
	p.Tasks = task.NewService(task.Config{DB: p.DB, Clock: c.Clock, Users: p.Users, Events: taskEvents{p.Events}, Live: p.Live, Added: p.UserFields, Structure: p.Users, Notices: taskNotices{p}})
	p.wireTasks()
	p.Apps = app.New(app.Config{
		DB: p.DB, Clock: c.Clock, Users: appUsers{p.Users}, Events: appEvents{p.Events}, Hooks: hooks{p.Events}, Endpoints: p.endpoints,
		Language: language, Log: c.Log, Audit: p.Audit, Place: c.Place,
		OnRemoveTx: []func(context.Context, *db.Tx, int64) error{
			p.Bots.RemoveAppTx, p.removeConnectorsTx, p.Events.RemoveAppTx, p.removePlacementsTx, p.removeFramesTx, p.Options.RemoveAppTx,
		},
	})
	p.Placements = placement.New(placement.Config{
		DB: p.DB, Clock: c.Clock, Apps: placementApps{p.Apps}, Users: placementUsers{p.Users}, Audit: p.Audit, Language: language,
		OnRemovalTx: p.handlerRemovedTx,
	})
	p.Frames = frame.New(frame.Config{DB: p.DB, Clock: c.Clock, Apps: frameApps{p.Apps}, Audit: p.Audit, Language: language})
	p.Events.SetReceivers(p.Apps.ReceivesEventsTx)
}

// register builds what answers requests.
func (p *Portal) register() {
	p.methods = rest.NewRegistry()
	registerMethods(p.methods, p)
	p.rest = rest.NewHandler(p.methods, apprest.NewAuthorizer(p.Apps), p.config.Clock, p.config.Log, rest.WithPolicy(p.policy),
		rest.WithProtection(rest.DefaultProtection), rest.WithContract(warnings),
		rest.WithReplays(replays{replay.New(p.DB, p.config.Clock)}), rest.WithRecorder(consolerest.NewRecorder(p.Console)))
	p.between = networkhttp.NewHandler(p.Network, p.config.Log)
	p.links = filerest.NewLinks(p.Files, p.fileMethods(), p.config.Log)
	p.oauth = apprest.NewOAuth(p.Apps, p.config.Log)
	shell := web.New(web.Config{
		PortalName: p.config.Name, Name: p.name, Banner: p.banner, Sessions: p.sessions(), Live: p.Live, Clock: p.config.Clock, Log: p.config.Log,
		Navigation: p.navigation, Home: "/online/", Bell: p.bell, TrustProxy: p.config.TrustProxy, SignInNote: p.config.SignInNote,
		Origins: []string{p.config.PublicURL()}, StepURL: signinweb.StepURL, ProfileURL: userweb.ProfileURL, SignIn: signinweb.SignIn(p.SignIn), SignInWays: signinweb.Ways(p.SignIn),
	})
	registerPages(shell, p)
	p.pages = shell.Handler()
}

// Handler returns what answers every request to the portal.
func (p *Portal) Handler() http.Handler { return p }

// ServeHTTP routes by hand: clients of the REST API send doubled and missing slashes, and must never be redirected.
func (p *Portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = p.fromProxy(r)
	switch first, _, _ := strings.Cut(strings.TrimLeft(r.URL.Path, "/"), "/"); first {
	case "rest":
		if filerest.IsLink(r.URL.Path) {
			p.links.ServeHTTP(w, r)
			return
		}
		if apprest.IsAuthServer(r.Host) {
			r = r.WithContext(apprest.AtAuthServer(r.Context()))
		}
		p.rest.ServeHTTP(w, r)
	case "oauth":
		if apprest.IsAuthorizePath(r.URL.Path) {
			r = r.Clone(r.Context())
			r.URL.Path, r.URL.RawPath = apprest.AuthorizePath, ""
			p.pages.ServeHTTP(w, r)
			return
		}
		p.oauth.ServeHTTP(w, r)
	case networkhttp.Root:
		p.between.ServeHTTP(w, r)
	case "api":
		bx24.Handler().ServeHTTP(w, r)
	default:
		p.pages.ServeHTTP(w, r)
	}
}

// Methods returns the methods of the portal.
func (p *Portal) Methods() []*rest.Method { return p.methods.Methods() }

// MethodsV3 returns the methods of REST 3.0.
func (p *Portal) MethodsV3() []*rest.Method { return p.methods.MethodsV3() }

// Ready returns why the portal cannot answer, or nil.
func (p *Portal) Ready(ctx context.Context) error {
	if p.closed.Load() {
		return db.ErrClosed
	}
	err := p.DB.Read(ctx, func(tx *db.Tx) error {
		var one int64
		return tx.QueryRow(ctx, "SELECT 1").Scan(&one)
	})
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return nil
}

// Owns reports whether the portal issued the token or the authorization code and has not forgotten it.
func (p *Portal) Owns(ctx context.Context, token string) (bool, error) {
	return p.Apps.Owns(ctx, token)
}

// Close stops the deliveries and closes the database. A second Close does nothing.
func (p *Portal) Close(context.Context) error {
	if p.closed.Swap(true) {
		return nil
	}
	if p.stop != nil {
		p.stop()
	}
	p.work.Wait()
	p.Bots.Close()
	p.Notify.Close()
	p.dispatcher.Close()
	if p.backups != nil {
		p.backups.Close()
	}
	p.Console.Close()
	return p.DB.Close()
}

// CreateUser creates a person. As every employee they are a member of the general chat.
func (p *Portal) CreateUser(ctx context.Context, n user.NewUser) (user.User, error) {
	return p.Users.Create(ctx, n)
}

// EnsureAdmin creates the administrator n where the portal has none. It returns the administrator and whether it created
// them.
func (p *Portal) EnsureAdmin(ctx context.Context, n user.NewUser) (u user.User, created bool, err error) {
	return p.Users.EnsureAdmin(ctx, n)
}

// endpoints are the addresses that applications are told.
func (p *Portal) endpoints() app.Endpoints {
	public := strings.TrimSuffix(p.config.PublicURL(), "/")
	_, domain, _ := strings.Cut(public, "://")
	return app.Endpoints{Domain: domain, ClientEndpoint: public + "/rest/", ServerEndpoint: public + "/rest/"}
}

// PublicURL returns the absolute address of a path on the portal.
func (p *Portal) PublicURL(path string) string { return p.publicURL(path) }

// publicURL returns the absolute address of a path on the portal.
func (p *Portal) publicURL(path string) string {
	return strings.TrimSuffix(p.config.PublicURL(), "/") + path
}

// hosts are the names, with their ports, by which the portal is reached besides that of a request.
func (p *Portal) hosts() []string { return []string{p.endpoints().Domain} }
