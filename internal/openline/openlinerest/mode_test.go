package openlinerest_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

func TestPins(t *testing.T) {
	d := openDesk(t, func(l *line.Line) { l.Distribution, l.AutoCloseTime = line.Strictly, time.Hour })
	a, b := d.client("Vera", "Hello"), d.client("Max", "Hello")
	third := d.client("Zoe", "Hello")
	for _, r := range []openline.Received{a, b} {
		d.yes("ann", "imopenlines.operator.answer", chatOf(r))
	}
	d.yes("bob", "imopenlines.operator.answer", chatOf(third))
	d.yes("ann", "imopenlines.session.mode.pin", chatOf(a))
	if data := d.data(a); strings.Split(data, "|")[3] != "Y" {
		t.Errorf("pinned: %s", data)
	}
	d.want("ann", "imopenlines.session.mode.pinAll", ``, fmt.Sprintf(`200 {"result":[%d]`, b.SessionID))
	d.want("ann", "imopenlines.session.mode.pinAll", ``, `200 {"result":[]`)
	d.yes("ann", "imopenlines.session.mode.pin", with(a, `"ACTIVATE":"N"`))
	d.want("ann", "imopenlines.session.mode.unpinAll", ``, fmt.Sprintf(`200 {"result":[%d]`, b.SessionID))
	d.want("ann", "imopenlines.session.mode.unpinAll", ``, `200 {"result":[]`)
	if data := d.data(b); strings.Split(data, "|")[3] != "N" {
		t.Errorf("not pinned: %s", data)
	}

	// What is pinned to its operator is not ended because the client is silent.
	d.yes("ann", "imopenlines.session.mode.pin", chatOf(a))
	for _, r := range []openline.Received{a, b} {
		_, err := d.im.Send(d.Context(), message(r.ChatID, d.ann, "Hello"))
		d.must(err)
	}
	d.clock.Advance(2 * time.Hour)
	_, err := d.talks.FireDue(d.Context())
	d.must(err)
	d.is(a.ChatID, openline.StateActive, d.ann)
	d.is(b.ChatID, openline.StateClosed, d.ann)
	d.no("ann", "imopenlines.session.mode.pin", chatOf(b), "ACCESS_DENIED", "The conversation is over.")
}

// data is what is kept with a chat for applications.
func (d *desk) data(r openline.Received) string {
	d.Helper()
	var v struct {
		Data string `json:"entity_data_1"`
	}
	d.must(json.Unmarshal(d.result("boss", "imopenlines.dialog.get", chatOf(r)), &v))
	return v.Data
}

func TestSilentMode(t *testing.T) {
	d := openDesk(t, nil)
	r := d.client("Vera", "Hello")
	d.yes("ann", "imopenlines.operator.answer", chatOf(r))
	say := func(text string) {
		_, err := d.im.Send(d.Context(), message(r.ChatID, d.ann, text))
		d.must(err)
	}
	d.yes("ann", "imopenlines.session.mode.silent", with(r, `"ACTIVATE":"Y"`))
	say("Between us")
	d.yes("ann", "imopenlines.session.mode.silent", with(r, `"ACTIVATE":"whatever"`))
	say("Hi Vera")
	if fmt.Sprint(d.Said) != "[Ann Weber: Hi Vera]" {
		t.Errorf("went out: %q", d.Said)
	}
}

