package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// allowed are the kinds of updates that are asked for.
var allowed = []string{"message", "edited_message", "callback_query", "my_chat_member"}

// update is something that happened at Telegram. At most one of the parts is there.
type update struct {
	ID       int64     `json:"update_id"`
	Message  *message  `json:"message"`
	Edited   *message  `json:"edited_message"`
	Callback *callback `json:"callback_query"`
	Member   *member   `json:"my_chat_member"`
}

// chat is where something was said.
type chat struct {
	ID    int64  `json:"id"`
	Type  string `json:"type"` // "private", "group", "supergroup" or "channel"
	Title string `json:"title"`
}

const private = "private"

// message is one of a chat.
type message struct {
	Number   int64    `json:"message_id"`
	From     *person  `json:"from"`
	Chat     chat     `json:"chat"`
	Date     int64    `json:"date"`      // seconds since 1970
	EditDate int64    `json:"edit_date"` // 0: it was not changed
	Reply    *message `json:"reply_to_message"`
	Quote    *struct {
		Text string `json:"text"`
	} `json:"quote"`
	Forward *origin `json:"forward_origin"`

	Text            string   `json:"text"`
	Entities        []entity `json:"entities"`
	Caption         string   `json:"caption"`
	CaptionEntities []entity `json:"caption_entities"`

	Photo     []photoSize `json:"photo"`
	Document  *document   `json:"document"`
	Animation *document   `json:"animation"`
	Video     *document   `json:"video"`
	VideoNote *document   `json:"video_note"`
	Audio     *document   `json:"audio"`
	Voice     *document   `json:"voice"`
	Sticker   *sticker    `json:"sticker"`
	Contact   *contact    `json:"contact"`
	Location  *location   `json:"location"`
	Venue     *venue      `json:"venue"`
	Poll      *poll       `json:"poll"`
	Dice      *struct {
		Emoji string `json:"emoji"`
		Value int64  `json:"value"`
	} `json:"dice"`
}

// document is a file of any kind.
type document struct {
	ID     string `json:"file_id"`
	Unique string `json:"file_unique_id"`
	Name   string `json:"file_name"`
	Type   string `json:"mime_type"`
	Size   int64  `json:"file_size"` // 0: not told
}

type sticker struct {
	document
	Emoji    string `json:"emoji"`
	Animated bool   `json:"is_animated"`
	Video    bool   `json:"is_video"`
}

