package bot_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/phpform"
)

// form writes data as the pairs of a form, one level, or a part of it by its path.
func form(d event.Delivery, path ...string) string {
	v := d.Data
	for _, key := range path {
		v, _ = v.Get(key)
	}
	return pairs(v)
}

func pairs(v phpform.Value) string {
	var out []string
	for _, e := range v.Entries() {
		if e.Value.IsArray() {
			out = append(out, e.Key+"={"+pairs(e.Value)+"}")
			continue
		}
		out = append(out, e.Key+"="+e.Value.Text())
	}
	return strings.Join(out, " ")
}

// tell runs f in a transaction and returns what was delivered.
func tell(t *testing.T, d *db.DB, o *office, f func(tx *db.Tx) error) []event.Delivery {
	t.Helper()
	o.taken()
	if err := d.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	return o.taken()
}

func private(botID, person int64) bot.Chat {
	return bot.Chat{ID: 40, Type: "P", UserA: person, UserB: botID, MemberCount: 2}
}

func TestWhoHears(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	s, o := setup(t, d)
	ids := map[string]int64{}
	for _, kind := range []bot.Type{bot.Standard, bot.Human, bot.Supervisor, bot.OpenLine} {
		ids[string(kind)] = register(t, s, registration(string(kind), kind))
	}
	hybrid := registration("hybrid", bot.Standard)
	hybrid.OpenLine = true
	ids["hybrid"] = register(t, s, hybrid)
	all := []int64{ids["B"], ids["H"], ids["S"], ids["O"], ids["hybrid"]}

	group := bot.Chat{ID: 41, Type: "C"}
	lines := bot.Chat{ID: 42, Type: "L", EntityType: "LINES"}
	said := bot.Message{ID: 1, AuthorID: ann, SenderID: ann, Text: "hi"}
	noted := bot.Message{ID: 1, SenderID: ann, Text: "Ann left", System: true}
	for name, c := range map[string]struct {
		e    bot.MessageEvent
		want string
	}{
		"private":          {bot.MessageEvent{Chat: private(ids["B"], ann), Message: said, BotIDs: all[:1]}, "B"},
		"private, O":       {bot.MessageEvent{Chat: private(ids["O"], ann), Message: said, BotIDs: all[3:4]}, ""},
		"private, system":  {bot.MessageEvent{Chat: private(ids["B"], ann), Message: noted, BotIDs: all[:1]}, ""},
		"group":            {bot.MessageEvent{Chat: group, Message: said, BotIDs: all}, "S"},
		"group, system":    {bot.MessageEvent{Chat: group, Message: noted, BotIDs: all}, "S"},
		"group, mentioned": {bot.MessageEvent{Chat: group, Message: said, BotIDs: all, Mentioned: []int64{ids["H"]}}, "H S"},
		"group, all of them": {
			bot.MessageEvent{Chat: group, Message: said, BotIDs: all, Mentioned: all}, "B H S hybrid",
		},
		"not a member":  {bot.MessageEvent{Chat: group, Message: said, BotIDs: nil, Mentioned: all}, ""},
		"open channel":  {bot.MessageEvent{Chat: lines, Message: said, BotIDs: all}, "S O hybrid"},
		"unknown bot":   {bot.MessageEvent{Chat: group, Message: said, BotIDs: []int64{4444}, Mentioned: []int64{4444}}, ""},
		"from a bot":    {bot.MessageEvent{Chat: group, Message: bot.Message{AuthorID: ids["B"], SenderID: ids["B"]}, BotIDs: all[1:]}, "S"},
		"system, a bot": {bot.MessageEvent{Chat: group, Message: bot.Message{SenderID: ids["B"], System: true}, BotIDs: all}, ""},
	} {
		c.e.ActorID = c.e.Message.SenderID
		got := tell(t, d, o, func(tx *db.Tx) error { return s.MessageAddedTx(t.Context(), tx, c.e) })
		var names []string
		for _, x := range got {
			bots, _ := x.Data.Get("BOT")
			if len(bots.Entries()) != 1 || bots.Entries()[0].Key != strconv.FormatInt(x.BotID, 10) || x.AppID != 3 || x.URL != hook {
				t.Errorf("%s: delivery %+v", name, x)
			}
			code, _ := bots.Index(0).Get("BOT_CODE")
			names = append(names, code.Text())
			wantUser := c.e.Message.AuthorID
			if wantUser == ids["B"] {
				wantUser = x.BotID // nobody acts as another's bot
			}
			if x.UserID != wantUser {
				t.Errorf("%s: signed for %d, want %d", name, x.UserID, wantUser)
			}
		}
		if strings.Join(names, " ") != c.want {
			t.Errorf("%s: %v hear, want %s", name, names, c.want)
		}
	}
}

