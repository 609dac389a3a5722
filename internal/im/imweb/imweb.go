// Package imweb is the messenger's pages: the recent list, the conversation and the details beside it.
//
// # Addresses
//
// /online/ is the list; /online/5 is the conversation with person 5 and /online/chat12 that of chat 12. The addresses that
// applications use, /online/?IM_DIALOG=chat12 and /online/?IM_HISTORY=chat12, lead there. ?m=345 shows message 345.
//
// # One markup
//
// A message is the template "message", a line of the list the template "line". The page, what the page asks for later and
// what comes in live are all made of them: a live hint says only that something is new, and the page asks for it. A row of a
// message carries everything that it may have to show (author, day); classes say which of it is shown, so that a row is the
// same wherever it stands, and the module sets the classes anew where rows meet (lib/runs.js has the rule, as setRuns here).
package imweb

import (
	"context"
	"embed"
	"html/template"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.js *.css lib/*.js
var files embed.FS

// Users tells who people are; *user.Service is one.
type Users interface {
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
	List(ctx context.Context, q user.Query) ([]user.User, error)
}

// Command is what somebody can write to a bot after a slash.
type Command struct {
	BotID  int64
	Name   string // without the slash
	Title  string // what it does, in the language of who writes
	Params string // what may stand behind it
}

// Press is the press of a button that carries a command, or the choice of an item of a menu that does.
type Press struct {
	UserID   int64
	Message  im.Message // under which it is, or whose menu it is in
	Button   attach.Button
	Item     bool   // it is an item of the menu
	Platform string // where they pressed, "web" or "mobile"
}

// Commands knows the commands of bots, and passes on the press of a button that carries one.
type Commands interface {
	// Offered returns the commands that a viewer may write in a chat, by their names. The chat has no ID before the first
	// message of a private one.
	Offered(ctx context.Context, v web.Viewer, c im.Chat) ([]Command, error)
	// Press tells a bot that somebody pressed a button of its, or chose an item.
	Press(ctx context.Context, p Press) error
	// PassContext passes to the bots of a dialog what a link to it carried: a text of JSON.
	PassContext(ctx context.Context, actor int64, dialogID, data string) error
}

// Config is what the pages need beside the messenger.
type Config struct {
	Users Users
	// Commands may be nil: the press of a command button is then sent as the text of the command.
	Commands Commands
	// BotApps may be nil: bots have no applications then.
	BotApps BotApps
	// Background returns the background that a bot chose for its private chats, one of bot.Backgrounds; empty is none. It may be nil.
	Background func(ctx context.Context, botID int64) (string, error)
	// Files says that the shell has the pages of package fileweb, so that files can be sent.
	Files bool
	// Hosts are names, with their ports, by which the portal is reached besides that of the request: links to them are
	// links to the portal.
	Hosts func() []string
	// Bar returns what stands below the head of a chat that belongs to something (im.Chat.EntityType); nil: nothing.
	Bar func(ctx context.Context, r *web.Request, c im.Chat) (template.HTML, error)
	// BarStyles are the stylesheets of what Bar returns.
	BarStyles []string
	// Deliveries may be nil: nothing goes out to clients through channels then.
	Deliveries Deliveries
	// Answers may be nil: there are no canned answers then.
	Answers Answers
	// Links may be nil: no cards of what links lead to are shown then.
	Links Links
	// Invisible returns those of ids who do not want to look as if they were there; nil: nobody.
	Invisible func(ctx context.Context, ids []int64) (map[int64]bool, error)
	// Named returns the dialog id of a conversation that another area names in its own way, and every other name as it is; nil: nobody does.
	Named func(ctx context.Context, name string) (dialog string, err error)
}

type pages struct {
	im       *im.Service
	users    Users
	commands Commands
	hosts    func() []string

	takesFiles bool
	botApps    BotApps
	background func(ctx context.Context, botID int64) (string, error)
	bar        func(ctx context.Context, r *web.Request, c im.Chat) (template.HTML, error)
	styles     []string // of the messenger
	answers    Answers
	deliveries Deliveries
	links      Links
	invisible  func(ctx context.Context, ids []int64) (map[int64]bool, error)
	renamed    func(ctx context.Context, name string) (dialog string, err error)
}

func newPages(m *im.Service, c Config) pages {
	return pages{
		im: m, users: c.Users, commands: c.Commands, hosts: c.Hosts, botApps: c.BotApps, takesFiles: c.Files, background: c.Background,
		styles: append(Styles(), c.BarStyles...), links: c.Links, invisible: c.Invisible, bar: c.Bar, answers: c.Answers, deliveries: c.Deliveries, renamed: c.Named,
	}
}

// Styles returns the stylesheets of conversations, for a page that shows them.
func Styles() []string { return []string{"attach/attach.css", "im/im.css", "im/card.css"} }

// Register adds the messenger's pages, search groups and commands to a shell.
func Register(s *web.Shell, m *im.Service, c Config) {
	h := newPages(m, c)
	s.Area("im", files)
	s.Share("attach", attach.Files)

	s.Page("/online/{$}", web.SignedIn, h.list)
	s.Page("/online/{dialog}", web.SignedIn, h.dialog)
	s.Page("/online/group", web.SignedIn, h.groupForm)
	s.Page("/online/members", web.SignedIn, h.membersForm)
	s.Page("/online/message/{id}", web.SignedIn, h.messagePage)
	s.Page("/online/reactions/{id}", web.SignedIn, h.reactorsPage)
	s.Page("/online/settings", web.SignedIn, h.settingsForm)
	s.Page("/online/chat-members", web.SignedIn, h.membersPage)
	s.Page("/online/channels", web.SignedIn, h.browsePage)
	s.Fragment("/online/link-picture/{name}", web.SignedIn, h.linkPicture)
	s.Fragment("/online/avatar/{id}/{hash}", web.Public, h.avatar)
	s.Page("/online/search", web.SignedIn, h.searchPage)
	s.Fragment("/online/hits", web.SignedIn, h.hitsFragment)
	s.Fragment("/online/saved-searches", web.SignedIn, h.savedFragment)
	s.Page("/online/forward", web.SignedIn, h.forwardForm)

	s.Page("/online/botapp/{id}", web.SignedIn, h.botAppPage)
	s.Action("/online/botapp/{id}/support", web.SignedIn, h.botAppSupport)
	s.Fragment("/online/botapp-icon/{id}/{hash}", web.SignedIn, h.botAppIcon)

	s.Fragment("/online/open", web.SignedIn, h.openFragment)
	s.Fragment("/online/messages", web.SignedIn, h.messagesFragment)
	s.Fragment("/online/message", web.SignedIn, h.messageFragment)
	s.Fragment("/online/recent", web.SignedIn, h.recentFragment)
	s.Fragment("/online/find", web.SignedIn, h.findFragment)
	s.Fragment("/online/people", web.SignedIn, h.peopleFragment)
	s.Fragment("/online/counter", web.SignedIn, h.counter)
	s.Fragment("/online/presence", web.SignedIn, h.presence)
	s.Fragment("/online/menu", web.SignedIn, h.menuFragment)
	s.Fragment("/online/suggest", web.SignedIn, h.suggestFragment)
	s.Fragment("/online/side", web.SignedIn, h.sideFragment)
	s.Fragment("/online/pins", web.SignedIn, h.pinsFragment)
	s.Fragment("/online/targets", web.SignedIn, h.targetsFragment)
	s.Fragment("/online/draft", web.SignedIn, h.draftFragment)

	s.Action("/online/start", web.SignedIn, h.start)
	s.Action("/online/send", web.SignedIn, h.send)
	s.Action("/online/edit", web.SignedIn, h.edit)
	s.Action("/online/delete", web.SignedIn, h.remove)
	s.Action("/online/unlink", web.SignedIn, h.unlink)
	s.Action("/online/read", web.SignedIn, h.read)
	s.Action("/online/typing", web.SignedIn, h.typing)
	s.Action("/online/press", web.SignedIn, h.press)
	s.Action("/online/retry", web.SignedIn, h.retry)
	s.Action("/online/keep-answer", web.SignedIn, h.keepAnswer)
	s.Action("/online/context", web.SignedIn, h.passContext)
	s.Action("/online/mark", web.SignedIn, h.mark)
	s.Action("/online/settings", web.SignedIn, h.saveSettings, web.MaxBody(user.MaxAvatar+64<<10))
	s.Action("/online/member", web.SignedIn, h.changeMember)
	s.Action("/online/join", web.SignedIn, h.join)
	s.Action("/online/react", web.SignedIn, h.react)
	s.Action("/online/pin", web.SignedIn, h.pin)
	s.Action("/online/save-search", web.SignedIn, h.saveSearch)
	s.Action("/online/forget-search", web.SignedIn, h.forgetSearch)
	s.Action("/online/forward", web.SignedIn, h.forward)
	s.Action("/online/draft", web.SignedIn, h.saveDraft)
	s.Action("/online/leave", web.SignedIn, h.leave)
	s.Action("/online/group", web.SignedIn, h.createGroup)
	s.Action("/online/members", web.SignedIn, h.addMembers)

	s.Search("Chat with", h.searchPeople)
	s.Search("Chats", h.searchChats)
	s.Search("Messages", h.searchMessages)
	s.Command(web.Command{Title: "Search messages", URL: "/online/search", Icon: "search", Keywords: "messenger find chats", Slider: true})
	s.Command(web.Command{Title: "Open chats and channels", URL: "/online/channels", Icon: "channels", Keywords: "messenger join browse", Slider: true})
	s.Command(web.Command{Title: "New group chat", URL: "/online/group", Icon: "users", Keywords: "messenger create conversation", Slider: true})
}