type contact struct {
	Phone     string `json:"phone_number"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	UserID    int64  `json:"user_id"`
}

type location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

type venue struct {
	Location location `json:"location"`
	Title    string   `json:"title"`
	Address  string   `json:"address"`
}

type poll struct {
	Question string `json:"question"`
	Options  []struct {
		Text string `json:"text"`
	} `json:"options"`
}

// origin is whose a forwarded message was.
type origin struct {
	User   *person `json:"sender_user"`
	Hidden string  `json:"sender_user_name"`
	Sender *chat   `json:"sender_chat"`
	Chat   *chat   `json:"chat"`
}

// callback is a button that was pressed.
type callback struct {
	ID      string   `json:"id"`
	From    person   `json:"from"`
	Message *message `json:"message"`
	Data    string   `json:"data"`
}

// member says that the bot's standing in a chat changed.
type member struct {
	Chat chat   `json:"chat"`
	From person `json:"from"`
	Now  struct {
		Status string `json:"status"`
	} `json:"new_chat_member"`
}

var errNoUpdate = errors.New("an update without a number")

// parseUpdate reads an update. One that cannot be read has its ID all the same, where that can be.
func parseUpdate(raw []byte) (u update, err error) {
	if err = json.Unmarshal(raw, &u); err != nil {
		var only struct {
			ID int64 `json:"update_id"`
		}
		_ = json.Unmarshal(raw, &only) // its other parts may be of other types
		return update{ID: only.ID}, fmt.Errorf("read update: %w", err)
	}
	if u.ID <= 0 {
		return u, errNoUpdate
	}
	return u, nil
}

// attachment is a file of a message.
type attachment struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Size int64  `json:"size"`

	// Once it was fetched:
	FileID  int64  `json:"file,omitempty"`
	Problem string `json:"problem,omitempty"` // why it cannot be

	unique string
}

// attached returns the file of a message: there is one at most.
func (m *message) attached() (attachment, bool) {
	of := func(d *document, name string) (attachment, bool) {
		if d.Name != "" {
			name = d.Name
		}
		return attachment{ID: d.ID, Name: name, Size: d.Size, unique: d.Unique}, d.ID != ""
	}
	n := decimal(m.Number)
	switch {
	case len(m.Photo) > 0:
		best := m.Photo[0]
		for _, p := range m.Photo {
			if p.Width > best.Width && p.Size <= maxFile {
				best = p
			}
		}
		return attachment{ID: best.ID, Name: "photo-" + n + ".jpg", Size: best.Size, unique: best.Unique}, best.ID != ""
	case m.Animation != nil: // besides, it is the document
		return of(m.Animation, "animation-"+n+".mp4")
	case m.Video != nil:
		return of(m.Video, "video-"+n+".mp4")
	case m.VideoNote != nil:
		return of(m.VideoNote, "video-message-"+n+".mp4")
	case m.Audio != nil:
		return of(m.Audio, "audio-"+n+".mp3")
	case m.Voice != nil:
		return of(m.Voice, "voice-"+n+".ogg")
	case m.Sticker != nil:
		ending := ".webp"
		if m.Sticker.Animated {
			ending = ".tgs"
		} else if m.Sticker.Video {
			ending = ".webm"
		}
		return of(&m.Sticker.document, "sticker-"+n+ending)
	case m.Document != nil:
		return of(m.Document, "file-"+n)
	}
	return attachment{}, false
}

// body returns what a message says, in BB code, without its file.
func (m *message) body() string {
	said := marked(m.Text, m.Entities)
	if said == "" {
		said = marked(m.Caption, m.CaptionEntities)
	}
	switch {
	case said != "":
	case m.Contact != nil:
		said = "Contact: " + safe(strings.TrimSpace(m.Contact.FirstName+" "+m.Contact.LastName)) + ", " + safe(m.Contact.Phone)
	case m.Venue != nil: // besides, it is the location
		said = safe(m.Venue.Title) + "\n" + safe(m.Venue.Address) + "\n" + m.Venue.Location.link()
	case m.Location != nil:
		said = "Location: " + m.Location.link()
	case m.Poll != nil:
		said = m.Poll.text()
	case m.Dice != nil:
		said = safe(m.Dice.Emoji) + " " + decimal(m.Dice.Value)
	case m.Sticker != nil:
		said = safe(m.Sticker.Emoji)
	}
	if _, ok := m.attached(); said == "" && !ok {
		said = "[i]A message of a kind that cannot be shown here.[/i]"
	}
	return m.before() + said
}

func (p *poll) text() string {
	var b strings.Builder
	b.WriteString("Poll: " + safe(p.Question))
	for _, o := range p.Options {
		b.WriteString("\n• " + safe(o.Text))
	}
	return b.String()
}

func (l location) link() string {
	at := fmt.Sprintf("%.6f", l.Latitude)
	to := fmt.Sprintf("%.6f", l.Longitude)
	return "https://www.openstreetmap.org/?mlat=" + at + "&mlon=" + to + "#map=16/" + at + "/" + to
}

// maxQuote is how many characters of a message that was answered are shown.
const maxQuote = 300

// before returns what stands before a message: whose it was, and what it answers.
func (m *message) before() string {
	var b strings.Builder
	if who := m.Forward.name(); who != "" {
		b.WriteString("[i]Forwarded from " + safe(who) + "[/i]\n")
	}
	if m.Reply != nil {
		text := m.Reply.Text + m.Reply.Caption
		if m.Quote != nil && m.Quote.Text != "" {
			text = m.Quote.Text
		}
		if a, ok := m.Reply.attached(); text == "" && ok {
			text = a.Name
		}
		if r := []rune(text); len(r) > maxQuote {
			text = string(r[:maxQuote]) + "…"
		}
		for line := range strings.Lines(text) {
			b.WriteString(">>" + safe(strings.TrimRight(line, "\r\n")) + "\n")
		}
	}
	return b.String()
}

func (o *origin) name() string {
	switch {
	case o == nil:
		return ""
	case o.User != nil:
		return o.User.name()
	case o.Hidden != "":
		return o.Hidden
	case o.Sender != nil:
		return o.Sender.Title
	case o.Chat != nil:
		return o.Chat.Title
	}
	return ""
}

// started returns what a link to the bot carried: "/start" comes with it.
func (m *message) started() string {
	payload, ok := strings.CutPrefix(m.Text, "/start ")
	if !ok || utf8.RuneCountInString(payload) > 64 {
		return ""
	}
	return strings.TrimSpace(payload)
}