func TestHumanTypes(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	s, o := setup(t, d)
	id := register(t, s, registration("human", bot.Human))
	e := bot.MessageEvent{
		Chat: private(id, ann), Message: bot.Message{AuthorID: ann, SenderID: ann, Text: "hi"}, BotIDs: []int64{id}, ActorID: ann,
	}
	tell(t, d, o, func(tx *db.Tx) error { return s.MessageAddedTx(t.Context(), tx, e) })
	select {
	case got := <-o.typed:
		if got != [2]int64{id, 40} {
			t.Errorf("%v types, want %d in chat 40", got, id)
		}
	case <-time.After(60 * time.Second):
		t.Error("the bot is not seen to type")
	}
}

func TestPrivateMessage(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, o := setup(t, d)
		id := register(t, s, registration("one", bot.Standard))
		uuid := "796c45aa-70e5-45aa-930c-c7fb32710c62"
		e := bot.MessageEvent{
			Chat: private(id, ann), BotIDs: []int64{id}, ActorID: ann,
			Message: bot.Message{ID: 9, AuthorID: ann, SenderID: ann, Text: "what is [b]burning[/b]", UUID: uuid, Date: noon},
		}
		got := tell(t, d, o, func(tx *db.Tx) error { return s.MessageAddedTx(t.Context(), tx, e) })
		if len(got) != 1 || got[0].Name != "ONIMBOTMESSAGEADD" {
			t.Fatalf("delivered %+v", got)
		}
		want := fmt.Sprintf("BOT={%d={client_id=local.3 BOT_ID=%d BOT_CODE=one}} PARAMS={MESSAGE=what is [b]burning[/b] TEMPLATE_ID=%s "+
			"MESSAGE_TYPE=P FROM_USER_ID=7 DIALOG_ID=7 TO_CHAT_ID=40 AUTHOR_ID=7 SYSTEM=N TO_USER_ID=%d CHAT_TYPE=P "+
			"PUSH=Y PUSH_IMPORTANT=N RECENT_SKIP_AUTHOR=N CONVERT=N SKIP_COMMAND=N SKIP_COUNTER_INCREMENTS=N SILENT_CONNECTOR=N "+
			"SKIP_CONNECTOR=N IMPORTANT_CONNECTOR=N NO_SESSION_OL=N FAKE_RELATION=0 SKIP_URL_INDEX=N CHAT_USER_COUNT=2 MESSAGE_ID=9 LANGUAGE=en} "+
			"USER={ID=7 NAME=Ann Lee FIRST_NAME=Ann LAST_NAME=Lee WORK_POSITION=Sales GENDER=F "+
			"IS_BOT=N IS_CONNECTOR=N IS_NETWORK=N IS_EXTRANET=N}", id, id, uuid, id)
		if got := form(got[0]); got != want {
			t.Errorf("data\n%s\nwant\n%s", got, want)
		}
	})
}

