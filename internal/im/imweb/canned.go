package imweb

import (
	"context"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

// answerLimit is how many canned answers the field for a message offers at once.
const answerLimit = 20

// CannedAnswer is a text that is sent to clients again and again.
type CannedAnswer struct {
	Keyword string // by which it is found at once, without a slash; may be empty
	Text    string // BB code
	Shared  bool   // it is everybody's, not the viewer's own
}

// Answers keeps the canned answers for the chats with clients.
type Answers interface {
	// Offered returns at most limit answers that a viewer may use in a chat with a client: their own and those of its line, by the
	// beginning of their keyword or by their text.
	Offered(ctx context.Context, v web.Viewer, c im.Chat, text string, limit int) ([]CannedAnswer, error)
	// Keep stores a text among the viewer's own.
	Keep(ctx context.Context, v web.Viewer, text string) error
}

// What a person may be told of canned answers.
var (
	errNoAnswers = fault.New(fault.Invalid, "NO_ANSWERS", "Canned answers are made of what you wrote to a client.")
	errNoText    = fault.New(fault.Invalid, "NO_TEXT", "The message has no text.")
)

// Begins returns the beginning of the answer as one line of text.
func (a CannedAnswer) Begins() string { return im.OneLine(bbcode.Plain(a.Text)) }

// answersIn reports whether there are canned answers for a chat.
func (h pages) answersIn(t im.Type) bool { return h.answers != nil && t == im.Lines }

func (h pages) suggestAnswers(ctx context.Context, r *web.Request, c im.Chat, q string) ([]CannedAnswer, error) {
	if !h.answersIn(c.Type) {
		return nil, nil
	}
	return h.answers.Offered(ctx, r.Viewer, c, q, answerLimit)
}

// keepAnswer makes a canned answer of the viewer's own of a message that they wrote to a client.
func (h pages) keepAnswer(ctx context.Context, r *web.Request) (web.Result, error) {
	id := r.Int("message", 0)
	m, c, err := h.im.Message(ctx, r.Viewer.ID, id)
	switch {
	case err != nil:
	case !m.Deleted.IsZero():
		err = im.ErrNoMessage
	case !h.answersIn(c.Type) || m.AuthorID != r.Viewer.ID || m.System:
		err = errNoAnswers
	case m.Text == "":
		err = errNoText
	default:
		err = h.answers.Keep(ctx, r.Viewer, m.Text)
	}
	if err != nil {
		return h.refused(ctx, r, id, words(err))
	}
	const done = "Kept: / in the message field finds it."
	if !r.Fetched() {
		return web.Redirect{To: dialogURL(c.DialogID(r.Viewer.ID)), Toast: done}, nil
	}
	return web.JSON{Value: map[string]any{"toast": done}}, nil
}
