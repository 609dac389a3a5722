package openlinerest_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

const (
	rights      = "You cannot open this conversation as you do not have sufficient rights"
	permissions = "You cannot open this conversation as you do not have sufficient permissions"
	because     = "You cannot open this conversation because you do not have sufficient permissions"
	noLine      = "The specified chat is not an open line"
)

func TestEachPageRefusesInItsWords(t *testing.T) {
	d := openDesk(t, nil)
	r := d.client("Vera", "Hello")
	group, err := d.im.CreateGroup(d.Context(), im.NewGroup{Title: "Other", OwnerID: d.eve, MemberIDs: []int64{d.eve}})
	d.must(err)
	other := fmt.Sprintf(`{"CHAT_ID":%d,"MESSAGE_ID":1}`, group.ID)
	for method, text := range map[string][3]string{
		"operator.answer":         {"The specified chat identifier is incorrect", noLine, rights},
		"operator.skip":           {"The provided chat identifier is incorrect", noLine, permissions},
		"operator.finish":         {"The provided chat identifier is incorrect", noLine, rights},
		"operator.another.finish": {"The provided chat identifier is invalid", noLine, permissions},
		"operator.spam":           {"The provided chat identifier is incorrect", noLine, permissions},
		"session.join":            {"The specified chat identifier is incorrect", "The specified chat is not an Open Channel", permissions},
		"session.start":           {"The specified chat identifier is invalid", noLine, because},
		"message.session.start":   {"The provided chat identifier is invalid.", noLine + ".", permissions + "."},
		"session.mode.pin":        {"Invalid chat identifier provided", noLine, permissions},
		"session.mode.silent":     {"The provided chat identifier is incorrect", noLine, "You cannot open this conversation due to insufficient rights"},
	} {
		method = "imopenlines." + method
		if method != "imopenlines.session.mode.pin" {
			d.no("ann", method, `{}`, "CHAT_ID", text[0])
		}
		for _, bad := range []string{`{"CHAT_ID":0}`, `{"CHAT_ID":-5}`, `{"CHAT_ID":"chat5"}`, `{"CHAT_ID":[1]}`, `{"CHAT_ID":999999}`} {
			d.no("ann", method, bad, "CHAT_ID", text[0])
		}
		d.no("ann", method, other, "CHAT_TYPE", text[1])
		d.no("eve", method, with(r, `"MESSAGE_ID":1`), "ACCESS_DENIED", text[2])
	}
	d.is(r.ChatID, openline.StateOffered, d.ann)
	d.no("ann", "imopenlines.session.mode.pin", `{}`, "CHAT_ID_EMPTY", "Chat ID can't be empty")
	for _, method := range []string{"imopenlines.session.intercept", "imopenlines.operator.transfer"} {
		d.no("ann", method, `{"USER_ID":1}`, "CHAT_ID_EMPTY", "Chat ID can't be empty")
	}
	d.no("eve", "imopenlines.session.intercept", chatOf(r), "OPERATOR_WRONG", "You can not redirect to this operator")
	d.no("ann", "imopenlines.session.intercept", other, "OPERATOR_WRONG", "You can not redirect to this operator")
	d.no("eve", "imopenlines.operator.transfer", with(r, `"USER_ID":1`), "OPERATOR_WRONG", "You cannot redirect to this operator")
}

func TestOneOperatorWinsAndTheOtherIsTold(t *testing.T) {
	d := openDesk(t, func(l *line.Line) { l.Distribution = line.All })
	r := d.client("Vera", "Hello")
	d.yes("bob", "imopenlines.operator.answer", chatOf(r))
	d.no("ann", "imopenlines.operator.answer", chatOf(r), "ACCESS_DENIED", "Somebody else has taken this conversation.")
	d.yes("bob", "imopenlines.operator.answer", chatOf(r))
	d.is(r.ChatID, openline.StateActive, d.bob)
	d.no("ann", "imopenlines.operator.finish", chatOf(r), "ACCESS_DENIED", "Another operator has this conversation.")
	d.no("ann", "imopenlines.operator.skip", chatOf(r), "ACCESS_DENIED", "Another operator has this conversation.")
	d.yes("ann", "IMOPENLINES.OPERATOR.ANOTHER.FINISH", chatOf(r))
	d.is(r.ChatID, openline.StateClosed, d.bob)
	d.no("bob", "imopenlines.operator.skip", chatOf(r), "ACCESS_DENIED_KICK", "Insufficient permissions to remove participants from the chat")
	d.no("bob", "imopenlines.operator.answer", chatOf(r), "ACCESS_DENIED", "The conversation is over.")
	d.no("bob", "imopenlines.session.join", chatOf(r), "ACCESS_DENIED", "The conversation is over.")
}

