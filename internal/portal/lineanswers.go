package portal

import (
	"context"
	"errors"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/web"
)

// lineAnswers offers canned answers in the chats with clients.
type lineAnswers struct{ p *Portal }

var _ imweb.Answers = lineAnswers{}

// Offered returns the answers of a viewer and those of the line that the chat is in now: of its list, or all shared ones where it has
// none.
func (a lineAnswers) Offered(ctx context.Context, v web.Viewer, c im.Chat, text string, limit int) ([]imweb.CannedAnswer, error) {
	last, err := a.p.Conversations.Last(ctx, c.ID)
	if errors.Is(err, openline.ErrNoSession) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	l, err := a.p.Lines.Get(ctx, last.LineID)
	if err != nil && !errors.Is(err, line.ErrNotFound) { // of a line that is gone the conversations stay
		return nil, err
	}
	found, err := a.p.Answers.Find(ctx, answer.Query{UserID: v.ID, FolderID: l.QuickAnswersID, Text: text, Limit: limit})
	out := make([]imweb.CannedAnswer, len(found))
	for i, f := range found {
		out[i] = imweb.CannedAnswer{Keyword: f.Keyword, Text: f.Text, Shared: f.Shared()}
	}
	return out, err
}

// Keep stores a text among the viewer's own.
func (a lineAnswers) Keep(ctx context.Context, v web.Viewer, text string) error {
	_, err := a.p.Answers.Save(ctx, v.Ref(), answer.Answer{OwnerID: v.ID, Text: text})
	return err
}
