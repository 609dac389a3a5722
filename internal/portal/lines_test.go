package portal_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// TestWhatGoesLeavesTheSettingsOfLines removes a bot and a folder of canned answers that a line uses.
func TestWhatGoesLeavesTheSettingsOfLines(t *testing.T) {
	t.Parallel()
	p := open(t, false)
	admin, _, err := p.EnsureAdmin(t.Context(), user.NewUser{FirstName: "Ann", Email: "ann@x.org", Password: "a long password", Admin: true})
	if err != nil {
		t.Fatal(err)
	}
	who := user.Ref{ID: admin.ID, Admin: true}
	owner := bot.Owner{ClientID: "hook"}
	register := func(code string, kind bot.Type) int64 {
		t.Helper()
		const handler = "http://127.0.0.1/bot"
		id, err := p.Bots.Register(t.Context(), bot.Registration{
			Owner: owner, Code: code, Type: kind, Profile: user.BotChange{FirstName: new(code)},
			Handlers: bot.Handlers{MessageAdd: handler, Join: handler, Delete: handler},
		})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	speaks, other := register("menu", bot.OpenLine), register("report", bot.Human)
	folder, err := p.Answers.SaveFolder(t.Context(), who, answer.Folder{Name: "Shop"})
	if err != nil {
		t.Fatal(err)
	}
	set := func(botID int64) func(l *line.Line) error {
		return func(l *line.Line) error {
			l.Bot.Enabled, l.Bot.ID, l.QuickAnswersID = true, botID, folder.ID
			return nil
		}
	}
	if _, err := p.Lines.Add(t.Context(), who, set(other)); err == nil {
		t.Error("a line takes a bot that does not speak in lines")
	}
	l, err := p.Lines.Add(t.Context(), who, set(speaks))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Bots.Unregister(t.Context(), owner, admin.ID, speaks); err != nil {
		t.Fatal(err)
	}
	if err := p.Answers.DeleteFolder(t.Context(), who, folder.ID); err != nil {
		t.Fatal(err)
	}
	if l, err = p.Lines.Get(t.Context(), l.ID); err != nil || l.Bot.Enabled || l.Bot.ID != 0 || l.QuickAnswersID != 0 {
		t.Errorf("the line still has %+v, list %d (%v)", l.Bot, l.QuickAnswersID, err)
	}
}