func TestHeadVote(t *testing.T) {
	d := openDesk(t, nil)
	r := d.client("Vera", "Hello")
	vote := func(more string) string { return fmt.Sprintf(`{"SESSION_ID":%d%s}`, r.SessionID, more) }
	const method = "imopenlines.session.head.vote"
	d.yes("ann", "imopenlines.operator.answer", chatOf(r))
	for _, bad := range []string{`{}`, `{"SESSION_ID":0,"RATING":5}`, `{"SESSION_ID":"x","RATING":5}`} {
		d.no("boss", method, bad, "EMPTY_SESSION_ID", "Session ID can't be empty")
	}
	d.no("boss", method, vote(``), "EMPTY_VOTE_PARAMS", "At least one of the parameters RATING or COMMENT must be specified")
	d.no("boss", method, vote(`,"RATING":5`), "ACCESS_DENIED", rights) // it goes on
	d.yes("ann", "imopenlines.operator.finish", chatOf(r))
	d.no("ann", method, vote(`,"RATING":5`), "ACCESS_DENIED", rights)
	d.no("bob", method, vote(`,"RATING":5`), "ACCESS_DENIED", rights)
	d.no("boss", method, `{"SESSION_ID":4711,"RATING":5}`, "ACCESS_DENIED", rights)
	for _, bad := range []string{`0`, `6`, `"good"`, `""`} {
		d.want("boss", method, vote(`,"RATING":`+bad), `400 {"error":"RATING","error_description":"The rating is a number from 1 to 5.","argument":"RATING"}`)
	}
	d.yes("boss", method, vote(`,"RATING":"4"`))
	d.yes("boss", method, vote(`,"COMMENT":"Quick and kind"`))
	v, err := d.talks.Get(d.Context(), r.SessionID)
	d.must(err)
	if v.HeadVote != 4 || v.HeadComment != "Quick and kind" || v.HeadID != d.boss {
		t.Errorf("kept %+v", v)
	}
}

func TestAChatIsFoundByItsCode(t *testing.T) {
	d := openDesk(t, nil)
	r := d.client("Vera", "Hello")
	want := fmt.Sprintf(`200 {"result":{"chatId":"%d"}`, r.ChatID)
	for _, client := range []string{"Vera", strconv.FormatInt(r.VisitorID, 10)} {
		code := fmt.Sprintf(`{"USER_CODE":"site|%d|chat|Vera|%s"}`, d.line.ID, client)
		d.want("ann", "imopenlines.session.open", code, want)
		d.no("eve", "imopenlines.session.open", code, "ACCESS_DENIED", because)
	}
	for _, code := range []string{"", "site", "site|1", "site|1|chat|Vera", "site|x|chat|Vera|Vera", "other|1|chat|Vera|Vera", "site|1|chat|Vera|Max", "|||"} {
		d.no("boss", "imopenlines.session.open", `{"USER_CODE":"`+code+`"}`, "ACCESS_DENIED", because)
	}
}

func TestADialogIsDescribed(t *testing.T) {
	d := openDesk(t, nil)
	r := d.client("Vera", "Hello")
	code := fmt.Sprintf("site|%d|chat|Vera|%d", d.line.ID, r.VisitorID)
	var first string
	for _, params := range []string{
		chatOf(r), fmt.Sprintf(`{"DIALOG_ID":"chat%d"}`, r.ChatID), fmt.Sprintf(`{"SESSION_ID":%d}`, r.SessionID), `{"USER_CODE":"` + code + `"}`,
	} {
		got := string(d.result("boss", "imopenlines.dialog.get", params))
		if first == "" {
			first = got
		}
		if got != first {
			t.Errorf("%s: %s\nwant %s", params, got, first)
		}
		d.no("eve", "imopenlines.dialog.get", params, "ACCESS_ERROR", "You do not have access to the specified dialog")
	}
	var v map[string]any
	d.must(json.Unmarshal([]byte(first), &v))
	data := fmt.Sprintf("N|NONE|0|N|Y|%d|%d|0|0|0", r.SessionID, d.clock.Now().Unix())
	for key, want := range map[string]any{
		"id": float64(r.ChatID), "dialog_id": fmt.Sprintf("chat%d", r.ChatID), "type": "lines", "message_type": "L", "entity_type": "LINES", "entity_id": code,
		"entity_data_1": data, "entity_data_2": "LEAD|0|COMPANY|0|CONTACT|0|DEAL|0", "entity_data_3": "N", "name": "Vera - Support", "role": "none",
		"counter": float64(0), "message_count": float64(1), "last_message_id": float64(r.MessageID),
	} {
		if v[key] != want {
			t.Errorf("%s: %v, want %v", key, v[key], want)
		}
	}
	if managers, ok := v["manager_list"].([]any); !ok || len(managers) != 0 {
		t.Errorf("manager_list is %v, want an empty list", v["manager_list"])
	}
	for _, bad := range []string{`{}`, `{"CHAT_ID":4711}`, `{"DIALOG_ID":"chat0"}`, `{"DIALOG_ID":"2"}`, `{"SESSION_ID":99}`, `{"USER_CODE":"x"}`} {
		d.no("boss", "imopenlines.dialog.get", bad, "ACCESS_ERROR", "You do not have access to the specified dialog")
	}
}