func TestAConversationGoesFromHandToHand(t *testing.T) {
	d := openDesk(t, func(l *line.Line) { l.Distribution = line.Strictly })
	r := d.client("Vera", "Hello")
	d.is(r.ChatID, openline.StateOffered, d.ann)
	d.yes("ann", "imopenlines.operator.skip", chatOf(r))
	d.is(r.ChatID, openline.StateOffered, d.bob)
	d.yes("bob", "imopenlines.operator.answer", chatOf(r))
	d.yes("ann", "imopenlines.session.join", chatOf(r))
	d.is(r.ChatID, openline.StateActive, d.bob)
	d.yes("ann", "imopenlines.session.intercept", chatOf(r))
	d.is(r.ChatID, openline.StateActive, d.ann)
	d.no("ann", "imopenlines.session.intercept", chatOf(r), "OPERATOR_WRONG", "You can not redirect to this operator")
	d.yes("ann", "imopenlines.operator.transfer", with(r, fmt.Sprintf(`"TRANSFER_ID":"%d"`, d.eve)))
	d.is(r.ChatID, openline.StateOffered, d.eve)
	d.yes("eve", "imopenlines.operator.answer", chatOf(r)) // it was given to her
	d.yes("eve", "imopenlines.operator.transfer", with(r, fmt.Sprintf(`"TRANSFER_ID":"queue%d"`, d.line.ID)))
	d.is(r.ChatID, openline.StateOffered, d.ann)
	d.yes("ann", "imopenlines.operator.transfer", with(r, fmt.Sprintf(`"QUEUE_ID":%d`, d.line.ID)))
	d.yes("ann", "imopenlines.operator.answer", chatOf(r))
	for params, code := range map[string][2]string{
		`"A":1`:                            {"TRANSFER_ID_EMPTY", "Queue ID or User ID can't be empty"},
		`"TRANSFER_ID":""`:                 {"TRANSFER_ID_EMPTY", "Queue ID or User ID can't be empty"},
		`"USER_ID":""`:                     {"USER_ID_EMPTY", "User ID can't be empty"},
		`"USER_ID":-1,"QUEUE_ID":1`:        {"USER_ID_EMPTY", "User ID can't be empty"},
		`"TRANSFER_ID":"anybody"`:          {"USER_ID_EMPTY", "User ID can't be empty"},
		`"QUEUE_ID":0`:                     {"QUEUE_ID_EMPTY", "QUEUE ID can't be empty"},
		`"TRANSFER_ID":"queue"`:            {"QUEUE_ID_EMPTY", "QUEUE ID can't be empty"},
		`"TRANSFER_ID":"queue4711"`:        {"OPERATOR_WRONG", "You cannot redirect to this operator"},
		`"USER_ID":4711`:                   {"OPERATOR_WRONG", "You cannot redirect to this operator"},
		fmt.Sprintf(`"USER_ID":%d`, d.ann): {"OPERATOR_WRONG", "You cannot redirect to this operator"},
	} {
		d.no("ann", "imopenlines.operator.transfer", with(r, params), code[0], code[1])
	}
}

func TestSpamIsNotHeard(t *testing.T) {
	d := openDesk(t, nil)
	r := d.client("Vera", "Buy!")
	d.yes("ann", "imopenlines.operator.spam", chatOf(r))
	d.is(r.ChatID, openline.StateSpam, d.ann)
	d.no("ann", "imopenlines.operator.spam", chatOf(r), "ACCESS_DENIED", "The conversation is over.")
	d.no("ann", "imopenlines.session.start", chatOf(r), "ACCESS_DENIED", "The client is blocked. Unblock them to write.")
	if again := d.client("Vera", "Buy! Buy!"); again.SessionID != 0 {
		t.Errorf("a blocked client began %d", again.SessionID)
	}
}

func TestANewConversationIsBegun(t *testing.T) {
	d := openDesk(t, nil)
	r := d.client("Vera", "My number is 5")
	d.yes("ann", "imopenlines.operator.answer", chatOf(r))
	d.yes("ann", "imopenlines.session.start", chatOf(r))
	first := d.is(r.ChatID, openline.StateActive, d.ann)
	if first.ParentID != r.SessionID {
		t.Errorf("the new conversation comes after %d, want %d", first.ParentID, r.SessionID)
	}
	d.yes("ann", "imopenlines.message.session.start", with(r, fmt.Sprintf(`"MESSAGE_ID":%d`, r.MessageID)))
	second := d.is(r.ChatID, openline.StateActive, d.ann)
	if second.ParentID != first.ID {
		t.Errorf("the third conversation comes after %d, want %d", second.ParentID, first.ID)
	}
	other := d.client("Max", "Mine is 6")
	for _, id := range []string{`""`, `0`, `"x"`, `99999`, strconv.FormatInt(other.MessageID, 10)} {
		d.no("ann", "imopenlines.message.session.start", with(r, `"MESSAGE_ID":`+id), "ACCESS_DENIED", permissions+".")
	}
	if v := d.is(r.ChatID, openline.StateActive, d.ann); v.ID != second.ID {
		t.Errorf("a refused call began conversation %d", v.ID)
	}
}

func TestWhoMayTakePart(t *testing.T) {
	d := openDesk(t, nil)
	r := d.client("Vera", "Hello")
	d.yes("boss", "imopenlines.operator.answer", chatOf(r)) // administers
	d.yes("bob", "imopenlines.session.join", chatOf(r))     // answers in the line
	d.no("eve", "imopenlines.session.join", chatOf(r), "ACCESS_DENIED", permissions)
	d.must(d.im.AddMembers(d.Context(), d.boss, r.ChatID, []int64{d.eve}, false))
	d.yes("eve", "imopenlines.session.mode.silent", with(r, `"ACTIVATE":"Y"`)) // a member of the chat
	if v := d.is(r.ChatID, openline.StateActive, d.boss); !v.Silent {
		t.Error("it is not silent")
	}
}
