package openlinerest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
)

// told is what a test looks at of an answer of imopenlines.session.history.get.
type told struct {
	ChatID    int64  `json:"chatId"`
	CanJoin   string `json:"canJoin"`
	CanVote   string `json:"canVoteHead"`
	SessionID int64  `json:"sessionId"`
	Vote      int64  `json:"sessionVoteHead"`
	Comment   any    `json:"sessionCommentHead"`
	UserID    string `json:"userId"`
	Message   map[string]map[string]any
	Order     map[string][]string `json:"usersMessage"`
	Users     map[string]map[string]any
	Lines     struct {
		Vote map[string]bool `json:"canvoteashead"`
	} `json:"openlines"`
	Chat   map[string]map[string]any
	Block  map[string]map[string]bool `json:"userBlockChat"`
	InChat map[string][]int64         `json:"userInChat"`
	Files  any
}

func (d *desk) history(who, params string) (t told) {
	d.Helper()
	d.must(json.Unmarshal(d.result(who, "imopenlines.session.history.get", params), &t))
	return t
}

// texts are those of a conversation, the newest first.
func (t told) texts() (out []string) {
	for _, id := range t.Order[t.UserID] {
		out = append(out, fmt.Sprint(t.Message[id]["text"]))
	}
	return out
}

func TestTheHistoryOfAConversation(t *testing.T) {
	d := openDesk(t, nil)
	r := d.client("Vera", "[b]Hello[/b]")
	d.yes("ann", "imopenlines.operator.answer", chatOf(r))
	_, err := d.im.Send(d.Context(), message(r.ChatID, d.ann, "Hi Vera"))
	d.must(err)
	d.yes("ann", "imopenlines.operator.finish", chatOf(r))
	next := d.client("Vera", "Once more")
	d.yes("bob", "imopenlines.operator.answer", chatOf(next))

	first := d.history("boss", fmt.Sprintf(`{"SESSION_ID":"%d"}`, r.SessionID))
	if got := first.texts(); !slices.Equal(got, []string{"Hi Vera", "[b]Hello[/b]"}) {
		t.Errorf("the first conversation says %q", got)
	}
	if got := d.history("bob", chatOf(r)); !slices.Contains(got.texts(), "Once more") || slices.Contains(got.texts(), "Hi Vera") || got.SessionID != next.SessionID || got.CanJoin != "Y" || got.CanVote != "N" {
		t.Errorf("the second: %q of %+v", got.texts(), got)
	}
	if first.ChatID != r.ChatID || first.CanJoin != "N" || first.CanVote != "Y" || first.Vote != 0 || first.Comment != nil || first.UserID != fmt.Sprintf("chat%d", r.ChatID) ||
		!first.Lines.Vote[text(d.line.ID)] {
		t.Errorf("%+v", first)
	}
	hello := first.Message[text(r.MessageID)]
	want := map[string]any{
		"id": text(r.MessageID), "chatid": text(r.ChatID), "senderid": text(r.VisitorID), "recipientid": first.UserID,
		"date": "2026-05-04T10:00:01+00:00", "text": "[b]Hello[/b]", "textlegacy": "<b>Hello</b>", "params": []any{},
	}
	if fmt.Sprint(hello) != fmt.Sprint(want) {
		t.Errorf("the message is %v\nwant %v", hello, want)
	}
	vera, ann := first.Users[text(r.VisitorID)], first.Users[text(d.ann)]
	if vera["connector"] != true || vera["name"] != "Vera" || vera["externalAuthId"] != "imconnector" || ann["connector"] != false || ann["firstName"] != "Ann" ||
		ann["id"] != text(d.ann) || ann["profile"] != fmt.Sprintf("/company/personal/user/%d/", d.ann) {
		t.Errorf("people: %v\n%v", vera, ann)
	}
	for key := range strings.FieldsSeq("id name active firstName lastName workPosition color avatar avatarId birthday gender phoneDevice phones extranet network " +
		"bot connector profile externalAuthId status idle lastActivityDate mobileLastDate desktopLastDate departments absent type services botData") {
		if _, ok := ann[key]; !ok {
			t.Errorf("nothing is said of a person's %s", key)
		}
	}
	chat := first.Chat[text(r.ChatID)]
	if chat["id"] != text(r.ChatID) || chat["owner"] != strconv.FormatInt(d.bob, 10) || chat["entityType"] != "LINES" || chat["type"] != "lines" || chat["name"] != "Vera - Support" ||
		!strings.Contains(fmt.Sprint(chat["permissions"]), "manageUsersAdd:") {
		t.Errorf("the chat: %v", chat)
	}
	if got := first.InChat[text(r.ChatID)]; !slices.Equal(got, []int64{d.bob, r.VisitorID}) || len(first.Block[text(r.ChatID)]) != 2 {
		t.Errorf("in the chat: %v, %v", got, first.Block)
	}
}

