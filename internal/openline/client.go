package openline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

const (
	maxExternalID = 255 // characters of an id in a channel
	maxProfile    = 255 // characters of a name, an address …; longer names are cut, longer addresses and numbers left out
)

// Guest is the first name of a client who gave none.
const Guest = "Guest"

// room is a chat in which conversations with a client are led.
type room struct {
	chatID    int64
	address   Address
	grouped   bool
	sessionID int64 // the newest conversation; 0: none, or it has not been looked for
	fresh     bool  // it was opened just now
}

// sender is a client as their messages find them.
type sender struct {
	id      int64 // as a user of the portal
	blocked bool  // nobody wants to hear them
	chatID  int64 // the chat with them alone; 0: there is none
	place         // what the channel says of that chat
}

// place is what a channel says of a chat.
type place struct{ name, url string }

// clientTx returns the client as a user of the portal, and creates or completes them.
func (s *Service) clientTx(ctx context.Context, tx *db.Tx, in Incoming) (who sender, err error) {
	connector, c := in.Connector, in.Client
	if c.ID == "" || utf8.RuneCountInString(c.ID) > maxExternalID {
		return who, ErrClientID
	}
	if err := tx.Lock(ctx, "openline client "+connector+" "+c.ID); err != nil {
		return who, err
	}
	p := profileOf(c)
	key := profileKey(p, c.Avatar)
	who, known, err := findClient(ctx, tx, in)
	if err == nil && (known == key || p.empty()) {
		return who, nil
	}
	if err := tx.Alone(); err != nil {
		return who, err
	}
	switch {
	case errors.Is(err, db.ErrNoRows):
		who.id, err = s.newClientTx(ctx, tx, connector, c, p, key)
		return who, err
	case err != nil:
		return who, err
	}
	return who, s.updateClientTx(ctx, tx, who.id, p, key)
}

// findClient returns a client with what was known of them before; db.ErrNoRows where they never wrote.
func findClient(ctx context.Context, tx *db.Tx, in Incoming) (who sender, profile string, err error) {
	const find = `SELECT c.user_id, c.profile, c.blocked, COALESCE(r.chat_id, 0), COALESCE(r.name, ''), COALESCE(r.url, '')
		FROM openline_identity i JOIN openline_client c ON c.user_id = i.user_id
		LEFT JOIN openline_chat r ON r.connector = ? AND r.line_id = ? AND r.external_id = ? AND r.visitor_id = c.user_id AND r.grouped = 0
		WHERE i.connector = ? AND i.external_id = ?`
	var bit int64
	err = tx.QueryRow(ctx, find, in.Connector, in.LineID, in.ChatID, in.Connector, in.Client.ID).
		Scan(&who.id, &profile, &bit, &who.chatID, &who.name, &who.url)
	who.blocked = bit != 0
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		err = fmt.Errorf("find client: %w", err)
	}
	return who, profile, err
}

// completeTx notes what a channel says anew of a client and of the chat with them. Of who is not known nothing is noted.
func (s *Service) completeTx(ctx context.Context, tx *db.Tx, in Incoming) (visitorID int64, err error) {
	if err := tx.Alone(); err != nil {
		return 0, err
	}
	if err := tx.Lock(ctx, "openline client "+in.Connector+" "+in.Client.ID); err != nil {
		return 0, err
	}
	who, known, err := findClient(ctx, tx, in)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	p := profileOf(in.Client)
	if key := profileKey(p, in.Client.Avatar); !p.empty() && known != key {
		if err := s.updateClientTx(ctx, tx, who.id, p, key); err != nil {
			return 0, err
		}
	}
	chatID, before := who.chatID, who.place
	if in.Group {
		if chatID, before, err = groupRoom(ctx, tx, in); err != nil {
			return 0, err
		}
	}
	if chatID == 0 {
		return who.id, nil
	}
	return who.id, s.placeTx(ctx, tx, in, chatID, before)
}

// newClientTx creates a client, or finds the one that the channel has proved them to be.
func (s *Service) newClientTx(ctx context.Context, tx *db.Tx, connector string, c Client, p profile, key string) (id int64, err error) {
	if c.Key != "" {
		err := tx.QueryRow(ctx, "SELECT user_id FROM openline_client WHERE proved = ?", c.Key).Scan(&id)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return 0, fmt.Errorf("find client by their key: %w", err)
		}
	}
	if id == 0 {
		p.Avatar = c.Avatar
		if id, err = s.addVisitorTx(ctx, tx, p.VisitorProfile); err != nil {
			return 0, err
		}
		const add = "INSERT INTO openline_client (user_id, proved, profile, phone, created) VALUES (?, ?, ?, ?, ?)"
		if err := tx.Later(ctx, add, id, c.Key, key, digits(p.Phone), db.Micro(s.now())); err != nil {
			return 0, fmt.Errorf("insert client: %w", err)
		}
	}
	const name = "INSERT INTO openline_identity (connector, external_id, user_id) VALUES (?, ?, ?)"
	if err := tx.Later(ctx, name, connector, c.ID, id); err != nil {
		return 0, fmt.Errorf("name client: %w", err)
	}
	return id, nil
}

