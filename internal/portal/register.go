package portal

import (
	"context"

	"github.com/portico-hq/portico/internal/agreement/agreementrest"
	"github.com/portico-hq/portico/internal/agreement/agreementweb"
	"github.com/portico-hq/portico/internal/app/apprest"
	"github.com/portico-hq/portico/internal/app/appweb"
	"github.com/portico-hq/portico/internal/audit/auditrest"
	"github.com/portico-hq/portico/internal/audit/auditweb"
	"github.com/portico-hq/portico/internal/backup/backupweb"
	"github.com/portico-hq/portico/internal/bot/botrest"
	"github.com/portico-hq/portico/internal/bot/botv2rest"
	"github.com/portico-hq/portico/internal/bot/botweb"
	"github.com/portico-hq/portico/internal/connector/connectorrest"
	"github.com/portico-hq/portico/internal/connector/connectorweb"
	"github.com/portico-hq/portico/internal/console/consoleweb"
	"github.com/portico-hq/portico/internal/event/eventrest"
	"github.com/portico-hq/portico/internal/event/eventweb"
	"github.com/portico-hq/portico/internal/file/filerest"
	"github.com/portico-hq/portico/internal/file/fileweb"
	"github.com/portico-hq/portico/internal/frame/frameweb"
	"github.com/portico-hq/portico/internal/im/imrest"
	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/livechat/livechatweb"
	"github.com/portico-hq/portico/internal/mail/mailweb"
	"github.com/portico-hq/portico/internal/mailbox/mailboxweb"
	"github.com/portico-hq/portico/internal/network/networkrest"
	"github.com/portico-hq/portico/internal/network/networkweb"
	"github.com/portico-hq/portico/internal/notify/notifyrest"
	"github.com/portico-hq/portico/internal/notify/notifyweb"
	"github.com/portico-hq/portico/internal/openline/lineweb"
	"github.com/portico-hq/portico/internal/openline/openlinerest"
	"github.com/portico-hq/portico/internal/openline/openlineweb"
	"github.com/portico-hq/portico/internal/openline/statweb"
	"github.com/portico-hq/portico/internal/option/optionrest"
	"github.com/portico-hq/portico/internal/placement/placementrest"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/signin/signinweb"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/partrest"
	"github.com/portico-hq/portico/internal/task/taskrest"
	"github.com/portico-hq/portico/internal/task/taskweb"
	"github.com/portico-hq/portico/internal/telegram/telegramweb"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/user/userrest"
	"github.com/portico-hq/portico/internal/user/userweb"
	"github.com/portico-hq/portico/internal/userfield/userfieldrest"
	"github.com/portico-hq/portico/internal/userfield/userfieldweb"
	"github.com/portico-hq/portico/internal/web"
)

// registerMethods adds the methods of all areas. None of them touches a service before it is called, so the registry of a
// portal that is not open can be listed.
func registerMethods(r *rest.Registry, p *Portal) {
	agreementrest.Register(r, p.Agreements)
	apprest.Register(r, p.Apps)
	auditrest.Register(r, p.Audit)
	botrest.Register(r, p.Bots, p.Users)
	botv2rest.Register(r, botv2rest.Config{
		Bots: p.Bots, Second: p.Second, IM: p.IM, Files: p.Files, Users: p.Users, Language: language, BaseURL: func() string { return p.publicURL("") },
	})
	connectorrest.Register(r, p.Connectors)
	eventrest.Register(r, p.Events, language)
	filerest.Register(r, p.Files, p.fileMethods())
	imrest.Register(r, p.IM, p.messengerMethods())
	networkrest.Register(r, p.Network)
	notifyrest.Register(r, p.Notify, p.notifyMethods())
	openlinerest.RegisterConfig(r, p.lineMethods())
	openlinerest.RegisterQuick(r, p.quickMethods())
	openlinerest.RegisterSessions(r, p.sessionMethods())
	optionrest.Register(r, p.Options)
	placementrest.Register(r, p.Placements)
	taskrest.Register(r, p.taskMethods())
	partrest.Register(r, p.taskPartMethods())
	userfieldrest.Register(r, userfieldrest.Config{
		Prefix: "user", Entity: user.Entity, NamePrefix: "UF_USR_", Scope: "user.userfield",
		Pages: "api-reference/user/userfields/user-userfield-", Fields: p.UserFields,
	})
	userrest.Register(r, p.Users, p.publicURL)
}

// messengerMethods is what the messenger's methods need.
func (p *Portal) messengerMethods() imrest.Config {
	return imrest.Config{
		Users: p.Users, Bots: botNotes{p.Bots}, BaseURL: func() string { return p.publicURL("") }, Tasks: messageTasks{p},
		Presence: presence{p.Notify}, Notifications: p.Notify, Files: chatFileViews{p},
	}
}

// Methods returns the methods of every portal, without opening one.
func Methods() []*rest.Method { return unopened().Methods() }

// MethodsV3 returns the methods of REST 3.0 of every portal, without opening one.
func MethodsV3() []*rest.Method { return unopened().MethodsV3() }