func TestTheHistoryTellsOfFilesAndAttachments(t *testing.T) {
	d := openDesk(t, nil)
	r := d.client("Vera", "Look", 41, 42)
	d.yes("ann", "imopenlines.operator.answer", chatOf(r))
	var block phpform.Value
	d.must(block.UnmarshalJSON([]byte(`[{"GRID":[{"NAME":"Size","VALUE":"5","DISPLAY":"LINE"}]}]`)))
	a, err := attach.ParseAttach(block)
	d.must(err)
	m, err := d.im.Send(d.Context(), im.NewMessage{ChatID: r.ChatID, AuthorID: d.ann, Text: "So", Attach: a})
	d.must(err)
	got := d.history("ann", chatOf(r))
	files, _ := got.Files.(map[string]any)
	if f, _ := files["42"].(map[string]any); len(files) != 2 || f["urldownload"] != "https://portal.example/f" || f["chatid"] != float64(r.ChatID) {
		t.Errorf("files: %v", got.Files)
	}
	if p := fmt.Sprint(got.Message[strconv.FormatInt(r.MessageID, 10)]["params"]); p != "map[fileId:[41 42]]" {
		t.Errorf("params: %s", p)
	}
	if p := fmt.Sprint(got.Message[strconv.FormatInt(m.ID, 10)]["params"]); !strings.Contains(p, "display:LINE") || !strings.Contains(p, "attach:[map[blocks:") {
		t.Errorf("params: %s", p)
	}
}

func TestALongHistoryIsWhole(t *testing.T) {
	d := openDesk(t, nil)
	r := d.client("Vera", "0")
	for i := range 450 {
		r = d.client("Vera", strconv.Itoa(i+1))
	}
	got := d.history("ann", chatOf(r)).texts()
	if len(got) != 451 || got[0] != "450" || got[450] != "0" {
		t.Errorf("%d messages", len(got))
	}
}

func TestAHistoryThatNobodyMayRead(t *testing.T) {
	d := openDesk(t, nil)
	r := d.client("Vera", "Hello")
	const method = "imopenlines.session.history.get"
	for _, none := range []string{``, `{"SESSION_ID":""}`, `{"CHAT_ID":""}`} {
		d.no("boss", method, none, "MISSING_REQUIRED_PARAM", "Session ID or Chat ID must be provided")
	}
	for _, bad := range []string{`{"SESSION_ID":"chat1"}`, `{"SESSION_ID":0}`, `{"CHAT_ID":"chat1"}`, `{"CHAT_ID":4711}`} {
		d.no("boss", method, bad, "INVALID_SESSION_ID", "Unable to determine session ID from provided parameters")
	}
	d.no("boss", method, `{"SESSION_ID":4711}`, "ACCESS_DENIED", rights)
	d.no("eve", method, chatOf(r), "ACCESS_DENIED", rights)
	d.no("eve", method, fmt.Sprintf(`{"SESSION_ID":%d,"CHAT_ID":1}`, r.SessionID), "ACCESS_DENIED", rights)
}

func text(id int64) string { return strconv.FormatInt(id, 10) }