func TestGroupMessage(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	s, o := setup(t, d)
	id := register(t, s, registration("one", bot.Standard))
	original := fmt.Sprintf("[USER=%d]Robo[/USER], ask [USER=8]Bo[/USER] [user=%d replace]me[/user]", id, id)
	e := bot.MessageEvent{
		Chat: bot.Chat{
			ID: 41, Type: "C", Title: "Brown Chat", OwnerID: 8, EntityType: "TASKS", EntityID: "5", ColorCode: "BROWN", CanPost: "member", Avatar: "5f1c",
			Extranet: true, MemberCount: 3,
		},
		Message: bot.Message{ID: 9, AuthorID: 8, SenderID: 8, Text: original, NoPreview: true},
		BotIDs:  []int64{id}, Mentioned: []int64{id, 8}, ActorID: 8, PrevMessageID: 6, ManagerIDs: []int64{7, 8},
	}
	got := tell(t, d, o, func(tx *db.Tx) error { return s.MessageAddedTx(t.Context(), tx, e) })
	want := fmt.Sprintf("MESSAGE=ask [USER=8]Bo[/USER] TEMPLATE_ID= MESSAGE_TYPE=C FROM_USER_ID=8 DIALOG_ID=chat41 TO_CHAT_ID=41 "+
		"AUTHOR_ID=8 SYSTEM=N TO_USER_ID=%[1]d CHAT_TYPE=C CHAT_ID=41 CHAT_TITLE=Brown Chat CHAT_AUTHOR_ID=8 CHAT_AVATAR=5f1c "+
		"CHAT_COLOR=BROWN CHAT_ENTITY_TYPE=TASKS CHAT_ENTITY_ID=5 CHAT_ENTITY_DATA_1= CHAT_ENTITY_DATA_2= CHAT_ENTITY_DATA_3= "+
		"CHAT_EXTRANET=Y CHAT_PREV_MESSAGE_ID=6 CHAT_CAN_POST=MEMBER MESSAGE_ORIGINAL=%[2]s RID=8 IS_MANAGER=Y MENTIONED_LIST={%[1]d=%[1]d 8=8} "+
		"PUSH=Y PUSH_IMPORTANT=N RECENT_SKIP_AUTHOR=N CONVERT=N SKIP_COMMAND=N SKIP_COUNTER_INCREMENTS=N SILENT_CONNECTOR=N "+
		"SKIP_CONNECTOR=N IMPORTANT_CONNECTOR=N NO_SESSION_OL=N FAKE_RELATION=0 SKIP_URL_INDEX=Y CHAT_USER_COUNT=3 MESSAGE_ID=9 LANGUAGE=en", id, original)
	if len(got) != 1 || form(got[0], "PARAMS") != want {
		t.Errorf("PARAMS\n%s\nwant\n%s", form(got[0], "PARAMS"), want)
	}
	if user := form(got[0], "USER"); !strings.Contains(user, "NAME=Bo ") || !strings.HasSuffix(user, "IS_EXTRANET=Y") {
		t.Errorf("USER %s", user)
	}
}

