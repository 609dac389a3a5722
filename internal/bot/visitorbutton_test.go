package bot_test

import (
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

func TestVisitorsGetTheButtonsOfApplicationsThatAreForThem(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, _ := setup(t, d)
		one := register(t, s, registration("one", bot.Standard))
		other := registration("other", bot.Standard)
		other.Owner = theirs
		foreign := register(t, s, other)
		button := func(code string, shape func(n *bot.NewChatApp)) attach.Button {
			n := frameOf(one, code)
			n.LiveChat = true
			shape(&n)
			id, err := s.RegisterChatApp(t.Context(), mine, n)
			if err != nil {
				t.Fatal(err)
			}
			return attach.Button{Type: attach.TypeButton, BotID: one, Text: code, Do: attach.Do{AppID: id, AppParams: "a=1"}}
		}
		command := func(m bot.AppMethod, param string) func(n *bot.NewChatApp) {
			return func(n *bot.NewChatApp) { n.Method, n.Param = m, param }
		}
		for name, c := range map[string]struct {
			b    attach.Button
			want attach.Do
		}{
			"put":     {button("put", command(bot.AppPut, "/help")), attach.Do{Action: attach.ActionPut, ActionValue: "/help"}},
			"send":    {button("send", command(bot.AppSend, "/help me")), attach.Do{Action: attach.ActionSend, ActionValue: "/help me"}},
			"call":    {button("call", command(bot.AppCall, "+7 495")), attach.Do{Action: attach.ActionCall, ActionValue: "+7 495"}},
			"support": {button("support", command(bot.AppSupport, strings.Repeat("0a", 16))), attach.Do{}},
			"inside":  {button("inside", func(n *bot.NewChatApp) { n.LiveChat = false }), attach.Do{}},
			"admins":  {button("admins", func(n *bot.NewChatApp) { n.SetPlace("ALL-admin") }), attach.Do{}},
			"foreign": {func() attach.Button { b := button("foreign", func(*bot.NewChatApp) {}); b.BotID = foreign; return b }(), attach.Do{}},
			"gone":    {attach.Button{BotID: one, Do: attach.Do{AppID: 4711}}, attach.Do{}},
		} {
			got, ok, err := s.VisitorButton(t.Context(), c.b, bot.Opening{Portal: "https://portal.example", User: bot.AppUser{ID: 9}})
			if err != nil || ok != (c.want != attach.Do{}) || ok && (got.Do != c.want || got.Text != name) {
				t.Errorf("%s: %+v, %v, %v, want %+v", name, got, ok, err, c.want)
			}
		}
		page := button("page", func(*bot.NewChatApp) {})
		got, ok, err := s.VisitorButton(t.Context(), page, bot.Opening{Portal: "https://portal.example", User: bot.AppUser{ID: 9}, DialogID: "chat5", Message: 7})
		if err != nil || !ok || got.AppID != 0 || !strings.HasPrefix(got.Link, "https://apps.example/frame.php?") {
			t.Fatalf("%+v, %v, %v", got, ok, err)
		}
		for _, part := range []string{"USER_ID=9", "DIALOG_ID=chat5", "CONTEXT=button", "USER_HASH="} {
			if !strings.Contains(got.Link, part) {
				t.Errorf("%s lacks %s", got.Link, part)
			}
		}
	})
}
