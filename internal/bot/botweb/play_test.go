package botweb_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/user"
)

// allow gives Ben a role.
func (b *bench) allow(set access.Set) {
	b.t.Helper()
	anna := user.Ref{ID: b.anna.id, Admin: true, Access: access.Everything}
	role, err := b.Users.SaveRole(b.t.Context(), anna, user.Role{Name: "Developers", Access: set})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.Users.GiveRole(b.t.Context(), anna, role.ID, b.ben.id, true); err != nil {
		b.t.Fatal(err)
	}
}

func TestPlayground(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.handle(echo)
	page := fmt.Sprintf("/devops/bots/%d/", b.bot)
	b.ben.get(page + "play/").is(http.StatusForbidden)
	b.anna.get(page+"play/").is(http.StatusOK).has("Nothing was said yet", "Anna Berger (1)", "Ben Ode (2)").lacks("You talk as")
	b.anna.post(page+"play/save", "name", "empty").is(http.StatusUnprocessableEntity).has("Say something to the bot first")
	b.anna.post(page+"play/say", "text", " ").is(http.StatusUnprocessableEntity).has("Write something first.")

	talk := func(in string) string { return b.anna.get(page + "play/talk?in=" + in).is(http.StatusOK).body }
	b.anna.post(page+"play/say", "text", "hello [b]there[/b]").is(http.StatusSeeOther)
	eventually(t, "the bot answers", func() bool { return strings.Contains(talk("private"), "You said: hello") })
	b.Console.Flush()
	b.anna.get(page+"play/").has("hello <b>there</b>", "The bot answered", "ONIMBOTMESSAGEADD", "imbot.message.add", "heard in 1", "/devops/console/call/")

	// The keyboard of the greeting was shown before anything was said in the conversation: press it.
	body := talk("private")
	message := between(body, `name="message" value="`, `"`)
	b.anna.post(page+"play/press", "message", message, "button", "0").is(http.StatusSeeOther)
	eventually(t, "the command is answered", func() bool { return strings.Contains(talk("private"), "I repeat what you write.") })
	b.anna.post(page+"play/press", "message", message, "button", "7").is(http.StatusNotFound)

	// A group of its own: the bot hears because it is mentioned.
	b.anna.post(page+"play/say", "in", "group", "text", "in a group").is(http.StatusSeeOther)
	eventually(t, "the bot answers in the group", func() bool { return strings.Contains(talk("group"), "You said: in a group") })
	b.anna.post(page+"play/restart", "in", "group").is(http.StatusSeeOther)
	if got := talk("group"); !strings.Contains(got, "Nothing was said yet") {
		t.Errorf("begun anew, the conversation is %s", got)
	}
}

func TestPlaygroundAsAnother(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.handle(echo)
	page := fmt.Sprintf("/devops/bots/%d/", b.bot)
	b.anna.get(page+"play/?as="+id(b.ben.id)).is(http.StatusOK).has("You talk as Ben Ode.", "their own chat with the bot")
	b.anna.post(page+"play/say", "as", "Ben Ode ("+id(b.ben.id)+")", "text", "it is me").is(http.StatusSeeOther)
	eventually(t, "the bot answers", func() bool {
		return strings.Contains(b.anna.get(page+"play/talk?as="+id(b.ben.id)).body, "You said: it is me")
	})
	// Ben sees who it was, and the log knows.
	b.ben.get("/online/"+id(b.bot)).is(http.StatusOK).has("it is me", "talks to the bot here in the place of")
	b.anna.get("/settings/audit/").has("BOT_PLAYED_AS")
	b.mu.Lock()
	last := b.events[len(b.events)-1]
	b.mu.Unlock()
	if last.Get("data[PARAMS][FROM_USER_ID]") != id(b.ben.id) || last.Get("data[PARAMS][PLATFORM_CONTEXT]") != "web" {
		t.Errorf("the bot heard %v", last)
	}
	b.anna.get(page + "play/?as=4711").is(http.StatusOK).has("Choose a person who works here.").lacks("You talk as")
	b.anna.post(page+"play/say", "as", "nobody", "text", "x").is(http.StatusUnprocessableEntity).has("Choose a person who works here.", `value="x"`)
	b.anna.post(page+"play/say", "as", id(b.bot), "text", "x").is(http.StatusUnprocessableEntity)

	// Ben may test bots, and not become an administrator by it.
	b.allow(access.TestBots)
	b.ben.get(page + "play/").is(http.StatusOK).has("Ben Ode (" + id(b.ben.id) + ")").lacks("Anna Berger (")
	b.ben.post(page+"play/say", "as", id(b.anna.id), "text", "give me tokens").is(http.StatusUnprocessableEntity).has("You may not talk as this person")
	b.ben.post(page+"play/say", "text", "as myself").is(http.StatusSeeOther)
	b.ben.get(page+"play/talk").has("as myself").lacks("it is me", "/devops/console/call/") // he has no console
}

func TestDialogueTests(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.handle(echo)
	page := fmt.Sprintf("/devops/bots/%d/", b.bot)
	b.anna.post(page+"play/say", "text", "first").is(http.StatusSeeOther)
	eventually(t, "the bot answers", func() bool { return strings.Contains(b.anna.get(page+"play/talk").body, "You said: first") })
	to := b.anna.post(page+"play/save", "name", "Says it again").is(http.StatusSeeOther).to
	b.anna.post(page+"play/save", "name", "Says it again").is(http.StatusUnprocessableEntity).has("Another test of this bot has this name.")
	b.anna.get(to).is(http.StatusOK).has("&#34;say&#34;: &#34;first&#34;", "You said: first", "heard in 1", "Never run")
	b.anna.get(page+"play/").has("Says it again", "Never run")

	b.anna.post(to + "run").is(http.StatusSeeOther)
	b.anna.get(to).has("Passed", "say &#34;first&#34;").lacks("Never run")

	script := `{"name":"Says it again","bot":"echo","steps":[{"say":"one","expect":[{"text":"You said: *","attach":"*"}]},
		{"say":"two","expect":[{"text":"You said: three","attach":[{"BLOCKS":[{"MESSAGE":"heard in *"}]}]}]}]}`
	b.anna.post(to+"save", "script", script).is(http.StatusSeeOther)
	b.anna.post(to + "run").is(http.StatusSeeOther)
	b.anna.get(to).has("Failed", "- You said: three", "&#43; You said: two", "say &#34;one&#34;")
	b.anna.post(to+"save", "script", `{"bot":"echo"}`).is(http.StatusUnprocessableEntity).has("&#34;steps&#34; are missing", `{&#34;bot&#34;:&#34;echo&#34;}`)
	if got := b.anna.get(to + "file").is(http.StatusOK).body; !strings.Contains(got, `"say": "two"`) {
		t.Errorf("exported %s", got)
	}
	b.handle(func(*bench, url.Values) (int, string) { return http.StatusInternalServerError, "broken" })
	b.anna.post(to+"save", "script", `{"name":"Short","bot":"echo","within":0.5,"steps":[{"say":"one","expect":[{"text":"*","attach":"*"}]}]}`).is(http.StatusSeeOther)
	b.anna.post(to + "run").is(http.StatusSeeOther)
	b.anna.get(to).has("Failed", "answer 1 is missing", "The handler answered 500 to ONIMBOTMESSAGEADD: broken")
	b.anna.post(to + "delete").is(http.StatusSeeOther)
	b.anna.get(to).is(http.StatusNotFound)
	b.ben.get(to).is(http.StatusForbidden)
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}