func TestChangedMessages(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	s, o := setup(t, d)
	id := register(t, s, registration("boss", bot.Supervisor))
	deaf := register(t, s, registration("deaf", bot.Standard)) // has no handlers for changes
	e := bot.MessageEvent{
		Chat:    bot.Chat{ID: 41, Type: "O", OwnerID: 8, MemberCount: 4},
		Message: bot.Message{ID: 9, AuthorID: ann, SenderID: ann, Text: "new", Date: time.Date(2026, 2, 26, 9, 27, 30, 0, time.UTC)},
		BotIDs:  []int64{id, deaf}, Mentioned: []int64{deaf}, ActorID: 8,
	}
	got := tell(t, d, o, func(tx *db.Tx) error { return s.MessageUpdatedTx(t.Context(), tx, e) })
	shared := "MESSAGE_TYPE=O CHAT_AUTHOR_ID=8 CHAT_ENTITY_TYPE= CHAT_ENTITY_ID= CHAT_ENTITY_DATA_1= CHAT_ENTITY_DATA_2= " +
		"CHAT_ENTITY_DATA_3= DIALOG_ID=chat41 MESSAGE_ID=9 CHAT_TYPE=O LANGUAGE=en"
	want := fmt.Sprintf("ID=9 CHAT_ID=41 AUTHOR_ID=7 MESSAGE=new %s CHAT_USER_COUNT=4 TO_USER_ID=%[2]d MESSAGE_ORIGINAL=new "+
		"MENTIONED_LIST={%[2]d=%[2]d}", shared, deaf)
	if len(got) != 1 || got[0].Name != "ONIMBOTMESSAGEUPDATE" || got[0].URL != hook+"?e=update" || got[0].UserID != 8 ||
		form(got[0], "PARAMS") != want {
		t.Errorf("delivered %+v\n%s\nwant\n%s", got, form(got[0], "PARAMS"), want)
	}
	e.Message.Text = ""
	got = tell(t, d, o, func(tx *db.Tx) error { return s.MessageDeletedTx(t.Context(), tx, e) })
	want = "ID=9 CHAT_ID=41 AUTHOR_ID=7 MESSAGE=Message from 02/26/2026 09:27:30 has been deleted " + shared
	if len(got) != 1 || got[0].Name != "ONIMBOTMESSAGEDELETE" || got[0].URL != hook+"?e=delete" || form(got[0], "PARAMS") != want {
		t.Errorf("delivered %+v\n%s\nwant\n%s", got, form(got[0], "PARAMS"), want)
	}
	if user := form(got[0], "USER"); !strings.HasPrefix(user, "ID=7 NAME=Ann Lee ") {
		t.Errorf("USER %s", user)
	}
	e.Chat = private(id, ann)
	got = tell(t, d, o, func(tx *db.Tx) error { return s.MessageDeletedTx(t.Context(), tx, e) })
	if p := form(got[0], "PARAMS"); !strings.Contains(p, fmt.Sprintf("FROM_USER_ID=7 TO_USER_ID=%d DIALOG_ID=7 ", id)) ||
		strings.Contains(p, "CHAT_ENTITY_TYPE") {
		t.Errorf("in private: %s", p)
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, o := setup(t, d)
		id := register(t, s, registration("one", bot.Standard))
		line := register(t, s, registration("line", bot.OpenLine))
		group := bot.Chat{ID: 41, Type: "C", OwnerID: 8, EntityType: "TASKS", EntityID: "5"}
		lines := bot.Chat{ID: 42, Type: "L", EntityType: "LINES", EntityID: "x|1"}
		about := "USER={ID=7 NAME=Ann Lee FIRST_NAME=Ann LAST_NAME=Lee WORK_POSITION=Sales GENDER=F}"
		who := fmt.Sprintf("BOT={%d={client_id=local.3 BOT_ID=%d BOT_CODE=one}} ", id, id)
		inPrivate := who + fmt.Sprintf("PARAMS={CHAT_TYPE=P MESSAGE_TYPE=P BOT_ID=%[1]d USER_ID=7 TO_USER_ID=7 FROM_USER_ID=%[1]d "+
			"DIALOG_ID=7 LANGUAGE=en} ", id) + about
		inGroup := who + fmt.Sprintf("PARAMS={CHAT_TYPE=C MESSAGE_TYPE=C BOT_ID=%d USER_ID=7 CHAT_ID=41 CHAT_AUTHOR_ID=8 "+
			"CHAT_ENTITY_TYPE=TASKS CHAT_ENTITY_ID=5 ACCESS_HISTORY=1 DIALOG_ID=chat41 LANGUAGE=en} ", id) + about
		for name, c := range map[string]struct {
			e      bot.JoinEvent
			want   string // its beginning; empty: nobody is told
			userID int64
		}{
			"private":        {bot.JoinEvent{Chat: private(id, ann), BotID: id, ActorID: ann}, inPrivate, ann},
			"by itself":      {bot.JoinEvent{Chat: private(id, ann), BotID: id, ActorID: id}, inPrivate, id},
			"by nobody":      {bot.JoinEvent{Chat: private(id, ann), BotID: id}, inPrivate, 0},
			"two bots":       {bot.JoinEvent{Chat: private(id, line), BotID: id, ActorID: line}, "", 0},
			"group":          {bot.JoinEvent{Chat: group, BotID: id, ActorID: ann, History: true}, inGroup, ann},
			"O in a group":   {bot.JoinEvent{Chat: group, BotID: line, ActorID: ann}, "", 0},
			"O in private":   {bot.JoinEvent{Chat: private(line, ann), BotID: line, ActorID: ann}, "", 0},
			"O in a channel": {bot.JoinEvent{Chat: lines, BotID: line, ActorID: ann}, fmt.Sprintf("BOT={%d={", line), ann},
			"unknown":        {bot.JoinEvent{Chat: group, BotID: 4444, ActorID: ann}, "", 0},
		} {
			got := tell(t, d, o, func(tx *db.Tx) error { return s.ChatJoinedTx(t.Context(), tx, c.e) })
			if c.want == "" {
				if len(got) != 0 {
					t.Errorf("%s: delivered %+v", name, got)
				}
				continue
			}
			if len(got) != 1 || got[0].Name != "ONIMBOTJOINCHAT" || got[0].UserID != c.userID || !strings.HasPrefix(form(got[0]), c.want) {
				t.Errorf("%s: delivered %+v\n%s\nwant\n%s", name, got, form(got[0]), c.want)
			}
		}
	})
}
