package openlinerest

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

// into writes a record as the page does (imopenlines-session-history-get.md).
func (r record) into(b *phpform.Builder) phpform.Value {
	id := decimal(r.chatID)
	messages, order := &phpform.Builder{}, &phpform.Builder{}
	for _, m := range r.messages {
		key := decimal(m.ID)
		messages.Set(key, r.message(m))
		order.Append(phpform.StringOf(key))
	}
	b.Set("message", object0(messages)).Set("usersMessage", one("chat"+id, order.Value())).Set("users", r.users())
	groups, others := r.groups()
	b.Set("userInGroup", groups).Set("woUserInGroup", others).Set("chat", one(id, r.chatView()))
	members, muted := &phpform.Builder{}, &phpform.Builder{}
	for _, m := range r.members {
		members.Append(phpform.IntOf(m.UserID))
		muted.Set(decimal(m.UserID), phpform.BoolOf(m.Muted))
	}
	b.Set("userBlockChat", one(id, object0(muted))).Set("userInChat", one(id, members.Value()))
	files := &phpform.Builder{}
	for _, f := range r.files {
		key, _ := f.Get("id")
		files.Set(key.Text(), f)
	}
	return b.Set("files", files.Value()).Value()
}

func one(key string, v phpform.Value) phpform.Value { return (&phpform.Builder{}).Set(key, v).Value() }

// object0 is an object also where it has no keys.
func object0(b *phpform.Builder) phpform.Value {
	if v := b.Value(); v.Len() > 0 {
		return v
	}
	return phpform.EmptyObject()
}

func (r record) message(m im.Message) phpform.Value {
	b := &phpform.Builder{}
	b.Set("id", number(m.ID)).Set("chatid", number(m.ChatID)).Set("senderid", number(m.AuthorID))
	b.Set("recipientid", phpform.StringOf("chat"+decimal(m.ChatID)))
	b.Set("date", phpform.StringOf(m.Date.In(r.zone).Format("2006-01-02T15:04:05-07:00")))
	b.Set("text", phpform.StringOf(m.Text)).Set("textlegacy", phpform.StringOf(legacy(m.Text)))
	return b.Set("params", r.params[m.ID]).Value()
}

// ids are those of the people of a record, in their order.
func (r record) ids() []int64 {
	out := make([]int64, 0, len(r.people))
	for id := range r.people {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// unknownHere are what the messenger says of people and this page does not.
var unknownHere = []string{"avatarHr", "website", "email"}

func (r record) users() phpform.Value {
	out := &phpform.Builder{}
	for _, id := range r.ids() {
		b := &phpform.Builder{}
		for _, e := range r.views[id].Entries() {
			switch {
			case e.Key == "id":
				b.Set("id", number(id))
			case e.Key == "avatar":
				b.Set("avatar", e.Value).Set("avatarId", phpform.NullValue()) // pictures of people are no files of the drive
			case !slices.Contains(unknownHere, e.Key):
				b.Set(e.Key, e.Value)
			}
		}
		b.Set("phoneDevice", phpform.BoolOf(false)).Set("services", phpform.NullValue()) // there is no telephony
		b.Set("profile", phpform.StringOf("/company/personal/user/"+decimal(id)+"/"))
		out.Set(decimal(id), b.Value())
	}
	return object0(out)
}

// groups sorts the people by their departments, and returns those who are in none.
func (r record) groups() (groups, others phpform.Value) {
	by := map[int64][]int64{}
	rest := &phpform.Builder{}
	for _, id := range r.ids() {
		u := r.people[id]
		if len(u.DepartmentIDs) == 0 && u.Kind != user.Visitor {
			rest.Append(number(id))
		}
		for _, d := range u.DepartmentIDs {
			by[d] = append(by[d], id)
		}
	}
	keys := make([]int64, 0, len(by))
	for d := range by {
		keys = append(keys, d)
	}
	slices.Sort(keys)
	b := &phpform.Builder{}
	for _, d := range keys {
		members := &phpform.Builder{}
		for _, id := range by[d] {
			members.Append(number(id))
		}
		b.Set(decimal(d), (&phpform.Builder{}).Set("id", phpform.IntOf(d)).Set("users", members.Value()).Value())
	}
	return b.Value(), rest.Value()
}

// chatKeys are what the page tells of a chat, in its order.
var chatKeys = []string{
	"id", "parentChatId", "parentMessageId", "name", "owner", "color", "extranet", "avatar", "call", "callNumber", "entityType", "entityId",
	"entityData1", "entityData2", "entityData3", "messageCount", "public", "muteList", "managerList", "dateCreate", "type", "entityLink",
	"permissions", "textFieldEnabled", "backgroundId", "messageType", "isNew",
}

func (r record) chatView() phpform.Value {
	b := &phpform.Builder{}
	for _, key := range chatKeys {
		v, _ := r.chat.Get(key)
		switch key {
		case "id", "owner":
			v = phpform.StringOf(v.Text())
		case "call":
			v = phpform.StringOf("0") // nobody calls in it
		case "callNumber":
			v = phpform.StringOf("")
		case "muteList":
			muted := &phpform.Builder{}
			for _, m := range r.members {
				muted.Set(decimal(m.UserID), phpform.BoolOf(m.Muted))
			}
			v = object0(muted)
		}
		b.Set(key, v)
	}
	return b.Value()
}

// renamed returns what v is on the wire with other names for its keys, at every depth.
func renamed(v any, name func(string) string) (phpform.Value, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return phpform.Value{}, err
	}
	var out phpform.Value
	if err := out.UnmarshalJSON(raw); err != nil {
		return phpform.Value{}, err
	}
	return rename(out, name), nil
}

func rename(v phpform.Value, name func(string) string) phpform.Value {
	if !v.IsArray() || v.Len() == 0 {
		return v
	}
	b := &phpform.Builder{}
	for _, e := range v.Entries() {
		if v.IsList() {
			b.Append(rename(e.Value, name))
			continue
		}
		b.Set(name(e.Key), rename(e.Value, name))
	}
	return b.Value()
}

// camel turns FILE_ID and first_name into fileId and firstName; what is so already stays.
func camel(name string) string {
	if !strings.Contains(name, "_") && name != strings.ToUpper(name) {
		return name
	}
	words := strings.Split(strings.ToLower(name), "_")
	for i, w := range words {
		if i > 0 && w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "")
}