// addVisitorTx creates the user of a client. A picture that is none is left out: nobody is turned away for it.
func (s *Service) addVisitorTx(ctx context.Context, tx *db.Tx, p user.VisitorProfile) (int64, error) {
	if p.FirstName == "" && p.LastName == "" {
		p.FirstName = Guest
	}
	avatar := p.Avatar
	p.Avatar = nil
	id, err := s.users.AddVisitorTx(ctx, tx, p)
	if err != nil {
		return 0, fmt.Errorf("add client: %w", err)
	}
	p.Avatar = avatar
	return id, s.pictureTx(ctx, tx, id, p)
}

// pictureTx gives a client their picture, where it is one.
func (s *Service) pictureTx(ctx context.Context, tx *db.Tx, id int64, p user.VisitorProfile) error {
	if len(p.Avatar) == 0 {
		return nil
	}
	err := s.users.UpdateVisitorTx(ctx, tx, id, p)
	if err != nil && fault.KindOf(err) == fault.Internal {
		return err
	}
	return nil
}

func (s *Service) updateClientTx(ctx context.Context, tx *db.Tx, id int64, p profile, key string) error {
	before, err := s.userTx(ctx, tx, id)
	if err != nil {
		return err
	}
	next := p.over(before)
	avatar := next.Avatar
	next.Avatar = nil
	if err := s.users.UpdateVisitorTx(ctx, tx, id, next); err != nil {
		return fmt.Errorf("change client: %w", err)
	}
	next.Avatar = avatar
	if err := s.pictureTx(ctx, tx, id, next); err != nil {
		return err
	}
	if err := tx.Later(ctx, "UPDATE openline_client SET profile = ?, phone = ? WHERE user_id = ?", key, digits(next.Phone), id); err != nil {
		return fmt.Errorf("note profile of client: %w", err)
	}
	after, err := s.userTx(ctx, tx, id)
	if err != nil || after.DisplayName() == before.DisplayName() {
		return err
	}
	return s.followNameTx(ctx, tx, before, after)
}

func (s *Service) userTx(ctx context.Context, tx *db.Tx, id int64) (user.User, error) {
	users, err := s.users.ManyTx(ctx, tx, []int64{id})
	if err != nil {
		return user.User{}, fmt.Errorf("read client: %w", err)
	}
	return users[id], nil
}

// profile is what a channel says of a client, as the portal takes it.
type profile struct{ user.VisitorProfile }

func profileOf(c Client) profile {
	p := profile{user.VisitorProfile{
		FirstName: cut(c.FirstName), LastName: cut(c.LastName), WWW: whole(c.URL), Phone: whole(c.Phone), Email: whole(c.Email), Avatar: c.Avatar,
		Position: cut(c.Position),
	}}
	if c.Gender == "M" || c.Gender == "F" {
		p.Gender = c.Gender
	}
	if a, err := mail.ParseAddress(p.Email); err != nil || a.Address != p.Email {
		p.Email = "" // the client is served without it
	}
	return p
}

func cut(text string) string {
	r := []rune(strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")))
	return string(r[:min(len(r), maxProfile)])
}

// whole is cut for what leads nowhere, or elsewhere, without its end: it is left out where it is too long.
func whole(text string) string {
	text = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), ""))
	if utf8.RuneCountInString(text) > maxProfile {
		return ""
	}
	return text
}

func (p profile) empty() bool {
	return p.FirstName == "" && p.LastName == "" && p.WWW == "" && p.Phone == "" && p.Email == "" && p.Position == "" && p.Gender == "" && len(p.Avatar) == 0
}

// over returns the profile with what u has where the channel says nothing: what is known is not forgotten.
func (p profile) over(u user.User) user.VisitorProfile {
	v := p.VisitorProfile
	if v.FirstName == "" && v.LastName == "" {
		v.FirstName, v.LastName = u.FirstName, u.LastName
	}
	pick := func(a, b string) string {
		if a != "" {
			return a
		}
		return b
	}
	v.Gender, v.WWW, v.Email, v.Phone = pick(v.Gender, u.Gender), pick(v.WWW, u.WWW), pick(v.Email, u.Email), pick(v.Phone, u.Mobile)
	v.Position = pick(v.Position, u.Position)
	return v
}

