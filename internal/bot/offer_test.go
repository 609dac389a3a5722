package bot_test

import (
	"slices"
	"testing"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

func TestCommandsThatAreOffered(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, _ := setup(t, d)
		one := register(t, s, registration("one", bot.Standard))
		other := register(t, s, registration("other", bot.Standard))
		for _, n := range []bot.NewCommand{
			{BotID: one, Name: "zoom"},
			{BotID: one, Name: "secret", Hidden: true},
			{BotID: one, Name: "Guest", Extranet: true},
			{BotID: other, Name: "everywhere", Common: true},
			{BotID: other, Name: "here"},
		} {
			n.Handler, n.Help = hook, []bot.Help{{Language: "en", Title: n.Name}}
			addCommand(t, s, n)
		}
		for _, c := range []struct {
			chat     bot.Chat
			members  []int64
			outsider bool
			want     []string
		}{
			{bot.Chat{Type: "P"}, []int64{one}, false, []string{"everywhere", "Guest", "zoom"}},
			{bot.Chat{Type: "C"}, []int64{one, other}, false, []string{"everywhere", "Guest", "here", "zoom"}},
			{bot.Chat{Type: "P"}, nil, false, []string{"everywhere"}},
			{bot.Chat{Type: "C"}, []int64{one, other}, true, []string{"Guest"}},
			{bot.Chat{Type: "L", EntityType: "LINES"}, []int64{one}, false, nil},
		} {
			found, err := s.Offered(t.Context(), c.chat, c.members, c.outsider)
			must(t, err)
			var names []string
			for _, f := range found {
				names = append(names, f.Name)
			}
			if !slices.Equal(names, c.want) {
				t.Errorf("%+v with %v: %q, want %q", c.chat.Type, c.members, names, c.want)
			}
		}
	})
}
