package appweb

import (
	"context"

	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// Belongings tells what applications have on the portal besides tokens.
type Belongings interface {
	// Belonging returns what belongs to an application.
	Belonging(ctx context.Context, actor user.Ref, appID int64) (Belonging, error)
	// Methods returns the names of the methods that scopes open, sorted.
	Methods(scopes []string) []string
}

// Belonging is what an application has on the portal.
type Belonging struct {
	Events []BoundEvent
	Bots   []BotLine
	Places []Place
}

// Empty reports whether there is nothing.
func (b Belonging) Empty() bool { return len(b.Events)+len(b.Bots)+len(b.Places) == 0 }

// BoundEvent is an event that a handler of an application hears of.
type BoundEvent struct {
	Name    string
	Handler string // empty for one that is collected until the application asks for it
	As      string // who the handler's tokens belong to; empty: whoever caused the event
}

// BotLine is a chat bot of an application.
type BotLine struct {
	web.Person
	ID   int64
	Code string
}

// Place is a place of the portal where an application shows a page.
type Place struct {
	Code    string
	Where   string // what the page is there
	Later   bool   // the portal has no pages with the place yet
	For     string // the one person who sees it; empty for everybody
	Title   string
	Handler string
}
