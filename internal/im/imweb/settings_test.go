package imweb_test

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/im"
)

func TestSettingsOfAGroup(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2)
	form := "/online/settings?chat=" + num(g.ID)
	b.anna.get(form).is(http.StatusOK).has(`value="Spring"`, "Who writes", `name="color" value="AZURE"`)
	b.ben.get(form).is(http.StatusOK).has(`value="Spring"`).lacks("Who writes") // members change its looks, the owner its rules
	b.cleo.get(form).is(http.StatusNotFound)

	change := []string{"chat", num(g.ID), "title", "Spring & summer", "description", "All about <it>", "color", "AZURE", "can_post", "owner"}
	b.anna.post("/online/settings", change...).is(http.StatusSeeOther)
	b.anna.get("/online/chat"+num(g.ID)).has("Spring &amp; summer", "All about &lt;it&gt;", "--hue:#", "data-composer")
	b.ben.get("/online/chat" + num(g.ID)).has("You cannot write in this chat.").lacks("data-composer")
	b.ben.fetch("/online/send", "dialog", "chat"+num(g.ID), "text", "x").is(http.StatusForbidden)
	b.ben.fetch("/online/settings", "chat", num(g.ID), "can_post", "member").is(http.StatusForbidden)
	b.anna.post("/online/settings", "chat", num(g.ID), "title", " ").is(http.StatusUnprocessableEntity).has("Give the chat a name.")
	b.cleo.fetch("/online/settings", "chat", num(g.ID), "title", "Mine").is(http.StatusForbidden)
	b.anna.get("/online/settings?chat=" + num(b.private(1, 2).ID)).is(http.StatusNotFound)
}

func TestPictureOfAGroup(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2)
	send := func(picture []byte) answer {
		t.Helper()
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		_ = m.WriteField("chat", num(g.ID))
		f, err := m.CreateFormFile("picture", "x.png")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.Write(picture)
		_ = m.Close()
		return b.anna.send("/online/settings", m.FormDataContentType(), &body)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 40))); err != nil {
		t.Fatal(err)
	}
	send(picture.Bytes()).is(http.StatusSeeOther)
	m := regexp.MustCompile(`/online/avatar/\d+/[0-9a-f]+`).FindString(b.ben.get("/online/chat" + num(g.ID)).body)
	if m == "" {
		t.Fatal("the picture is not shown")
	}
	if a := b.ben.get(m).is(http.StatusOK); !strings.HasPrefix(a.header.Get("Content-Type"), "image/") {
		t.Errorf("it is %v", a.header)
	}
	send([]byte("<svg onload=alert(1)>")).is(http.StatusUnprocessableEntity)
	b.anna.post("/online/settings", "chat", num(g.ID), "no_picture", "on").is(http.StatusSeeOther)
	b.ben.get("/online/chat" + num(g.ID)).lacks("/online/avatar/")
}

func TestMembersOfAGroup(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2, 3)
	list := "/online/chat-members?chat=" + num(g.ID)
	b.anna.get(list).is(http.StatusOK).has("Owner", `name="what" value="manager"`, `name="what" value="remove"`)
	b.ben.get(list).is(http.StatusOK).lacks(`name="what" value="manager"`, `name="what" value="owner"`)
	b.anna.get(list+"&q=marsh").is(http.StatusOK).has("Change Cleo Marsh").lacks("Change Ben Ode", "Further members")
	b.anna.get(list + "&q=report").is(http.StatusOK).has("No member found for “report”.")
	b.ben.get("/online/people?chat=" + num(g.ID) + "&q=").is(http.StatusOK).has("Report Bot").lacks("Cleo Marsh")
	act := func(who person, user int64, what string) answer {
		return who.fetch("/online/member", "chat", num(g.ID), "user", num(user), "what", what)
	}
	act(b.ben, 3, "manager").is(http.StatusForbidden)
	act(b.anna, 2, "manager").is(http.StatusOK)
	b.cleo.get(list).has("Manager")
	act(b.anna, 2, "member").is(http.StatusOK)
	b.cleo.get(list).lacks(">Manager<")
	act(b.anna, 3, "remove").is(http.StatusOK)
	b.cleo.get(list).is(http.StatusNotFound)
	act(b.anna, 2, "owner").is(http.StatusOK)
	b.ben.get(list).has(`name="what" value="manager"`)
	act(b.ben, 1, "explode").is(http.StatusUnprocessableEntity)
}

func TestChannels(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	to := b.anna.post("/online/group", "title", "News", "kind", "open-channel").is(http.StatusSeeOther).header.Get("Location")
	b.anna.get(to).is(http.StatusOK).has("Open channel", "data-composer")
	b.ben.get(to).is(http.StatusNotFound)
	b.ben.get("/online/channels?q=new").is(http.StatusOK).has("News", "Channel · 1 member", `action="/online/join"`)
	id := strings.TrimPrefix(to, "/online/chat")
	b.ben.post("/online/join", "chat", id).is(http.StatusSeeOther)
	b.ben.get(to).is(http.StatusOK).has("Only the managers write in this channel.").lacks("data-composer")
	b.ben.get("/online/channels").lacks(`action="/online/join"`)
	closed := b.group("Salaries", 1)
	b.ben.get("/online/channels").lacks("Salaries")
	b.ben.fetch("/online/join", "chat", num(closed.ID)).is(http.StatusNotFound)
	b.anna.post("/online/group", "title", "Empty", "kind", "group").is(http.StatusUnprocessableEntity).has("Choose at least one person.")
}

func TestALockedFieldSaysWhy(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	c := b.private(1, b.bot)
	b.send(im.NewMessage{ChatID: c.ID, AuthorID: b.bot, Text: "Choose"})
	if err := b.im.SetTextField(t.Context(), c.ID, false); err != nil {
		t.Fatal(err)
	}
	b.anna.get("/online/" + num(b.bot)).is(http.StatusOK).has("Report Bot has closed the field").lacks("data-composer")
	if err := b.im.SetTextField(t.Context(), c.ID, true); err != nil {
		t.Fatal(err)
	}
	b.anna.get("/online/" + num(b.bot)).has("data-composer")
}

func TestAChatIsMarkedAsUnread(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	c := b.private(1, 2)
	b.say(c.ID, 1, "mine")
	b.anna.get("/online/2").has(`name="what" value="unread"`)
	b.anna.get("/online/recent").lacks("Marked as unread")
	b.anna.post("/online/mark", "chat", num(c.ID), "dialog", "2", "what", "unread", "on", "1").is(http.StatusSeeOther)
	b.anna.get("/online/recent").has("Marked as unread")
	b.anna.fetch("/online/read", "chat", num(c.ID)).is(http.StatusOK)
	b.anna.get("/online/recent").lacks("Marked as unread")
}
