package bot_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// TestCodesAreOfThePortal has a code belong to one bot, whosever it is and of whichever generation.
func TestCodesAreOfThePortal(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, o := setup(t, d)
		ctx := t.Context()
		first := register(t, s, registration("shop", bot.Standard))
		foreign := registration("shop", bot.Standard)
		foreign.Owner = theirs
		refused := func(err error, text string) {
			t.Helper()
			wantFault(t, err, "WRONG_REQUEST", text)
			if field := fault.Of(err).Field; field != "CODE" {
				t.Errorf("the fault is at %q", field)
			}
		}
		_, err := s.Register(ctx, foreign)
		refused(err, "Bot can't be created")
		_, err = s.RegisterSecond(ctx, second(theirs, "shop"))
		wantCode(t, err, "BOT_CODE_ALREADY_TAKEN")
		b, err := s.RegisterSecond(ctx, second(theirs, "stock"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Register(ctx, registration("stock", bot.Standard))
		refused(err, "Bot can't be created")
		refused(s.Update(ctx, mine, bot.Update{BotID: first, Code: "stock"}), "Bot can't be updated")
		if got, err := s.Get(ctx, first); err != nil || got.Code != "shop" || len(o.announced) != 2 {
			t.Errorf("the first bot is %+v, %v; announced %q", got, err, o.announced)
		}

		// From before codes were unique in the portal: each owner goes on with their own.
		foreign.Code = "old"
		other := register(t, s, foreign)
		err = d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE bot SET code = 'shop' WHERE user_id = ?", other)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s = newService(d, o, nil)
		foreign.Code = "shop"
		if id := register(t, s, foreign); id != other {
			t.Errorf("the other application got the bot %d, had %d", id, other)
		}
		if id := register(t, s, registration("shop", bot.Standard)); id != first {
			t.Errorf("the first application got the bot %d, had %d", id, first)
		}
		if got, err := s.Find(ctx, 0, "shop"); err != nil || got.ID != first {
			t.Errorf("by its code is found %+v, %v", got, err)
		}
		if got, err := s.Find(ctx, b.ID, ""); err != nil || got.Second == nil {
			t.Errorf("by its id is found %+v, %v", got, err)
		}
	})
}

// TestBotsOfAnApplicationShareHandlers has a further bot name the handlers of the first; a bot that is there may be moved.
func TestBotsOfAnApplicationShareHandlers(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, _ := setup(t, d)
		register(t, s, registration("one", bot.Standard))
		for code, change := range map[string]func(h *bot.Handlers){
			"EVENT_MESSAGE_ADD_ERROR":     func(h *bot.Handlers) { h.MessageAdd = hook + "?2" },
			"EVENT_WELCOME_MESSAGE_ERROR": func(h *bot.Handlers) { h.Join = hook + "?2" },
			"EVENT_BOT_DELETE_ERROR":      func(h *bot.Handlers) { h.Delete = hook + "?2" },
		} {
			r := registration("two", bot.Standard)
			change(&r.Handlers)
			_, err := s.Register(t.Context(), r)
			wantFault(t, err, code, "Wrong handler URL")
		}
		two := registration("two", bot.Supervisor)
		two.Handlers.MessageUpdate = hook + "?update"
		id := register(t, s, two)
		moved := registration("one", bot.Standard)
		moved.Handlers = bot.Handlers{MessageAdd: hook + "?3", Join: hook + "?3", Delete: hook + "?3"}
		register(t, s, moved)
		two.Handlers = moved.Handlers
		if again := register(t, s, two); again != id {
			t.Errorf("registered again as %d, was %d", again, id)
		}
		three := registration("three", bot.Standard)
		three.Handlers = moved.Handlers
		register(t, s, three)
		elsewhere := registration("theirs", bot.Standard)
		elsewhere.Owner = theirs
		elsewhere.Handlers.MessageAdd = hook + "?theirs"
		register(t, s, elsewhere)
	})
}

// TestSecondGenerationSeesTheFirst works with a bot of imbot.register through imbot.v2.
func TestSecondGenerationSeesTheFirst(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, o := setup(t, d)
		ctx := t.Context()
		id := register(t, s, registration("human", bot.Human))
		b, err := s.Find(ctx, 0, "human")
		if err != nil || b.ID != id || b.AsSecond() != (bot.Second{Mode: bot.Webhook, WebhookURL: hook, Reactions: true}) {
			t.Errorf("found %+v as %+v, %v", b, b.AsSecond(), err)
		}
		for kind, want := range map[bot.Type]int{"": 1, bot.Standard: 1, bot.Supervisor: 0} {
			if list, err := s.SecondOf(ctx, mine, kind, 0, 10); err != nil || len(list) != want {
				t.Errorf("of the type %q there are %+v, %v", kind, list, err)
			}
		}
		if b, err = s.UpdateSecond(ctx, mine, bot.SecondUpdate{BotID: id, OpenLine: new(true), Profile: user.BotChange{FirstName: new("Grace")}}); err != nil ||
			!b.OpenLine || b.Second != nil || o.users[id].FirstName != "Grace" {
			t.Errorf("changed to %+v, %v", b, err)
		}
		_, err = s.UpdateSecond(ctx, mine, bot.SecondUpdate{BotID: id, Mode: new(bot.Fetch)})
		wantCode(t, err, "BOT_UPDATE_FAILED")
		_, err = s.RegisterSecondCommand(ctx, mine, bot.NewCommand{BotID: id, Name: "help", Help: []bot.Help{{Language: "en", Title: "Help"}}})
		wantCode(t, err, "COMMAND_REGISTER_FAILED")
		_, err = s.FindSecond(ctx, id)
		wantCode(t, err, "BOT_NOT_FOUND")
		_, err = s.OwnedSecond(ctx, theirs, id)
		wantCode(t, err, "BOT_OWNERSHIP_ERROR")
	})
}