// unopened returns the registry of a portal that is not open.
func unopened() *rest.Registry {
	r := rest.NewRegistry()
	registerMethods(r, &Portal{})
	return r
}

// registerPages adds the pages of all areas.
func registerPages(s *web.Shell, p *Portal) {
	userweb.Register(s, p.Users, p.publicURL, userweb.WithOwnFields(p.ownFields()), userweb.WithFieldFiles(fieldFiles{p}.Shown), userweb.WithMail(linkMails{p}))
	signinweb.Register(s, p.SignIn, p.Users, p.publicURL)
	bots := botCommands{p.Bots, p.IM, p.Users, p.Second}
	talks := imweb.Config{
		Users: p.Users, Commands: bots, BotApps: botApps{p}, Background: bots.background, Files: true, Hosts: p.hosts, Invisible: p.invisible,
		Answers: lineAnswers{p}, Deliveries: deliveries{lineDeliveries{p.Connectors}, telegramDeliveries{p.Telegram}, mailDeliveries{p.Mail}},
		Named: p.dialogNamed, Links: linkCards{p.Previews},
	}
	inbox := p.inbox(imweb.Embed(p.IM, talks))
	openlineweb.Register(s, inbox)
	talks.Bar, talks.BarStyles = openlineweb.Bar(inbox), []string{openlineweb.BarStyle}
	imweb.Register(s, p.IM, talks)
	fileweb.Register(s, p.Files, fileweb.Config{Chats: chatFiles{p.Files, p.IM}, People: filePeople{p.Users}, Settings: p.Settings, Audit: p.Audit, PublicURL: p.publicURL})
	notifyweb.Register(s, p.Notify, people{p.Users})
	taskweb.Register(s, p.taskPages())
	imweb.RegisterRules(s, p.Settings, p.Audit)
	settingweb.Register(s, settingweb.Config{Settings: p.Settings, Audit: p.Audit, MeterURL: consoleweb.LimitsURL, DefaultName: p.config.Name})
	userfieldweb.Register(s, userfieldweb.Config{
		Fields: p.UserFields, Languages: userweb.Languages(),
		Sets: []userfieldweb.Set{
			{Entity: user.Entity, Title: "People", Prefix: "UF_USR_", Where: "the profiles of people"},
			{Entity: task.EntityName, Title: "Tasks", Prefix: "UF_", Where: "tasks"},
		},
	})
	if p.backups != nil {
		backupweb.Register(s, p.backups, p.Settings, p.Audit)
	}
	agreementweb.Register(s, agreementweb.Config{Agreements: p.Agreements, People: people{p.Users}, PublicURL: p.publicURL})
	auditweb.Register(s, auditweb.Config{Log: p.Audit, Settings: p.Settings, People: people{p.Users}})
	eventweb.Register(s, p.Events, eventApps{p.Apps})
	appweb.Register(s, p.Apps, people{p.Users}, belongings{p})
	connectorweb.Register(s, p.contactCenter())
	lineweb.Register(s, p.linePages())
	statweb.Register(s, p.lineStatPages())
	networkweb.Register(s, p.networkPages())
	frameweb.Register(s, p.frames())
	livechatweb.Register(s, p.liveChatPages())
	telegramweb.Register(s, p.telegramPages())
	mailweb.Register(s, p.mailPages())
	mailboxweb.Register(s, mailboxweb.Config{Mailboxes: p.Mailboxes, Lines: connectorLines{p.Lines}.Lines, PublicURL: p.publicURL})
	consoleweb.Register(s, p.consolePages())
	botweb.Register(s, botweb.Config{Bots: p.Bots, Events: p.Events, Play: p.Play, Stories: stories{p}, Desk: botDesk{p}, Payloads: botPayloads{p}})
}

// navigation is the rail.
func (p *Portal) navigation(ctx context.Context, v web.Viewer) ([]web.NavItem, error) {
	unread, err := p.IM.Unread(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	tasks, err := taskweb.Nav(ctx, p.Tasks, v)
	if err != nil {
		return nil, err
	}
	items := []web.NavItem{
		{ID: "messenger", Title: "Messenger", URL: "/online/", Icon: "messenger", Count: int(unread), CountURL: "/online/counter", CountOn: "im:message im:read im:delete"},
	}
	clients, answers, err := openlineweb.NavItem(ctx, p.inbox(imweb.Embedded{}), v)
	if err != nil {
		return nil, err
	}
	if answers {
		items = append(items, clients)
	}
	items = append(items,
		tasks,
		fileweb.NavItem(),
		web.NavItem{ID: "people", Title: "People", URL: "/company/", Icon: "people"},
	)
	if item, ok := connectorweb.NavItem(v); ok {
		items = append(items, item)
	} else if item, ok := lineweb.NavItem(v, item.ID); ok {
		items = append(items, item)
	}
	items = append(items, appweb.NavItem())
	if item, ok := settingweb.NavItem(v); ok {
		items = append(items, item)
	}
	apps, err := frameweb.NavItems(ctx, p.frames(), v)
	return append(items, apps...), err
}

// sessions signs people in and out.
func (p *Portal) sessions() web.Sessions { return userweb.NewSessions(p.Users) }
