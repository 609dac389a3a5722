// Package openlineweb is the pages on which people answer clients: the inbox of open channels and the queue for supervisors.
//
// # Addresses
//
// /channels/answers/ keeps canned answers. /channels/ is the list, /channels/5 conversation 5 with the list and the client beside it, /channels/queue/ the live queue and
// /channels/what-if what a line would do with a client who wrote now. What can be done with a conversation is one form each, sent to
// /channels/act, so that it works without scripts as well.
//
// # The conversation
//
// It is the messenger's (imweb.Embedded): who is a member writes in it, who is not reads it here, with the ways in (answer, join,
// intercept) above. A live hint says only that a conversation changed; the page asks for what it shows of it.
package openlineweb

import (
	"context"
	"embed"
	"html/template"
	"time"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.js *.css
var files embed.FS

// URL is the address of the inbox.
const URL = "/channels/"

const nav = "channels"

// Users tells who people are; *user.Service is one.
type Users interface {
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
	List(ctx context.Context, q user.Query) ([]user.User, error)
}

// Chats is the messenger; *im.Service is one.
type Chats interface {
	FirstSince(ctx context.Context, chatID int64, since time.Time) (int64, error)
	NewestSaid(ctx context.Context, chatIDs []int64) (map[int64]im.Message, error)
	SaidUpTo(ctx context.Context, ids []int64) ([]im.Message, error)
	FilesOf(ctx context.Context, messages ...im.Message) (map[int64]im.File, error)
	Draft(ctx context.Context, userID int64, dialogID string) (im.Draft, error)
	Titles(ctx context.Context, ids []int64) (map[int64]string, error)
}

// Lines keeps the open channels; *line.Service is one.
type Lines interface {
	All(ctx context.Context) ([]line.Line, error)
	Get(ctx context.Context, id int64) (line.Line, error)
	Queue(ctx context.Context, l line.Line) ([]line.Operator, error)
}

// Config is what the pages need.
type Config struct {
	Conversations *openline.Service
	Lines         Lines
	Answers       Answers
	Users         Users
	Chats         Chats
	Talks         imweb.Embedded
	// SharedAnswersURL is where the shared canned answers are changed.
	SharedAnswersURL string
	// Find looks for words in what was said in conversations that somebody may read.
	Find func(ctx context.Context, sc openline.Scope, w Words) (Found, error)
	// Connectors returns the names of the channels by their ids.
	Connectors func(ctx context.Context) (map[string]string, error)
	// Outside returns what a channel is called on a line by who carries it, and where operators find it; both may be empty. Nil: of none.
	Outside func(ctx context.Context, connector string, lineID int64) (name, url string, err error)
	// Agreed returns to what a client agreed last, of what visitors of a line's sites have to agree to. Nil: nobody is asked.
	Agreed func(ctx context.Context, userID, lineID int64) (Agreed, error)
	// Categories returns what conversations can be about, by the name; nil: nothing.
	Categories func(ctx context.Context) ([]Category, error)
	// Bots returns the bots that lead conversations.
	Bots func(ctx context.Context) ([]int64, error)
	// Online returns who of ids can be reached now.
	Online func(ctx context.Context, ids []int64) (map[int64]bool, error)
	// Invisible returns those of ids who do not want to look as if they were there.
	Invisible func(ctx context.Context, ids []int64) (map[int64]bool, error)
}

// Category is what a conversation can be about.
type Category struct {
	ID   int64
	Name string
	Gone bool // it is given to none any more
}

// Agreed is to what a client agreed.
type Agreed struct {
	At      time.Time // zero: to nothing
	Current bool      // it is still what they have to agree to
	Name    string    // of an agreement; empty: it was a text of the line
	URL     string    // where it is read
}

// Words is what is looked for in conversations.
type Words struct {
	Text   string
	Before int64 // older than this message; 0: from the newest
	Limit  int64
	Keep   func(openline.Session) bool // of those that may be read
}

// Found is a page of what was found, the newest first.
type Found struct {
	Messages []im.Message
	Sessions map[int64]openline.Session // by the message
	Next     int64                      // the Before of the next page; 0: there is none
}

type pages struct{ Config }

// Register adds the inbox to a shell.
func Register(s *web.Shell, c Config) {
	h := pages{c}
	s.Area("channels", files)

	s.Page(URL+"{$}", web.SignedIn, h.list)
	s.Page(URL+"{id}", web.SignedIn, h.conversation)
	s.Page(URL+"transfer", web.SignedIn, h.transferPage)
	s.Page(URL+"client", web.SignedIn, h.clientForm)
	s.Page(URL+"same", web.SignedIn, h.samePage)
	s.Page(URL+"story", web.SignedIn, h.storyPage)
	s.Page(URL+"queue/", web.SignedIn, h.queuePage)
	s.Page(URL+"what-if", web.SignedIn, h.whatIfPage)
	s.Page(URL+"rating", web.SignedIn, h.ratingForm)
	s.Page(URL+"finish", web.SignedIn, h.finishForm)

	s.Page(AnswersURL+"{$}", web.SignedIn, h.answersPage)
	s.Page(AnswersURL+"{id}/{$}", web.SignedIn, h.answerPage)

	s.Fragment(URL+"open", web.SignedIn, h.openFragment)
	s.Fragment(URL+"rows", web.SignedIn, h.rowsFragment)
	s.Fragment(URL+"messages", web.SignedIn, h.messagesFragment)
	s.Fragment(URL+"bar", web.SignedIn, h.barFragment)
	s.Fragment(URL+"targets", web.SignedIn, h.targetsFragment)
	s.Fragment(URL+"counter", web.SignedIn, h.counter)

	s.Action(URL+"act", web.SignedIn, h.act)
	s.Action(URL+"view", web.SignedIn, h.view)
	s.Action(URL+"pause", web.SignedIn, h.pause)
	s.Action(URL+"client", web.SignedIn, h.saveClient)
	s.Action(URL+"rating", web.SignedIn, h.saveRating)
	s.Action(URL+"category", web.SignedIn, h.saveCategory)
	s.Action(URL+"same", web.SignedIn, h.merge)
	s.Action(URL+"separate", web.SignedIn, h.separate)
	s.Action(AnswersURL+"{id}/save", web.SignedIn, h.saveAnswer)
	s.Action(AnswersURL+"{id}/delete", web.SignedIn, h.deleteAnswer)

	s.Command(web.Command{Title: "Conversations with clients", URL: URL, Icon: "channels", Keywords: "inbox open channels answer"})
	s.Command(web.Command{Title: "Canned answers", URL: AnswersURL, Icon: "text", Keywords: "quick replies templates shortcuts"})
	s.Command(web.Command{Title: "Queue of clients", URL: URL + "queue/", Icon: "clock", Keywords: "supervisor waiting operators"})
}

// NavItem returns the entry of the rail with how many conversations wait for the viewer; false for people who neither answer clients nor
// see the conversations of others.
func NavItem(ctx context.Context, c Config, v web.Viewer) (web.NavItem, bool, error) {
	sc, err := c.Conversations.Scope(ctx, v.Ref())
	if err != nil {
		return web.NavItem{}, false, err
	}
	n, err := c.Conversations.Counts(ctx, openline.Scope{UserID: sc.UserID})
	if err != nil {
		return web.NavItem{}, false, err
	}
	item := web.NavItem{
		ID: nav, Title: "Channels", URL: URL, Icon: "inbox", Count: int(n.ForMe), CountURL: URL + "counter", CountOn: "line:session",
	}
	return item, len(sc.Lines) > 0 || sc.Supervises() || n.Mine > 0, nil
}

// BarStyle is the stylesheet of what Bar returns.
const BarStyle = "channels/bar.css"

// Bar returns the bar of the conversation of a chat, for the messenger; empty where there is none.
func Bar(c Config) func(ctx context.Context, r *web.Request, chat im.Chat) (template.HTML, error) {
	h := pages{c}
	return func(ctx context.Context, r *web.Request, chat im.Chat) (template.HTML, error) {
		if chat.EntityType != openline.EntityType {
			return "", nil
		}
		return h.barOf(ctx, r, chat.ID, true)
	}
}

// person is how somebody is shown.
type person struct {
	ID               int64
	Name, Color, URL string
	AvatarURL        string
}

func personOf(u user.User, id int64) person {
	if u.ID == 0 {
		return person{ID: id, Name: "Somebody who is gone"}
	}
	return person{ID: u.ID, Name: u.DisplayName(), Color: u.Color, AvatarURL: u.AvatarPath(), URL: u.ProfilePath()}
}

// names reads people once for a page.
func (h pages) people(ctx context.Context, ids ...int64) (func(id int64) person, error) {
	seen := map[int64]bool{}
	var ask []int64
	for _, id := range ids {
		if id > 0 && !seen[id] {
			seen[id] = true
			ask = append(ask, id)
		}
	}
	known := map[int64]user.User{}
	if len(ask) > 0 {
		var err error
		if known, err = h.Users.Many(ctx, ask); err != nil {
			return nil, err
		}
	}
	return func(id int64) person { return personOf(known[id], id) }, nil
}