// profileKey tells whether a profile has changed since it was last seen.
func profileKey(p profile, avatar []byte) string {
	h := sha256.New()
	for _, t := range []string{p.FirstName, p.LastName, p.Gender, p.WWW, p.Email, p.Phone} {
		h.Write([]byte(t + "\x00"))
	}
	if p.Position != "" { // most have none, and their keys stay what they were
		h.Write([]byte("position " + p.Position + "\x00"))
	}
	h.Write(avatar)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// roomTx returns the chat with a client, and opens it the first time. Nobody else changes it until the transaction ends.
func (s *Service) roomTx(ctx context.Context, tx *db.Tx, l line.Line, in Incoming, who sender) (room, error) {
	r := room{
		chatID: who.chatID, grouped: in.Group,
		address: Address{Connector: in.Connector, LineID: in.LineID, ChatID: in.ChatID, ClientID: in.Client.ID, VisitorID: who.id},
	}
	if in.Group || r.chatID == 0 {
		if err := tx.Alone(); err != nil {
			return r, err
		}
	}
	before := who.place
	if in.Group {
		var err error
		if r.chatID, before, err = groupRoom(ctx, tx, in); err != nil {
			return r, err
		}
	}
	if r.chatID == 0 {
		return r, s.openRoomTx(ctx, tx, l, in, &r)
	}
	if err := s.chats.LockTx(ctx, tx, r.chatID); err != nil {
		return r, err
	}
	if err := s.placeTx(ctx, tx, in, r.chatID, before); err != nil {
		return r, err
	}
	if in.Group {
		return r, s.joinGroupTx(ctx, tx, r.chatID, who.id)
	}
	return r, nil
}

// groupRoom returns the chat that several clients share; 0 where there is none, which nobody else opens until the transaction ends.
func groupRoom(ctx context.Context, tx *db.Tx, in Incoming) (id int64, p place, err error) {
	if err := tx.Lock(ctx, "openline chat "+in.Connector+" "+in.ChatID); err != nil {
		return 0, p, err
	}
	const q = "SELECT chat_id, name, url FROM openline_chat WHERE connector = ? AND line_id = ? AND external_id = ? AND grouped = 1"
	err = tx.QueryRow(ctx, q, in.Connector, in.LineID, in.ChatID).Scan(&id, &p.name, &p.url)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return 0, p, fmt.Errorf("find chat of clients: %w", err)
	}
	return id, p, nil
}

// joinGroupTx lets one more client write in a conversation of several people.
func (s *Service) joinGroupTx(ctx context.Context, tx *db.Tx, chatID, visitor int64) error {
	members, _, err := s.chats.MembersTx(ctx, tx, chatID)
	if err != nil || slices.Contains(members, visitor) {
		return err
	}
	return s.chats.JoinTx(ctx, tx, chatID, visitor, []int64{visitor})
}

func (s *Service) openRoomTx(ctx context.Context, tx *db.Tx, l line.Line, in Incoming, r *room) error {
	if err := tx.Lock(ctx, "openline numbers "+strconv.FormatInt(l.ID, 10)); err != nil {
		return err
	}
	var number int64
	if err := tx.QueryRow(ctx, "SELECT COALESCE(MAX(number), 0) + 1 FROM openline_chat WHERE line_id = ?", l.ID).Scan(&number); err != nil {
		return fmt.Errorf("number chat: %w", err)
	}
	u, err := s.userTx(ctx, tx, r.address.VisitorID)
	if err != nil {
		return err
	}
	title := titleOf(l, u, number, groupName(in))
	entity := strings.Join([]string{in.Connector, strconv.FormatInt(in.LineID, 10), in.ChatID, strconv.FormatInt(r.address.VisitorID, 10)}, "|")
	if r.chatID, err = s.chats.CreateTx(ctx, tx, NewChat{Title: title, VisitorID: r.address.VisitorID, EntityID: entity}); err != nil {
		return err
	}
	const add = `INSERT INTO openline_chat (chat_id, connector, line_id, external_id, external_client, visitor_id, grouped, number, url, name)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	r.fresh = true
	err = tx.Later(ctx, add, r.chatID, in.Connector, in.LineID, in.ChatID, in.Client.ID, r.address.VisitorID, db.Bit(in.Group), number, whole(in.ChatURL),
		cut(in.ChatName))
	if err != nil {
		return fmt.Errorf("insert chat of client: %w", err)
	}
	return nil
}

// SetBlocked says whether a client is heard. What they write while they are not is kept, and nobody is told of it.
func (s *Service) SetBlocked(ctx context.Context, visitorID int64, blocked bool) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.setBlockedTx(ctx, tx, visitorID, blocked) })
}

func (s *Service) setBlockedTx(ctx context.Context, tx *db.Tx, visitorID int64, blocked bool) error {
	if err := tx.Later(ctx, "UPDATE openline_client SET blocked = ? WHERE user_id = ?", db.Bit(blocked), visitorID); err != nil {
		return fmt.Errorf("block client: %w", err)
	}
	return nil
}

// Blocked reports whether a client is not heard.
func (s *Service) Blocked(ctx context.Context, visitorID int64) (blocked bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var bit int64
		err := tx.QueryRow(ctx, "SELECT COALESCE(MAX(blocked), 0) FROM openline_client WHERE user_id = ?", visitorID).Scan(&bit)
		blocked = bit != 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("read client: %w", err)
	}
	return blocked, nil
}
